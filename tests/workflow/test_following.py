"""A released order is followed: what still happens to it, and what takes it up again."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta

from temporalio.exceptions import ApplicationError

from domain.assessment import Assessment
from domain.calls import AssessRequest
from domain.case import CaseOutcome
from domain.events import EventType
from domain.order import OrderStatus
from domain.tasks import Action
from tests.orders import hold, order
from tests.workflow.conftest import OpenCase
from tests.workflow.test_questions import ask_a_person
from tests.workflow.world import World, assessment, option, write

Open = Callable[[World], Awaitable[OpenCase]]


async def test_a_hold_that_came_and_went_takes_nothing_back(open_case: Open) -> None:
    """The order stays released by policy, is followed on, and its customer hears nothing twice."""
    case = await open_case(World(follow_until="INVOICED"))
    await case.until(lambda state: state.releases == 1 and state.customer_told)
    await case.tell(EventType.HOLD_PLACED, 9)
    await case.until(lambda state: "taken up again" in {entry.action for entry in state.audit})
    await case.tell(EventType.ORDER_SHIPPED, 10)
    await case.tell(EventType.ORDER_INVOICED, 11)
    summary = await case.closed()
    assert (summary.outcome, summary.touchless) == (CaseOutcome.RELEASED, True)
    assert summary.invoiced_at is not None
    assert len(case.world.told) == 1


async def test_an_order_that_is_cancelled_after_its_release_closes_as_withdrawn(open_case: Open) -> None:
    """It will never be invoiced, and the case does not wait for that."""
    case = await open_case(World(follow_until="INVOICED"))
    await case.until(lambda state: state.releases == 1 and state.customer_told)
    case.world.order = order(version=9, status=OrderStatus.CANCELLED)
    await case.tell(EventType.ORDER_CANCELLED, 9)
    summary = await case.closed()
    assert summary.outcome is CaseOutcome.WITHDRAWN
    assert summary.closed_at - summary.opened_at < timedelta(days=1)


async def test_an_order_held_again_does_not_wait_for_the_mail_about_its_release(open_case: Open) -> None:
    """The mail server is silent; the new hold is asked about, and the next message tells of both."""
    world = World(judge=ask_a_person)
    case = await open_case(world)
    world.failures["notification.tell_customer"] = [ApplicationError("down", type="TRANSIENT")] * 10_000
    await case.act(await case.task(), Action.APPROVE, "carla")
    await case.until(lambda state: bool(state.outages))
    world.order = order(hold("H2"), version=9)
    await case.tell(EventType.HOLD_PLACED, 9)
    asked = await case.until(lambda state: any(task.hold_id == "H2" for task in state.open_tasks))
    assert not asked.customer_told
    world.failures["notification.tell_customer"].clear()
    await case.act(await case.task(), Action.APPROVE, "carla")
    summary = await case.closed()
    assert (summary.outcome, len(summary.exceptions)) == (CaseOutcome.RELEASED, 2)
    assert len(world.told) == 1


async def test_a_message_that_goes_out_while_the_order_is_held_again_is_not_repeated(open_case: Open) -> None:
    under_way, may_go, noted = asyncio.Event(), asyncio.Event(), asyncio.Event()

    async def meanwhile() -> None:
        under_way.set()
        await may_go.wait()

    def judge(request: AssessRequest) -> Assessment:
        return assessment(request, option(f"RELEASE_{request.hold.hold_id}", write("a"), automatic=True))

    world = World(judge=judge, during={"notification.tell_customer": meanwhile})
    case = await open_case(world)
    await under_way.wait()
    world.order = order(hold("H2"), version=9)
    world.during["triage.examine_order"] = noted.wait
    await case.tell(EventType.HOLD_PLACED, 9)
    await case.until(lambda state: state.outcome is None)
    may_go.set()
    await case.until(lambda state: state.told_of == 1)
    noted.set()
    assert len((await case.closed()).exceptions) == 2
    assert [[message.template for message in notice.messages] for notice in world.told] == [
        ["release_h1"],
        ["release_h2"],
    ]
