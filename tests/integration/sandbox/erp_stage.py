"""An ERP among neighbours that say what a test has them say, all over real HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fastapi import Response
from fastapi.responses import JSONResponse

from domain.order import Order
from sandbox.erp.service import ErpSettings, build
from sandbox.kernel import Answer, Peer, Service, Settings, Subscriber, Write, in_thread
from tests.integration.sandbox.desk import TOKENS, Desk
from tests.integration.sandbox.toy import Receiver, receiving

Document = dict[str, Any]

LEGAL = {"code": "LEGAL", "hold_class": "HARD", "reason": "export control"}
RATE = "0.10"
NEVER = 3600.0


def line(line_id: str = "1", item: str = "BOLT", quantity: str = "10", **more: Any) -> Document:
    return {
        "line_id": line_id,
        "item": item,
        "quantity": quantity,
        "unit_price": "5.00",
        "need_by": "2026-12-01",
        **more,
    }


def order(order_id: str = "SO-1", *lines: Document, **more: Any) -> Document:
    return {
        "order_id": order_id,
        "customer_id": "C-1",
        "po_number": f"PO-{order_id}",
        "currency": "USD",
        "entered_by": "erin",
        "need_by": "2026-12-01",
        "carrier_cutoff": "2026-12-01T16:00:00Z",
        "warehouse": "NYC",
        "ship_to": {"site_id": "S-1", "region": "NY", "postal_code": "10001"},
        "lines": list(lines) or [line()],
        **more,
    }


def position(item: str = "BOLT", on_hand: str = "100", **more: Any) -> Document:
    return {"warehouse": "NYC", "item": item, "on_hand": on_hand, **more}


class Neighbours:
    """What the WMS and credit answer; the tax engine takes 10 % of everything."""

    def __init__(self) -> None:
        self.urls: dict[str, str] = {}
        self.forget()

    def forget(self) -> None:
        """All is well again: plenty of stock and credit, and nobody has asked."""
        self.positions: list[Document] = [position()]
        self.credit: Document = {"open_receivables": "0", "limit": "10000"}
        self.asked: list[str] = []
        for url in self.urls.values():
            Desk(url, "admin").http.delete("/admin/faults")

    def services(self) -> list[Service]:
        return [self._wms(), self._credit(), self._tax()]

    def _wms(self) -> Service:
        service = Service("wms", Settings(tokens=TOKENS), title="WMS")

        @service.v1.get("/positions")
        async def positions(items: str, order_id: str) -> Document:
            self.asked.append(f"wms {items} {order_id}")
            return {"positions": self.positions}

        return service

    def _credit(self) -> Service:
        service = Service("credit", Settings(tokens=TOKENS), title="Credit")

        @service.v1.get("/customers/{customer_id}/position")
        async def credit(customer_id: str, order_id: str, currency: str) -> Document:
            self.asked.append(f"credit {customer_id} {order_id}")
            return {"customer_id": customer_id, "currency": currency, **self.credit}

        return service

    def _tax(self) -> Service:
        service = Service("tax", Settings(tokens=TOKENS), title="Tax")

        @service.v1.post("/quotes")
        async def quote(body: Document, write: Write) -> Response:
            self.asked.append(f"tax {body['order_id']}")
            lines = [
                {"line_id": line["line_id"], "rate": RATE, "tax": f"{float(line['amount']) * 0.1:.2f}"}
                for line in body["lines"]
            ]
            return JSONResponse(Answer({"quote_id": write.key, "jurisdiction": "NY", "lines": lines}).body)

        return service


@dataclass
class Stage:
    """The ERP, its neighbours and a receiver of its events."""

    url: str
    erp: Desk
    admin: Desk
    neighbours: Neighbours
    peers: dict[str, Desk]
    events: Receiver

    def enter(self, body: Document | None = None, **more: Any) -> Document:
        return self.erp.made("/v1/orders", body or order(**more))

    def held(self, *lines: Document, **more: Any) -> Document:
        """An order with a hold by hand."""
        return self.enter(order("SO-1", *lines, extra_holds=[LEGAL], **more))

    def order(self, order_id: str = "SO-1") -> Order:
        """The order as it is now, read as the core reads it."""
        return Order.model_validate(self.seen(order_id))

    def seen(self, order_id: str = "SO-1") -> Document:
        return self.erp.seen(f"/v1/orders/{order_id}")

    def tag(self, order_id: str = "SO-1") -> str:
        return self.erp.get(f"/v1/orders/{order_id}").headers["ETag"]

    def amend(self, kind: str, arguments: Document, order_id: str = "SO-1") -> Document:
        body = {"reference": f"{kind} of {order_id}", "order_id": order_id, "kind": kind, "arguments": arguments}
        return self.erp.made("/v1/amendments", body, if_match=self.tag(order_id))

    def reverse(self, amendment: Document) -> Document:
        body = {"reference": f"undo {amendment['reference']}", "reason": "a test"}
        return self.erp.made(f"/v1/amendments/{amendment['id']}/cancel", body)

    def release(self, order_id: str = "SO-1") -> Document:
        """Resolve whatever holds the order."""
        hold_ids = [hold.hold_id for hold in self.order(order_id).holds]
        body = {"reference": f"release of {order_id}", "resolutions": resolutions(*hold_ids)}
        return self.erp.made(f"/v1/orders/{order_id}/release", body, if_match=self.tag(order_id))

    def told(self, event: str, order_id: str = "SO-1") -> list[Document]:
        """The data of the events of a type about an order."""
        found = self.events.of_type(f"holdfast.{event}")
        return [one["data"] for one in found if one["data"]["order_id"] == order_id]


def resolutions(*hold_ids: str) -> list[Document]:
    return [
        {
            "hold_id": hold_id,
            "resolution": "RELEASE_ONCE",
            "reason": "agreed",
            "decided_by": "carla",
            "on_behalf_of": None,
            "role": "credit_manager",
            "amount": {"amount": "50.00", "currency": "USD"},
            "policy_version": "1",
        }
        for hold_id in hold_ids
    ]


@contextmanager
def neighbourhood() -> Iterator[Neighbours]:
    """The neighbours, running."""
    with ExitStack() as stack:
        neighbours = Neighbours()
        for service in neighbours.services():
            neighbours.urls[service.name] = stack.enter_context(in_thread(service))
        yield neighbours


@contextmanager
def staged(
    neighbours: Neighbours,
    database: Path = Path(":memory:"),
    *,
    ship_after: float = NEVER,
    invoice_after: float = NEVER,
    **more: Any,
) -> Iterator[Stage]:
    """The ERP among its neighbours, running."""
    neighbours.forget()
    with receiving() as events:
        settings = ErpSettings(
            database=database,
            tokens=TOKENS,
            ship_after=ship_after,
            invoice_after=invoice_after,
            peers={name: Peer(url=url, token=TOKENS["erp"]) for name, url in neighbours.urls.items()},
            subscribers=(Subscriber(url=events.url, secret="token-of-door"),),
            **more,
        )
        with in_thread(build(settings)) as url:
            peers = {name: Desk(url, "admin") for name, url in neighbours.urls.items()}
            yield Stage(url, Desk(url), Desk(url, "admin"), neighbours, peers, events)
