"""`/v1/merges` and `/v1/supersessions`: what becomes of an order because another one came in for the same goods."""

from __future__ import annotations

from datetime import datetime

from pydantic import model_validator

from domain.events import EventType
from domain.order import OrderStatus
from sandbox.erp.additions import AddLines, AddQuantities, add_lines, add_quantities
from sandbox.erp.book import OrderBook, to_validate
from sandbox.erp.model import NOT_GONE_YET, ErpOrder, LineEntry, Positive
from sandbox.erp.snapshot import changed, restored
from sandbox.erp.validation import Validation
from sandbox.kernel import Cancellation, Document, Problem, Service, WriteBody, WriteRequest, require_match

IN_THE_HOUSE = NOT_GONE_YET | {OrderStatus.RELEASED}
"""The states in which an order can still be changed or stopped by hand."""


_TAXES = ("tax_in_erp", "tax_as_ordered")
"""A released order that was added to is validated again, and then has the engine's taxes."""


class MergeBody(WriteBody):
    """Add what another order has more than this one: quantities by line id, and new lines."""

    order_id: str
    add_quantities: dict[str, Positive] = {}
    add_lines: tuple[LineEntry, ...] = ()

    @model_validator(mode="after")
    def _something(self) -> MergeBody:
        if not self.add_quantities and not self.add_lines:
            raise ValueError("there is nothing to add")
        return self


class SupersessionBody(WriteBody):
    """End an order because another one replaces it."""

    order_id: str
    reason_code: str


class OtherOrders:
    """Changes that one order's case makes to another order: that one's own case is told of them like everybody else."""

    def __init__(self, service: Service, book: OrderBook, validation: Validation) -> None:
        self._book = book
        self._validation = validation
        service.collection("merges", MergeBody, "mrg", on_create=self._merge, on_cancel=self._take_out)
        service.collection(
            "supersessions", SupersessionBody, "sup", on_create=self._supersede, on_cancel=self._reinstate
        )

    def _merge(self, write: WriteRequest, body: MergeBody, _: str) -> Document:
        before = self._in_the_house(write, body.order_id)
        after = _with_more(before, body)
        old, new = changed(before, after)
        order = self._changed(before.order_id, after, f"merged: {body.reference}")
        return {"other_version": order.version, "before": old, "after": new}

    def _take_out(self, _: WriteRequest, merge: Document, __: Cancellation) -> Document:
        order = self._book.order(merge["order_id"])
        if order.status not in IN_THE_HOUSE | {OrderStatus.CANCELLED}:
            raise Problem(409, "order_not_open", f"order {order.order_id} is {order.status}: nothing is taken out now")
        without = restored(order, merge["before"], merge["after"], following=_TAXES)
        return {"other_version": self._changed(order.order_id, without, "merge reversed").version}

    def _changed(self, order_id: str, changed_order: ErpOrder, detail: str) -> ErpOrder:
        """An order that was released is validated again, so that a merge is no way past the checks."""
        order = self._book.change(order_id, lambda _: to_validate(changed_order))
        self._book.tell(EventType.ORDER_CHANGED, order, detail=detail)
        self._validation.soon()
        return order

    def _supersede(self, write: WriteRequest, body: SupersessionBody, _: str) -> Document:
        order = self._in_the_house(write, body.order_id)
        ended = self._book.cancel(order.order_id, body.reason_code)
        return {"other_version": ended.version, "cancelled_at": ended.model_dump(mode="json")["cancelled_at"]}

    def _reinstate(self, _: WriteRequest, supersession: Document, __: Cancellation) -> Document:
        order = self._book.order(supersession["order_id"])
        if order.cancelled_at != datetime.fromisoformat(supersession["cancelled_at"]):
            raise Problem(
                409, "changed_since", f"order {order.order_id} was reinstated or ended by somebody else since"
            )
        reinstated = self._book.reinstate(order.order_id)
        self._validation.soon()
        return {"other_version": reinstated.version}

    def _in_the_house(self, write: WriteRequest, order_id: str) -> ErpOrder:
        order = self._book.order(order_id)
        require_match(write.if_match, order.version)
        if order.status not in IN_THE_HOUSE:
            raise Problem(409, "order_gone", f"order {order_id} is {order.status}")
        return order


def _with_more(order: ErpOrder, body: MergeBody) -> ErpOrder:
    if body.add_quantities:
        order = add_quantities(order, AddQuantities(lines=body.add_quantities))
    return add_lines(order, AddLines(lines=body.add_lines)) if body.add_lines else order
