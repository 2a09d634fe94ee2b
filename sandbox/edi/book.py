"""What the gateway keeps: its partners, what came in from them and what goes out to them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from domain.exception_types import IntegrationErrorKind
from sandbox.edi.records import CatalogueItem, Connection, EdiSettings, ItemMapping, Partner
from sandbox.edi.x12 import Group, Interchange, TransactionSet, render
from sandbox.kernel import Document, Documents, Problem, Records, Service

RECEIVED, ENTERED, FAILED, REJECTED = "RECEIVED", "ENTERED", "FAILED", "REJECTED"
QUEUED, SENT, ACKNOWLEDGED, BY_HAND = "QUEUED", "SENT", "ACKNOWLEDGED", "BY_HAND"
WITHDRAWN, REPLACED = "WITHDRAWN", "REPLACED"
OURS = "HOLDFASTDEMO"
FUNCTIONAL_IDS = {"997": "FA", "999": "FA", "824": "AG", "855": "PR", "856": "SH", "810": "IN"}
BUSINESS = ("855", "856", "810")
"""The documents for which a 997 is awaited."""


class Book:
    """The gateway's records. Every method that changes something belongs inside a transaction."""

    def __init__(self, service: Service, settings: EdiSettings) -> None:
        store = service.store
        self.settings = settings
        self.ledger = service.ledger
        self.partners = Records(service, "partners", Partner, ("partner",), on_put=self._look_again)
        self.mappings = Records(service, "mappings", ItemMapping, ("partner", "part"))
        self.connections = Records(service, "connections", Connection, ("partner",))
        self.catalogue = Records(service, "items", CatalogueItem, ("item",))
        self.interchanges = Documents(store, "interchanges", ("state", "partner"))
        self.inbound = Documents(store, "inbound", ("state", "order_id", "mapping_key"))
        self.outbound = Documents(store, "outbound", ("state", "order_id", "partner", "control"))

    def partner_of(self, sender: str) -> Partner | None:
        """The partner whose ISA06 it is."""
        return next((partner for partner in self.partners.all() if partner.sender == sender), None)

    def connection(self, partner: str) -> Connection:
        """The ways to a partner; AS2 if nobody has said anything."""
        return self.connections.get(partner) or Connection(partner=partner)

    def mapping(self, partner: str, part: str) -> ItemMapping | None:
        """What a partner's part is, if that counts."""
        found = self.mappings.get(partner, part)
        return None if found is None or found.withdrawn else found

    def received(self, order_id: str) -> Document | None:
        """The document that an order was made of."""
        return next(iter(self.inbound.all(order_id=order_id)), None)

    def failed(self, order_id: str) -> Document:
        """The same, if it is one that waits for people. Raises Problem 409."""
        document = self.received(order_id)
        if document is None or document["state"] != FAILED:
            raise Problem(409, "not_failed", f"no document of order {order_id} waits for anybody")
        return document

    def sent_about(self, order_id: str) -> list[Document]:
        """The business documents that went out, or should, about an order."""
        return [one for one in self.outbound.all(order_id=order_id) if one["document"] in BUSINESS]

    def in_force(self, order_id: str) -> list[Document]:
        """The 855 about an order that counts: the partner has it, or it is on its way."""
        counts = (QUEUED, SENT, ACKNOWLEDGED)
        return [one for one in self.sent_about(order_id) if one["document"] == "855" and one["state"] in counts]

    def overdue(self, now: datetime, order_id: str | None = None) -> list[Document]:
        """The documents whose 997 should have come by now: all of them, or those about an order."""
        sent = self.outbound.all(state=SENT, order_id=order_id)
        return [one for one in sent if one["due_at"] and datetime.fromisoformat(one["due_at"]) <= now]

    def queue(
        self, partner: str, document: TransactionSet, *, order_id: str | None = None, answer: Document | None = None
    ) -> Document:
        """Put a document in its envelope and have it sent. `answer`: what it says about the business of an order."""
        now = datetime.now(UTC)
        control = f"{len(self.outbound.all()) + 1:09d}"
        group = Group(FUNCTIONAL_IDS[document.kind], OURS, partner[:15], control.lstrip("0"), "005010", (document,))
        envelope = Interchange("ZZ", OURS, "ZZ", partner[:15], control, now, (group,))
        kept: Document = {
            "id": f"out-{control}",
            "partner": partner,
            "document": document.kind,
            "order_id": order_id,
            "control": group.control,
            "text": render(envelope),
            "state": QUEUED,
            "attempts": 0,
            "queued_at": now.isoformat(),
            "send_at": (now + timedelta(seconds=self.settings.transmit_after)).isoformat(),
            "sent_at": None,
            "due_at": None,
            "alert": None,
            "answer": answer,
        }
        self.outbound.put(kept["id"], kept)
        return kept

    def next_control(self) -> str:
        """The control number (ST02) of the next set that goes out."""
        return f"{len(self.outbound.all()) + 1:04d}"

    def change(self, documents: Documents, document: Document, **changes: Any) -> Document:
        """Keep a document with changes."""
        changed = document | changes
        documents.put(document["id"], changed)
        return changed

    def note(self, operation: str, document: Mapping[str, Any]) -> None:
        """Enter in the ledger what the gateway did by itself; the text of documents is not repeated there."""
        detail = {name: document[name] for name in ("state", "partner", "attempts") if name in document}
        self.ledger.append(operation, document["id"], client="edi", order_id=document.get("order_id"), detail=detail)

    def _look_again(self, partner: Partner) -> None:
        """A partner that is known now: what came from it before anybody knew it is translated."""
        for document in self.inbound.all(state=FAILED):
            if document["order_id"] is None and document["sender"] == partner.sender:
                self.change(self.inbound, document, state=RECEIVED, error_kind=None)


def failed_with(kind: IntegrationErrorKind, what: str, **more: Any) -> dict[str, Any]:
    """The fields of a document that waits for people."""
    return {"state": FAILED, "error_kind": kind.value, "what": what, **more}
