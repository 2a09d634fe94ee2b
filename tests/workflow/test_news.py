"""What happens to the order while its case is open."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta

from temporalio.exceptions import ApplicationError

from domain.assessment import Assessment, Disposition, Plan, Wait
from domain.calls import AssessRequest
from domain.case import Case, CaseOutcome
from domain.events import EventType
from domain.order import OrderStatus
from domain.tasks import Action, TaskState
from tests.orders import LONG_AGO, hold, order
from tests.workflow.conftest import OpenCase
from tests.workflow.test_questions import ask_a_person
from tests.workflow.world import RELEASE, World, assessment, option, write

Open = Callable[[World], Awaitable[OpenCase]]


def waits(case: Case) -> bool:
    return "H1" in case.exceptions and case.exceptions["H1"].waiting is not None


async def test_news_that_comes_while_the_order_is_examined_makes_the_case_look_again(open_case: Open) -> None:
    under_way, told = asyncio.Event(), asyncio.Event()

    async def meanwhile() -> None:
        under_way.set()
        await told.wait()

    case = await open_case(World(during={"triage.examine_order": meanwhile}))
    await under_way.wait()
    await case.tell(EventType.PAYMENT_RECEIVED)
    told.set()
    assert (await case.closed()).outcome is CaseOutcome.RELEASED
    assert case.world.calls.count("triage.examine_order") == 2


async def test_news_that_comes_while_facts_are_read_lets_that_go_and_looks_again(open_case: Open) -> None:
    under_way, told = asyncio.Event(), asyncio.Event()

    async def meanwhile() -> None:
        under_way.set()
        await told.wait()

    case = await open_case(World(during={"credit.position": meanwhile}))
    await under_way.wait()
    await case.tell(EventType.PAYMENT_RECEIVED)
    await case.until(lambda _: case.world.calls.count("triage.examine_order") == 2)
    told.set()
    assert (await case.closed()).outcome is CaseOutcome.RELEASED


async def test_a_cancelled_order_withdraws_its_question_and_leaves_nothing_behind(open_case: Open) -> None:
    case = await open_case(World(judge=ask_a_person))
    task = await case.task()
    case.world.order = order(version=3, status=OrderStatus.CANCELLED)
    await case.tell(EventType.ORDER_CANCELLED, 3)
    summary = await case.closed()
    assert summary.outcome is CaseOutcome.WITHDRAWN
    assert (await case.state()).tasks[task.task_id].state is TaskState.WITHDRAWN
    assert case.world.effects == {}
    assert case.world.told == []


async def test_a_hold_cleared_in_the_erp_closes_the_case_as_no_longer_held(open_case: Open) -> None:
    case = await open_case(World(judge=ask_a_person))
    await case.task()
    case.world.order = order(version=3, status=OrderStatus.RELEASED)
    await case.tell(EventType.HOLD_CLEARED, 3)
    assert (await case.closed()).outcome is CaseOutcome.NO_LONGER_HELD


async def test_a_second_hold_joins_the_case_and_both_are_released_together(open_case: Open) -> None:
    case = await open_case(World(judge=ask_a_person))
    first = await case.task()
    case.world.order = order(hold("H1"), hold("H2"), version=3)
    await case.tell(EventType.HOLD_PLACED, 3)
    state = await case.until(lambda state: len(state.open_tasks) == 2)
    await case.act(first, Action.APPROVE, "carla")
    await case.until(lambda state: len(state.open_tasks) == 1)
    assert "erp.release_order" not in case.world.calls
    second = next(task for task in state.open_tasks if task.hold_id == "H2")
    await case.act(second, Action.APPROVE, "conrad")
    summary = await case.closed()
    assert [exception.hold_id for exception in summary.exceptions] == ["H1", "H2"]
    assert case.world.calls.count("erp.release_order") == 1
    assert len(case.world.told) == 1


async def test_an_order_changed_while_waiting_is_asked_anew_only_if_the_options_changed(open_case: Open) -> None:
    case = await open_case(World(judge=ask_a_person))
    task = await case.task()
    case.world.order = order(hold(), version=3)
    await case.tell(EventType.ORDER_CHANGED, 3)
    await case.until(lambda state: state.order_version == 3 and state.exceptions["H1"].assessed_version == 3)
    assert (await case.task()).revision == task.revision
    case.world.judge = lambda request: assessment(request, option(RELEASE, write("a"), amount=2000), person=True)
    case.world.order = order(hold(), version=4)
    await case.tell(EventType.ORDER_CHANGED, 4)
    await case.until(lambda state: state.tasks[task.task_id].revision == task.revision + 1)


async def test_facts_that_got_worse_void_the_approval_and_ask_again(open_case: Open) -> None:
    world = World(judge=ask_a_person, recheck_after=timedelta(minutes=1))
    world.stands = lambda now, approved: ("amount grew",)  # noqa: ARG005
    case = await open_case(world)
    task = await case.task()
    await case.let_pass(minutes=5)
    await case.act(task, Action.APPROVE, "carla")
    again = await case.until(lambda state: any(t.task_id != task.task_id for t in state.open_tasks))
    assert world.effects == {}
    assert any(entry.action == "decision void" and "amount grew" in entry.detail for entry in again.audit)
    world.stands = lambda now, approved: ()  # noqa: ARG005
    await case.act(again.open_tasks[0], Action.APPROVE, "conrad")
    assert (await case.closed()).exceptions[0].decided_by == "conrad"


async def test_a_conflict_half_way_undoes_the_steps_and_looks_again(open_case: Open) -> None:
    world = World(judge=lambda r: assessment(r, option(RELEASE, write("a"), write("b"), automatic=True)))
    world.failures["erp.release_order"] = [ApplicationError("order moved", type="CONFLICT", non_retryable=True)]
    case = await open_case(world)
    summary = await case.closed()
    assert summary.outcome is CaseOutcome.RELEASED
    assert world.undone == ["credit.release:b", "credit.release:a"]
    assert world.done == ["credit.release:a", "credit.release:b", "erp.release_order:release_order"]


async def test_a_change_during_execution_is_noticed_before_the_pivot(open_case: Open) -> None:
    world = World(judge=lambda r: assessment(r, option(RELEASE, write("a"), automatic=True)))
    case_holder: list[OpenCase] = []

    async def cancel_meanwhile() -> None:
        world.order = order(version=3, status=OrderStatus.CANCELLED)
        await case_holder[0].tell(EventType.ORDER_CANCELLED, 3)

    world.during_step = cancel_meanwhile
    case = await open_case(world)
    case_holder.append(case)
    summary = await case.closed()
    assert summary.outcome is CaseOutcome.WITHDRAWN
    assert world.done == []
    assert world.undone == ["credit.release:a"]


async def test_a_wait_ends_with_its_event_and_is_not_prolonged_by_looking_again(open_case: Open) -> None:
    def judge(request: AssessRequest) -> Assessment:
        if "cash" in request.waited_for or paid:
            return assessment(request, option(RELEASE, write("a"), automatic=True))
        wait = Wait(
            name="cash",
            until=LONG_AGO.replace(year=2100),
            events=(EventType.PAYMENT_RECEIVED,),
            reason="cash is being applied",
        )
        return assessment(request, option(RELEASE, write("a")), person=True, wait_first=wait)

    paid: list[bool] = []
    case = await open_case(World(judge=judge))
    await case.until(waits)
    paid.append(True)
    await case.tell(EventType.PAYMENT_RECEIVED)
    assert (await case.closed()).touchless


async def test_a_wait_that_runs_out_leads_to_the_question(open_case: Open) -> None:
    def judge(request: AssessRequest) -> Assessment:
        now = request.facts.items[0].read_at
        wait = Wait(name="cash", until=now + timedelta(hours=4), events=(EventType.PAYMENT_RECEIVED,), reason="cash")
        return assessment(
            request,
            option(RELEASE, write("a")),
            person=True,
            wait_first=None if "cash" in request.waited_for else wait,
        )

    case = await open_case(World(judge=judge))
    await case.until(waits)
    await case.let_pass(hours=4, minutes=1)
    await case.act(await case.task(), Action.APPROVE, "carla")
    assert (await case.closed()).outcome is CaseOutcome.RELEASED


async def test_an_option_that_settles_nothing_yet_runs_its_steps_waits_and_is_judged_again(open_case: Open) -> None:
    link = write("link", "create_payment_link", "cancel_payment_link")
    paid: list[bool] = []

    def judge(request: AssessRequest) -> Assessment:
        if paid:
            return assessment(request, option(RELEASE, automatic=True))
        wait = Wait(
            name="link", until=LONG_AGO.replace(year=2100), events=(EventType.PAYMENT_RECEIVED,), reason="payment link"
        )
        return assessment(
            request,
            option("PAY_LINK_WAIT", disposition=Disposition.REASSESS, plan=Plan(steps=(link,), wait=wait)),
            person=True,
        )

    case = await open_case(World(judge=judge))
    await case.act(await case.task(), Action.APPROVE, "carla")
    await case.until(waits)
    assert case.world.done == ["credit.create_payment_link:link"]
    paid.append(True)
    await case.tell(EventType.PAYMENT_RECEIVED)
    assert (await case.closed()).outcome is CaseOutcome.RELEASED
    assert case.world.done == ["credit.create_payment_link:link", "erp.release_order:release_order"]


async def test_an_order_held_again_after_its_release_is_taken_up_again(open_case: Open) -> None:
    case = await open_case(World(follow_until="SHIPPED"))
    await case.until(lambda state: state.released_at is not None)
    case.world.order = order(hold("H2"), version=9)
    await case.tell(EventType.HOLD_PLACED, 9)
    await case.until(lambda state: state.releases == 2)
    await case.tell(EventType.ORDER_SHIPPED, 11)
    summary = await case.closed()
    assert [exception.hold_id for exception in summary.exceptions] == ["H1", "H2"]
    assert len(case.world.told) == 2
