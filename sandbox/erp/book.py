"""The order book: every change makes a new version, is in the ledger, and is told to those who listen."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

from domain.edi.business_answer import OrderStory
from domain.events import EventData, EventType
from domain.order import Hold, Order, OrderStatus
from sandbox.erp.model import DEPARTED, ErpClearedHold, ErpOrder, HoldEntry, status_with
from sandbox.kernel import Document, Documents, Problem, Service

Change = Callable[[ErpOrder], ErpOrder]

_INDEXED = ("status", "held", "customer_id", "parent_order_id", "purchase_key", "message_key")


class OrderBook:
    """The orders of the ERP. Every method that changes one belongs inside a transaction."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self.documents = Documents(service.store, "orders", _INDEXED)
        self._entered = Documents(service.store, "entered_orders", ())

    def document(self, order_id: str) -> Document:
        """The order as it is kept. Raises Problem 404."""
        document = self.documents.get(order_id)
        if document is None:
            raise Problem(404, "order_not_found", f"there is no order {order_id!a}")
        return document

    def order(self, order_id: str) -> ErpOrder:
        """The order. Raises Problem 404."""
        return ErpOrder.model_validate(self.document(order_id))

    def some(self, order_ids: Sequence[str], **fields: str | bool | None) -> list[Document]:
        """Those of some orders whose fields are as given, where they are not None."""
        wanted = {name: value for name, value in fields.items() if value is not None}
        found = [document for order_id in order_ids if (document := self.documents.get(order_id))]
        return [document for document in found if wanted.items() <= document.items()]

    def in_status(self, status: str) -> list[ErpOrder]:
        """All orders of a status, in the order they were entered."""
        return [ErpOrder.model_validate(document) for document in self.documents.all(status=status)]

    def newest_of(self, customer_id: str, limit: int) -> list[ErpOrder]:
        """The last orders that came in from a customer, the newest first."""
        rows = self._service.store.rows(
            "SELECT body FROM orders WHERE json_extract(body, '$.customer_id') = ? ORDER BY seq DESC LIMIT ?",
            (customer_id, limit),
        )
        return [ErpOrder.model_validate_json(row["body"]) for row in rows]

    def alike(self, order: ErpOrder) -> list[ErpOrder]:
        """The customer's other orders of the same PO number and release, and those that came in the same message."""
        found = [
            *(self.documents.all(purchase_key=order.purchase_key) if order.purchase_key else ()),
            *(self.documents.all(message_key=order.message_key) if order.message_key else ()),
        ]
        others = {document["order_id"]: document for document in found if document["order_id"] != order.order_id}
        return [ErpOrder.model_validate(document) for document in others.values()]

    def add(self, order: ErpOrder) -> None:
        """Keep a new order. Raises Problem 409 if its id is taken."""
        if self.documents.get(order.order_id) is not None:
            raise Problem(
                409,
                "order_exists",
                f"order {order.order_id} exists",
                headers={"Location": f"/v1/orders/{order.order_id}"},
            )
        self._keep(order)
        if order.parent_order_id is None:
            self._entered.put(order.order_id, order.model_dump(mode="json"))

    def story(self, order_id: str) -> OrderStory:
        """The whole that an order belongs to: as it came in, and all its parts as they are now. Raises Problem 404."""
        whole = self.order(order_id)
        while whole.parent_order_id is not None:
            whole = self.order(whole.parent_order_id)
        entered = self._entered.get(whole.order_id) or self.document(whole.order_id)
        return OrderStory(ordered=Order.model_validate(entered), parts=tuple(self._with_parts(whole)))

    def _with_parts(self, order: ErpOrder) -> Iterator[ErpOrder]:
        yield order
        for document in self.documents.all(parent_order_id=order.order_id):
            yield from self._with_parts(ErpOrder.model_validate(document))

    def change(self, order_id: str, change: Change) -> ErpOrder:
        """Keep what `change` makes of an order, as its next version."""
        order = change(self.order(order_id))
        order = order.with_changes(version=order.version + 1)
        self._keep(order)
        return order

    def still_here(self, order_id: str) -> ErpOrder:
        """The order. Raises Problem 409 if its goods have left, or never will."""
        order = self.order(order_id)
        if order.status.is_dead or order.status in DEPARTED:
            raise Problem(409, "order_gone", f"order {order_id} is {order.status}")
        return order

    def hold(self, order_id: str, entry: HoldEntry, *, joins: bool = False) -> ErpOrder:
        """Put a hold on, and tell; an order that was released but has not gone is held again. With `joins`, one of the
        same code that is there already says it, too: the order is another version.
        """
        if joins and any(hold.code == entry.code for hold in self.still_here(order_id).holds):
            order = self.change(order_id, lambda order: order)
            self.tell(EventType.ORDER_CHANGED, order, detail=entry.reason)
            return order
        self.still_here(order_id)
        order = self.change(order_id, lambda order: checked_still(order, place_holds(order, [entry])))
        self.tell_placed(order, len(order.holds) - 1)
        return order

    def cancel(self, order_id: str, reason: str, *, by: str | None = None) -> ErpOrder:
        """End an order. Its holds end with it. `by` is the client who has the answer to that and need not be told."""
        order = self.change(order_id, lambda order: _ended(order, reason, by or "erp"))
        self.tell(EventType.ORDER_CANCELLED, order, detail=reason, by=by)
        return order

    def reinstate(self, order_id: str) -> ErpOrder:
        """Have a cancelled order as it was. Raises Problem 409 if it is not cancelled."""
        if self.order(order_id).status is not OrderStatus.CANCELLED:
            raise Problem(409, "order_not_cancelled", f"order {order_id} is not cancelled")
        order = self.change(order_id, _reinstated)
        self.tell(EventType.ORDER_CHANGED, order, detail="reinstated")
        self.tell_placed(order, 0)
        return order

    def _keep(self, order: ErpOrder) -> None:
        self.documents.put(order.order_id, order.model_dump(mode="json"))

    def tell(self, event: EventType, order: ErpOrder, detail: str = "", *, by: str | None = None, **data: Any) -> None:
        """Publish what happened to an order. `by` is the client whose change it was, and who has the answer to it."""
        values = EventData(
            tenant=order.tenant,
            order_id=order.order_id,
            order_version=order.version,
            customer_id=order.customer_id,
            detail=detail[:500],
            **data,
        )
        self._service.webhooks.publish(
            event.value, values.model_dump(mode="json", exclude_none=True), subject=order.order_id, caused_by=by
        )

    def tell_placed(self, order: ErpOrder, since: int) -> None:
        """Publish the holds that came after the first `since` of those on the order."""
        for hold in order.holds[since:]:
            self.tell(EventType.HOLD_PLACED, order, hold=hold, amount=order.value)


