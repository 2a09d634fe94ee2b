"""`/v1/amendments`: changes of held orders, each with what it changed, each reversible until the order goes."""

from __future__ import annotations

from typing import Any

from domain.events import EventType
from domain.facts.address import PostalAddress
from domain.order import OrderStatus
from sandbox.erp.addresses import AddressFile
from sandbox.erp.amendments import AMENDMENTS, AmendmentKind, parsed
from sandbox.erp.book import OrderBook
from sandbox.erp.line_changes import split_off
from sandbox.erp.model import NOT_GONE_YET, ErpOrder
from sandbox.erp.snapshot import changed, restored
from sandbox.erp.validation import Validation
from sandbox.kernel import Cancellation, Document, Problem, Service, WriteBody, WriteRequest, require_match


class AmendmentBody(WriteBody):
    """Change an order; `arguments` are those of the kind."""

    order_id: str
    kind: AmendmentKind
    arguments: dict[str, Any]


class Amending:
    """Makes and reverses amendments."""

    def __init__(self, service: Service, book: OrderBook, validation: Validation, addresses: AddressFile) -> None:
        self._book = book
        self._addresses = addresses
        self._validation = validation
        service.collection("amendments", AmendmentBody, "amd", on_create=self._amend, on_cancel=self._reverse)

    def _amend(self, write: WriteRequest, body: AmendmentBody, _: str) -> Document:
        before = self._book.order(body.order_id)
        require_match(write.if_match, before.version)
        if before.status not in NOT_GONE_YET:
            raise Problem(409, "order_not_open", f"order {before.order_id} is {before.status}: it is not changed")
        arguments = self._filed(body)
        after = AMENDMENTS[body.kind].made(before, arguments)
        old, new = changed(before, after)
        order = self._book.change(body.order_id, lambda _: after)
        self._book.tell(EventType.ORDER_CHANGED, order, detail=body.kind, by=write.client)
        answer = {"order_version": order.version, "arguments": arguments, "before": old, "after": new}
        if body.kind is AmendmentKind.SPLIT_ORDER:
            answer["new_order_id"] = self._open_child(before, after)
        return answer

    def _filed(self, body: AmendmentBody) -> dict[str, Any]:
        """The arguments, with the id of an address in place of the address. Raises Problem 422."""
        arguments = dict(body.arguments)
        if body.kind is AmendmentKind.SET_SHIP_TO and arguments.get("address") is not None:
            address = parsed(PostalAddress, arguments.pop("address"))
            arguments["address_id"] = self._addresses.file(body.order_id, address)
        return arguments

    def _open_child(self, before: ErpOrder, after: ErpOrder) -> str:
        """The rest as an order of its own, which has to pass validation like any other."""
        lines = split_off(before, after)
        number = len(self._book.documents.all(parent_order_id=before.order_id)) + 1
        child = before.with_changes(
            order_id=f"{before.order_id}-S{number}",
            parent_order_id=before.order_id,
            version=1,
            status=OrderStatus.VALIDATING,
            lines=lines,
            freight=before.money(0).amount,
            holds=(),
            holds_placed=0,
            cleared_holds=(),
        )
        self._book.add(child)
        self._validation.soon()
        return child.order_id

    def _reverse(self, write: WriteRequest, amendment: Document, body: Cancellation) -> Document:
        order = self._book.order(amendment["order_id"])
        if order.status not in NOT_GONE_YET | {OrderStatus.CANCELLED}:
            raise Problem(409, "order_not_open", f"order {order.order_id} is {order.status}: nothing is reversed now")
        if "new_order_id" in amendment:
            self._close_child(amendment["new_order_id"], body.reason)
        order = self._book.change(
            order.order_id, lambda order: restored(order, amendment["before"], amendment["after"])
        )
        self._book.tell(EventType.ORDER_CHANGED, order, detail=f"{amendment['kind']} reversed", by=write.client)
        return {"order_version": order.version}

    def _close_child(self, order_id: str, reason: str) -> None:
        child = self._book.order(order_id)
        if child.status not in NOT_GONE_YET | {OrderStatus.CANCELLED}:
            raise Problem(409, "part_gone", f"order {order_id}, split off this one, is {child.status}")
        if child.status is not OrderStatus.CANCELLED:
            self._book.cancel(order_id, f"merged into {child.parent_order_id}: {reason}", by="erp")
