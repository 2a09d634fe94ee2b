"""The watcher on every house: what it tells, and what it does not tell twice."""

from __future__ import annotations

from activities.watching import WatchActivities
from domain.events import CloudEvent, EventType
from domain.watching import WatchCursor
from tests.contract.house import House
from tests.contract.reading import read
from tests.contract.test_pivots import carry_out, pivot_call
from tests.unit.activities.conftest import run


async def poll(house: House, told: WatchCursor) -> tuple[list[CloudEvent], WatchCursor]:
    """The events of one poll, and the cursor after it."""
    heard: list[CloudEvent] = []

    async def hear(event: CloudEvent) -> None:
        heard.append(event)

    watch = WatchActivities(house.ports().erp, hear, tenant="acme", source="watch")
    return heard, await run(watch.watch_holds, told, operation="erp.watch_holds")


def of(events: list[CloudEvent], order_id: str) -> list[EventType]:
    """What was told about an order."""
    return [event.type for event in events if event.data.order_id == order_id]


async def test_a_held_order_is_told_once_and_again_when_it_changes_or_goes(house: House) -> None:
    order_id = house.held_order()
    first, told = await poll(house, WatchCursor())
    assert set(of(first, order_id)) == {EventType.HOLD_PLACED}
    again, told = await poll(house, told)
    assert not of(again, order_id)
    house.meddle(order_id)
    changed, told = await poll(house, told)
    assert of(changed, order_id) == [EventType.ORDER_CHANGED]
    order = await read(house.ports(), order_id)
    await carry_out(house.ports(), "release_order", pivot_call(order))
    gone, told = await poll(house, told)
    assert set(of(gone, order_id)) == {EventType.HOLD_CLEARED}
    assert order_id not in told.orders


async def test_a_missed_poll_loses_nothing_and_a_repeated_one_tells_the_same(house: House) -> None:
    _, told = await poll(house, WatchCursor())
    first, second = house.held_order(), house.held_order()
    once, _ = await poll(house, told)
    twice, _ = await poll(house, told)
    assert of(once, first) == of(once, second) == [EventType.HOLD_PLACED]
    assert {event.id for event in once} == {event.id for event in twice}


async def test_an_order_that_is_cancelled_is_told_as_such(house: House) -> None:
    order_id = house.held_order()
    _, told = await poll(house, WatchCursor())
    order = await read(house.ports(), order_id)
    await carry_out(house.ports(), "cancel_order", pivot_call(order))
    gone, _ = await poll(house, told)
    assert of(gone, order_id) == [EventType.ORDER_CANCELLED]


async def test_an_order_that_somebody_puts_right_by_hand_is_held_no_more(house: House) -> None:
    order_id = house.held_order()
    _, told = await poll(house, WatchCursor())
    house.mend(order_id)
    gone, told = await poll(house, told)
    assert set(of(gone, order_id)) == {EventType.HOLD_CLEARED}
    assert order_id not in told.orders