def place_holds(order: ErpOrder, entries: Sequence[HoldEntry]) -> ErpOrder:
    """The order with more holds on it, and the status that follows; without any, it is released."""
    now = datetime.now(UTC)
    first = order.holds_placed + 1
    return put_on(
        order, [entry.placed(f"{order.order_id}-H{number}", now) for number, entry in enumerate(entries, first)]
    )


def put_on(order: ErpOrder, holds: Sequence[Hold]) -> ErpOrder:
    """The same with holds that have their ids already."""
    now = datetime.now(UTC)
    held = order.with_changes(holds=(*order.holds, *holds), holds_placed=order.holds_placed + len(holds))
    return held.with_changes(status=status_with(held), released_at=None if held.holds else now)


def checked_still(before: ErpOrder, after: ErpOrder) -> ErpOrder:
    """An order that is being validated stays so: a hold placed and cleared meanwhile is no way past the checks."""
    if before.status is not OrderStatus.VALIDATING:
        return after
    return after.with_changes(status=OrderStatus.VALIDATING, released_at=None)


def to_validate(order: ErpOrder) -> ErpOrder:
    """An order that was changed: without holds, the checks are before it again."""
    return order if order.holds or order.status.is_dead else _validating(order)


def _validating(order: ErpOrder) -> ErpOrder:
    return order.with_changes(status=OrderStatus.VALIDATING, released_at=None)


def _ended(order: ErpOrder, reason: str, by: str) -> ErpOrder:
    now = datetime.now(UTC)
    freed = clear_holds(order, {hold.hold_id for hold in order.holds}, by)
    return freed.with_changes(
        status=OrderStatus.CANCELLED,
        released_at=None,
        cancelled_at=now,
        cancelled_from=order.status,
        cancel_reason=reason,
    )


def _reinstated(order: ErpOrder) -> ErpOrder:
    """The order where it stood, with the holds that ended with it."""
    ended = [gone for gone in order.cleared_holds if order.cancelled_at and gone.cleared_at >= order.cancelled_at]
    return order.with_changes(
        status=order.cancelled_from or OrderStatus.VALIDATING,
        holds=tuple(gone.hold for gone in ended),
        cleared_holds=tuple(gone for gone in order.cleared_holds if gone not in ended),
        released_at=datetime.now(UTC) if order.cancelled_from is OrderStatus.RELEASED else None,
        cancelled_at=None,
        cancelled_from=None,
        cancel_reason="",
    )


def clear_holds(order: ErpOrder, hold_ids: set[str], cleared_by: str, release_id: str | None = None) -> ErpOrder:
    """The order without those holds, which are remembered; without any left, it is released."""
    now = datetime.now(UTC)
    gone = [
        ErpClearedHold(hold=hold, cleared_at=now, cleared_by=cleared_by, release_id=release_id)
        for hold in order.holds
        if hold.hold_id in hold_ids
    ]
    left = tuple(hold for hold in order.holds if hold.hold_id not in hold_ids)
    freed = order.with_changes(holds=left, cleared_holds=(*order.cleared_holds, *gone))
    return freed.with_changes(status=status_with(freed), released_at=None if left else now)
