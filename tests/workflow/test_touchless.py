"""A hold that policy resolves by itself."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from domain.case import CaseOutcome
from domain.events import EventType
from domain.order import OrderStatus
from tests.orders import order
from tests.workflow.conftest import OpenCase
from tests.workflow.world import World

Open = Callable[[World], Awaitable[OpenCase]]


async def test_a_hold_that_policy_resolves_is_released_and_the_customer_told_once(open_case: Open) -> None:
    world = World()
    summary = await (await open_case(world)).closed()
    assert summary.outcome is CaseOutcome.RELEASED
    assert summary.touchless
    assert world.done == ["credit.release:a", "erp.release_order:release_order"]
    assert len(world.told) == 1
    assert world.notices == []


async def test_a_case_costs_at_most_the_promised_actions_and_events_up_to_the_release(open_case: Open) -> None:
    case = await open_case(World())
    await case.closed()
    history = await case.handle.fetch_history()
    types = [event.WhichOneof("attributes") for event in history.events]
    until = max(i for i, event in enumerate(history.events) if _is_release(event))
    actions = [
        kind
        for kind in types[: until + 1]
        if kind
        in {
            "workflow_execution_started_event_attributes",
            "workflow_execution_signaled_event_attributes",
            "activity_task_scheduled_event_attributes",
            "marker_recorded_event_attributes",
            "timer_started_event_attributes",
            "upsert_workflow_search_attributes_event_attributes",
        }
    ]
    assert len(actions) <= 14, actions
    assert until <= 60, types


def _is_release(event: object) -> bool:
    scheduled = getattr(event, "activity_task_scheduled_event_attributes", None)
    return scheduled is not None and scheduled.activity_type.name == "erp.release_order"


async def test_an_order_that_nobody_holds_any_more_closes_without_an_effect(open_case: Open) -> None:
    world = World(order=order(status=OrderStatus.RELEASED))
    summary = await (await open_case(world)).closed()
    assert summary.outcome is CaseOutcome.NO_LONGER_HELD
    assert world.effects == {}
    assert world.told == []


async def test_a_redelivered_event_changes_nothing(open_case: Open) -> None:
    world = World(follow_until="SHIPPED")
    case = await open_case(world)
    await case.until(lambda state: state.released_at is not None)
    await case.tell(EventType.HOLD_PLACED, 2)
    await case.tell(EventType.ORDER_SHIPPED, 4)
    summary = await case.closed()
    assert summary.shipped_at is not None
    assert world.calls.count("triage.examine_order") == 1
