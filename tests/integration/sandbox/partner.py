"""A trading partner that sends X12, and an EDI gateway between it and an ERP, all over real HTTP."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sandbox.edi import x12
from sandbox.edi.records import EdiSettings
from sandbox.edi.service import build
from sandbox.erp.service import ErpSettings
from sandbox.erp.service import build as build_erp
from sandbox.kernel import Peer, in_thread
from tests.integration.sandbox.desk import TOKENS, Desk, eventually

Document = dict[str, Any]

SITE = {"site_id": "S-1", "region": "NJ", "postal_code": "07001"}
PARTNER: Document = {
    "partner": "ACME",
    "sender": "ACMESENDER",
    "customer_id": "C-1",
    "warehouse": "EAST",
    "sites": {"0042": SITE},
}
SEED: dict[str, Any] = {
    "partners": [PARTNER],
    "mappings": [{"partner": "ACME", "part": "B-10", "item": "BOLT", "unit": "EA", "pack_quantity": "12"}],
    "connections": [{"partner": "ACME", "routes": [{"name": "AS2"}, {"name": "SFTP"}]}],
    "items": [{"item": "BOLT", "numbers": ["B-10"]}, {"item": "NUT-M8", "numbers": ["99-7"]}],
}
_numbers = itertools.count(1)


def purchase_order(
    *lines: x12.Segment, kind: str = "850", site: str = "0042", number: str = "PO-1", need_by: str = "20261220"
) -> x12.TransactionSet:
    """An order for what the PO1 segments say."""
    head: x12.Segment = ("BEG", "00", "SA", number, "", "20261124")
    if kind == "860":
        head = ("BCH", "04", "SA", number, "", "", "20261124")
    segments = (head, ("REF", "DP", "7"), ("DTM", "002", need_by), ("N1", "ST", "", "92", site), *lines)
    return x12.TransactionSet(kind, "0001", segments)


def po1(part: str, quantity: str = "2", unit: str = "CA", price: str = "60.00", number: str = "1") -> x12.Segment:
    """A line by the buyer's part number."""
    return ("PO1", number, quantity, unit, price, "PE", "BP", part)


def text_of(*sets: x12.TransactionSet, control: str | None = None, group: str = "PO") -> str:
    """An interchange of the partner's."""
    control = control or f"{next(_numbers):09d}"
    envelope = x12.Group(group, "ACMESENDER", "HOLDFAST", control.lstrip("0") or "0", "005010", sets)
    at = datetime.now(UTC).replace(tzinfo=None)
    return x12.render(x12.Interchange("ZZ", "ACMESENDER", "ZZ", "HOLDFAST", control, at, (envelope,)))


@dataclass
class Gateway:
    """The gateway and the ERP, as a client and as the administrator."""

    edi: Desk
    admin: Desk
    erp: Desk
    erp_admin: Desk

    def send(self, text: str) -> Document:
        """Hand an interchange in."""
        return self.edi.made("/v1/interchanges", {"text": text})

    def became(self, sent: Document, state: str) -> Document:
        """The first document of an interchange, as soon as it is in that state."""
        document_id = sent["documents"][0]

        def look() -> Document:
            items = self.edi.seen("/v1/inbound", limit=200)["items"]
            return next((one for one in items if one["id"] == document_id and one["state"] == state), {})

        return eventually(look)

    def order(self, document: Document) -> Document:
        """The order that a document became."""
        return self.erp.seen(f"/v1/orders/{document['order_id']}")

    def failure(self, order_id: str) -> Document:
        """What is wrong with it."""
        return self.edi.seen("/v1/failures", order_id=order_id)

    def outgoing(self, order_id: str, document: str) -> list[Document]:
        """What was or will be sent about an order."""
        items = self.edi.seen("/v1/outbound", order_id=order_id)["items"]
        return [one for one in items if one["document"] == document]

    def unmapped(self, part: str = "99-7") -> str:
        """The id of an order with a part that nobody knows."""
        sent = self.send(text_of(purchase_order(po1(part, unit="EA"))))
        order_id: str = self.became(sent, "FAILED")["order_id"]
        return order_id


@contextmanager
def gateway(**settings: Any) -> Iterator[Gateway]:
    """An ERP that asks nobody, and the gateway before it."""
    with in_thread(build_erp(ErpSettings(tokens=TOKENS, ship_after=3600))) as erp:
        peers = {"erp": Peer(url=erp, token=TOKENS["erp"])}
        with in_thread(build(EdiSettings(tokens=TOKENS, seed=SEED, peers=peers, pause=0.05, **settings))) as edi:
            yield Gateway(Desk(edi), Desk(edi, "admin"), Desk(erp), Desk(erp, "admin"))
