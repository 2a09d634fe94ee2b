"""`POST /v1/orders/{id}/holds`: another system of the enterprise stops an order for a reason of its own."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime

from fastapi import Response

from sandbox.erp.book import OrderBook
from sandbox.erp.model import HoldEntry
from sandbox.kernel import ACTIVE, Answer, Document, Documents, Page, Paging, Service, Write, WriteBody, WriteRequest


class HoldBody(WriteBody):
    """Put a hold on an order. With `joins`, one of that code that is on it says it, and the order has changed."""

    hold: HoldEntry
    joins: bool = False


class Placing:
    """Places holds, once a reference, and tells everybody, as of every hold."""

    def __init__(self, service: Service, book: OrderBook) -> None:
        self._book = book
        self._placed = Documents(service.store, "placed_holds", ("reference", "order_id"))
        self._mount(service)

    def place(self, write: WriteRequest, order_id: str, body: HoldBody) -> Answer:
        """Hold an order. Raises Problem 404, or 409 if the goods have left or nothing of it will ever ship."""
        earlier = self._placed.all(reference=body.reference, order_id=order_id) if write.honours_keys else []
        if earlier:
            return Answer(earlier[0], 200)
        order = self._book.hold(order_id, body.hold, joins=body.joins)
        made: Document = {
            "id": f"plc-{uuid.uuid4().hex[:12]}",
            "reference": body.reference,
            "status": ACTIVE,
            "order_id": order_id,
            "order_version": order.version,
            "order_status": order.status,
            "hold_id": next(hold.hold_id for hold in reversed(order.holds) if hold.code == body.hold.code),
            "at": datetime.now(UTC).isoformat(),
        }
        self._placed.put(made["id"], made)
        write.record("orders.hold", made["id"], reference=body.reference, order_id=order_id, detail=made)
        return Answer(made, 201)

    def _mount(self, service: Service) -> None:
        v1 = service.v1

        @v1.post("/orders/{order_id}/holds", status_code=201, tags=["orders"], summary="Put a hold on an order")
        async def place(order_id: str, body: HoldBody, write: Write) -> Response:
            return write.once(lambda: self.place(write, order_id, body))

        @v1.get("/placed-holds", tags=["orders"], summary="Find holds that other systems have placed")
        async def placed(paging: Paging, reference: str | None = None, order_id: str | None = None) -> Page:
            return paging.read(self._placed, reference=reference, order_id=order_id)
