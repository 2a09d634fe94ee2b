"""`/admin/orders`: what people do in the ERP by hand, past Holdfast: holds, changes, cancellations."""

from __future__ import annotations

from datetime import date
from typing import Any

from fastapi import Response
from fastapi.responses import JSONResponse
from pydantic import Field

from domain.events import EventType, Key
from domain.order import ServiceLevel
from sandbox.erp.book import OrderBook, checked_still, clear_holds, to_validate
from sandbox.erp.model import ErpOrder, HoldEntry, NotNegative, Positive, Strict
from sandbox.erp.validation import Validation
from sandbox.kernel import Client, Problem, Service, etag


class LineChange(Strict):
    """What a person changes about a line."""

    line_id: str
    item: str | None = None
    quantity: Positive | None = None
    unit_price: NotNegative | None = None
    need_by: date | None = None
    promised_on: date | None = None


class OrderChange(Strict):
    """What a person changes about an order."""

    lines: tuple[LineChange, ...] = ()
    freight: NotNegative | None = None
    need_by: date | None = None
    service_level: ServiceLevel | None = None
    reason: str = Field(default="changed by hand", max_length=500)
    by: Key | None = None
    """Which of the ERP's users changes it, if it is one."""


class Reason(Strict):
    """Why a person does something."""

    reason: str = Field(default="by hand", max_length=500)


class ByHand:
    """The ERP's own users at work. Every change is published, so that nobody acts on what is no longer so."""

    def __init__(self, service: Service, book: OrderBook, validation: Validation) -> None:
        self._service = service
        self._book = book
        self._validation = validation
        self._mount()

    def place(self, order_id: str, entry: HoldEntry, client: str) -> ErpOrder:
        """Put a hold on; an order that was released but has not gone is held again."""
        order = self._book.hold(order_id, entry)
        self._record("holds.place", order, client, {"hold_id": order.holds[-1].hold_id, "code": entry.code})
        return order

    def clear(self, order_id: str, hold_id: str, client: str) -> ErpOrder:
        """Take a hold off; without any left the order is released."""
        if all(hold.hold_id != hold_id for hold in self._book.still_here(order_id).holds):
            raise Problem(404, "hold_not_found", f"order {order_id} has no hold {hold_id!a}")
        order = self._book.change(order_id, lambda order: checked_still(order, clear_holds(order, {hold_id}, client)))
        self._record("holds.clear", order, client, {"hold_id": hold_id})
        self._book.tell(EventType.HOLD_CLEARED, order, hold_id=hold_id, detail="by hand")
        return order

    def change(self, order_id: str, body: OrderChange, client: str) -> ErpOrder:
        """Change an order; one that was released is validated again, so that a change is no way past the checks."""
        self._book.still_here(order_id)
        order = self._book.change(order_id, lambda order: _changed(order, body))
        self._record("orders.change", order, client, body.model_dump(mode="json", exclude_none=True))
        self._book.tell(EventType.ORDER_CHANGED, order, detail=body.reason)
        self._validation.soon()
        return order

    def cancel(self, order_id: str, reason: str, client: str) -> ErpOrder:
        """End an order."""
        self._book.still_here(order_id)
        order = self._book.cancel(order_id, reason, by=client)
        self._record("orders.cancel", order, client, {"reason": reason})
        return order

    def reinstate(self, order_id: str, client: str) -> ErpOrder:
        """Take a cancellation back."""
        order = self._book.reinstate(order_id)
        self._record("orders.reinstate", order, client, {})
        self._validation.soon()
        return order

    def _record(self, operation: str, order: ErpOrder, client: str, detail: dict[str, Any]) -> None:
        self._service.ledger.append(
            operation,
            order.order_id,
            client=client,
            order_id=order.order_id,
            detail=detail | {"version": order.version},
        )

    def _mount(self) -> None:
        admin, transaction = self._service.admin, self._service.store.transaction

        @admin.post("/orders/{order_id}/holds", status_code=201, summary="Put a hold on")
        async def place(order_id: str, body: HoldEntry, client: Client) -> Response:
            with transaction():
                return _shown(self.place(order_id, body, client), 201)

        @admin.delete("/orders/{order_id}/holds/{hold_id}", summary="Take a hold off")
        async def clear(order_id: str, hold_id: str, client: Client) -> Response:
            with transaction():
                return _shown(self.clear(order_id, hold_id, client))

        @admin.post("/orders/{order_id}/change", summary="Change an order")
        async def change(order_id: str, body: OrderChange, client: Client) -> Response:
            with transaction():
                return _shown(self.change(order_id, body, client))

        @admin.post("/orders/{order_id}/cancel", summary="Cancel an order")
        async def cancel(order_id: str, client: Client, body: Reason | None = None) -> Response:
            with transaction():
                return _shown(self.cancel(order_id, (body or Reason()).reason, client))

        @admin.post("/orders/{order_id}/reinstate", summary="Take the cancellation of an order back")
        async def reinstate(order_id: str, client: Client) -> Response:
            with transaction():
                return _shown(self.reinstate(order_id, client))


def _changed(order: ErpOrder, body: OrderChange) -> ErpOrder:
    for change in body.lines:
        update = change.model_dump(exclude_none=True)
        order = order.with_line(order.erp_line(change.line_id).model_copy(update=update))
    fields = body.model_dump(exclude_none=True, exclude={"lines", "reason", "by"})
    if body.by is not None:
        fields["changed_by"] = tuple(dict.fromkeys((*order.changed_by, body.by)))
    return to_validate(order.with_changes(**fields))


def _shown(order: ErpOrder, status: int = 200) -> Response:
    return JSONResponse(order.model_dump(mode="json"), status, {"ETag": etag(order.version)})
