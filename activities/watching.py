"""The watcher: what is held in an ERP that sends no events, told as the events that others send."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from datetime import UTC, datetime

from temporalio import activity

from activities.connectors.errors import SystemCallFailed
from activities.connectors.http import CallContext
from activities.ports import ErpPort
from domain.events import CloudEvent, EventData, EventType
from domain.exception_types import IntegrationErrorKind
from domain.reconciliation import HeldOrder
from domain.watching import Changed, Ended, News, Placed, Seen, WatchCursor, news, seen

_MICROSECONDS_A_YEAR = 31_536_000 * 1_000_000
HandOver = Callable[[CloudEvent], Awaitable[object]]
"""The way to the cases: it returns once Temporal has the event."""


class WatchActivities:
    """Every public method is the activity of its name. `source` is what the events say they come from."""

    def __init__(self, erp: ErpPort, hand_over: HandOver, *, tenant: str, source: str) -> None:
        self._erp = erp
        self._hand_over = hand_over
        self._tenant = tenant
        self._source = source

    @activity.defn(name="erp.watch_holds")
    async def watch_holds(self, told: WatchCursor) -> WatchCursor:
        """Tell what is different from what was told, and answer with what is told now.

        Killed half-way, it tells the same again: the events have the same ids, and a case takes each once.
        """
        held = {order.order_id: order async for page in self._pages() for order in page}
        for found in news(told.orders, held.values()):
            await self._tell(found)
        for order_id in sorted(told.orders.keys() - held.keys()):
            await self._tell(await self._ended(order_id, told.orders[order_id]))
        return WatchCursor(polls=told.polls + 1, orders=seen(held.values()))

    async def _pages(self) -> AsyncIterator[tuple[HeldOrder, ...]]:
        after: str | None = None
        while True:
            page = await self._erp.held_orders(CallContext.about(self._tenant), after)
            activity.heartbeat(len(page.orders))
            yield page.orders
            if page.next_cursor is None:
                return
            after = page.next_cursor

    async def _ended(self, order_id: str, before: Seen) -> Ended:
        """What became of an order that is held no more; version 0 if it is not there any more."""
        try:
            order = await self._erp.order(CallContext.about(f"{self._tenant}/{order_id}", order_id), order_id)
        except SystemCallFailed as failure:
            if failure.kind is not IntegrationErrorKind.NOT_FOUND:
                raise
            return Ended(order_id=order_id, version=0, hold_ids=before.hold_ids)
        return Ended(order_id=order_id, version=order.version, hold_ids=before.hold_ids, status=order.status)

    async def _tell(self, found: News) -> None:
        activity.heartbeat()
        for event in self._events(found):
            await self._hand_over(event)

    def _events(self, found: News) -> Iterator[CloudEvent]:
        if isinstance(found, Placed):
            order, hold = found.order, found.hold
            yield self._event(EventType.HOLD_PLACED, order.order_id, order.version, f"{hold.hold_id}:placed", hold=hold)
        elif isinstance(found, Changed):
            yield self._event(EventType.ORDER_CHANGED, found.order.order_id, found.order.version, "changed")
        elif found.status is not None and found.status.is_dead:
            yield self._event(EventType.ORDER_CANCELLED, found.order_id, found.version, "cancelled")
        else:
            for hold_id in found.hold_ids:
                name = f"{hold_id}:cleared"
                yield self._event(EventType.HOLD_CLEARED, found.order_id, found.version, name, hold_id=hold_id)

    def _event(self, kind: EventType, order_id: str, version: int, name: str, **data: object) -> CloudEvent:
        # of the version, not of the clock: told twice it is the same event
        at = datetime.fromtimestamp(version / 1_000_000, UTC) if version > _MICROSECONDS_A_YEAR else datetime.now(UTC)
        return CloudEvent(
            specversion="1.0",
            id=f"{order_id}:{version}:{name}",
            source=self._source,
            type=kind,
            time=at,
            subject=order_id,
            data=EventData.model_validate(
                {"tenant": self._tenant, "order_id": order_id, "order_version": version, **data}
            ),
        )
