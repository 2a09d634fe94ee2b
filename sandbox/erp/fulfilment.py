"""What happens to released orders: after a while they ship, what is backordered later, and then they are invoiced."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from domain.events import EventType
from domain.order import LineStatus, OrderStatus
from sandbox.erp.book import OrderBook
from sandbox.erp.model import ErpOrder
from sandbox.kernel import Service

TICK_SECONDS = 0.2


class Fulfilment:
    """The warehouse wave and the billing run. What is due is in the orders themselves, so a restart loses nothing."""

    def __init__(self, service: Service, book: OrderBook, ship_after: timedelta, invoice_after: timedelta) -> None:
        self._service = service
        self._book = book
        self._ship_after = ship_after
        self._invoice_after = invoice_after

    async def work(self) -> None:
        """Ship and invoice what is due, for ever."""
        while True:
            now = datetime.now(UTC)
            for order in self._book.in_status(OrderStatus.RELEASED):
                if order.released_at is not None and order.released_at + self._ship_after <= now:
                    self._move(order, EventType.ORDER_SHIPPED, _shipped)
            for order in self._book.in_status(OrderStatus.PARTIALLY_SHIPPED):
                if order.shipped_at is not None and order.shipped_at + self._ship_after <= now:
                    self._move(order, EventType.ORDER_SHIPPED, _completed)
            for order in self._book.in_status(OrderStatus.SHIPPED):
                if order.shipped_at is not None and order.shipped_at + self._invoice_after <= now:
                    self._move(order, EventType.ORDER_INVOICED, _invoiced)
            await asyncio.sleep(TICK_SECONDS)

    def _move(self, order: ErpOrder, event: EventType, change: Callable[[ErpOrder], ErpOrder]) -> None:
        with self._service.store.transaction():
            moved = self._book.change(order.order_id, change)
            operation = "orders.ship" if event is EventType.ORDER_SHIPPED else "orders.invoice"
            detail = {"shipments": moved.shipments, "total": str(moved.total.amount + moved.freight_tax)}
            self._service.ledger.append(operation, order.order_id, client="erp", order_id=order.order_id, detail=detail)
            part = "partial" if moved.status is OrderStatus.PARTIALLY_SHIPPED else "complete"
            self._book.tell(event, moved, detail=part, amount=moved.total)


def _shipped(order: ErpOrder) -> ErpOrder:
    """Everything, or what is there if something else is backordered."""
    now = sum(1 for _, status in _shipments(order) if status is not LineStatus.BACKORDERED)
    if now in (0, len(_shipments(order))):
        return _completed(order)
    return order.with_changes(status=OrderStatus.PARTIALLY_SHIPPED, shipped_at=datetime.now(UTC), shipments=now)


def _completed(order: ErpOrder) -> ErpOrder:
    return order.with_changes(
        status=OrderStatus.SHIPPED, shipped_at=datetime.now(UTC), shipments=len(_shipments(order))
    )


def _shipments(order: ErpOrder) -> set[tuple[str, LineStatus]]:
    """Every warehouse ships once; what is backordered ships apart."""
    return {
        (warehouse, line.status)
        for line in order.lines
        if line in order.open_lines
        for warehouse in ([source.warehouse for source in line.sources] or [order.warehouse])
    }


def _invoiced(order: ErpOrder) -> ErpOrder:
    return order.with_changes(status=OrderStatus.INVOICED, invoiced_at=datetime.now(UTC))
