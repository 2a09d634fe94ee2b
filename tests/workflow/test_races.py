"""Answers and events that cross each other on the way."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from temporalio.exceptions import ApplicationError

from domain.assessment import Assessment, Disposition
from domain.calls import AssessRequest
from domain.case import CaseOutcome
from domain.events import EventType
from domain.tasks import Action, TaskKind
from tests.orders import hold, order
from tests.workflow.conftest import OpenCase
from tests.workflow.world import REJECT, RELEASE, World, assessment, option, write

Open = Callable[[World], Awaitable[OpenCase]]


class Gate:
    """Stops an activity until it is let through."""

    def __init__(self) -> None:
        self.reached, self.open = asyncio.Event(), asyncio.Event()

    async def __call__(self) -> None:
        self.reached.set()
        await self.open.wait()


async def test_a_rejection_given_while_the_facts_are_read_again_is_not_overruled_by_policy(open_case: Open) -> None:
    paid: list[bool] = []

    def judge(request: AssessRequest) -> Assessment:
        options = option(RELEASE, write("a")), option(REJECT, disposition=Disposition.CANCEL_ORDER)
        return assessment(request, *options, person=not paid)

    case = await open_case(World(judge=judge))
    task = await case.task()
    gate = Gate()
    case.world.during["credit.position"] = gate
    paid.append(True)
    await case.tell(EventType.PAYMENT_RECEIVED)
    await gate.reached.wait()
    await case.act(task, Action.REJECT, "carla", reason_code="TOO_RISKY")
    gate.open.set()
    summary = await case.closed()
    assert summary.outcome is CaseOutcome.ORDER_CANCELLED
    assert summary.exceptions[0].decided_by == "carla"


async def test_an_approval_given_while_the_facts_are_read_again_is_held_against_the_new_ones(open_case: Open) -> None:
    amounts = [1000]
    world = World(
        judge=lambda r: assessment(r, option(RELEASE, write("a"), amount=amounts[-1]), person=True),
        stands=lambda now, approved: (
            ()
            if now.recommended_option.amount == approved.amount
            else (f"amount was {approved.amount}, is {now.recommended_option.amount}",)
        ),
    )
    case = await open_case(world)
    task = await case.task()
    gate = Gate()
    world.during["credit.position"] = gate
    amounts.append(9000)
    world.order = order(hold(), version=3)
    await case.tell(EventType.ORDER_CHANGED, 3)
    await gate.reached.wait()
    await case.act(task, Action.APPROVE, "carla")
    gate.open.set()
    again = await case.until(lambda state: any(t.task_id != task.task_id for t in state.open_tasks))
    assert world.effects == {}
    await case.act(again.open_tasks[0], Action.APPROVE, "conrad")
    assert (await case.closed()).exceptions[0].decided_by == "conrad"


async def test_a_system_that_keeps_contradicting_itself_becomes_a_persons_business(open_case: Open) -> None:
    world = World()
    world.failures["erp.release_order"] = [
        ApplicationError("stock is gone", type="CONFLICT", non_retryable=True) for _ in range(3)
    ]
    case = await open_case(world)
    task = await case.task("integration_oncall")
    assert task.kind is TaskKind.REPAIR
    assert world.done == []
    assert world.calls.count("erp.release_order") == 3
    await case.act(task, Action.APPROVE, "irene", option="RETRY")
    assert (await case.closed()).outcome is CaseOutcome.RELEASED
    assert world.done == ["credit.release:a", "erp.release_order:release_order"]
