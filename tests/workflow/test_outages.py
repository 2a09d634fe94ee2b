"""Systems that stay silent or refuse: visible at once, borne with, and in the end a person's business."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import timedelta

import pytest
from temporalio.exceptions import ApplicationError

from domain.assessment import Assessment
from domain.calls import AssessRequest
from domain.case import CaseOutcome
from domain.events import EventType
from domain.facts.fact import FactRequest
from domain.order import HoldClass, OrderStatus
from domain.tasks import Action, TaskKind, TaskState
from tests.orders import hold, order
from tests.workflow.conftest import OpenCase
from tests.workflow.test_questions import ask_a_person, refused
from tests.workflow.world import RELEASE, World, assessment, option, write
from workflows.board import state_of

Open = Callable[[World], Awaitable[OpenCase]]


def silent(times: int) -> list[BaseException]:
    return [ApplicationError("credit answers 503", type="TRANSIENT") for _ in range(times)]


async def test_a_passing_failure_is_retried_until_the_system_is_back(open_case: Open) -> None:
    world = World()
    world.failures["credit.position"] = silent(4)
    case = await open_case(world)
    summary = await case.closed()
    assert summary.outcome is CaseOutcome.RELEASED
    assert world.calls.count("credit.position") == 5
    actions = [entry.action for entry in (await case.state()).audit]
    assert actions.count("unreachable") == 1
    assert actions.count("no longer retried") == 1


async def test_an_outage_shows_the_system_since_when_and_the_next_try_after_the_first_failure(open_case: Open) -> None:
    world = World()
    world.failures["credit.position"] = silent(10_000)
    case = await open_case(world)
    state = await case.until(lambda state: bool(state.outages))
    outage = state.outages["H1/credit.position"]
    assert (outage.system, outage.attempt, outage.kind) == ("credit", 1, "TRANSIENT")
    assert outage.next_try_at > outage.since
    assert state_of(state) == "RETRYING"
    world.failures["credit.position"].clear()
    await case.closed()


async def test_retry_after_is_obeyed(open_case: Open) -> None:
    world = World()
    wait = timedelta(seconds=90)
    world.failures["credit.position"] = [ApplicationError("busy", type="TRANSIENT", next_retry_delay=wait)]
    case = await open_case(world)
    state = await case.until(lambda state: bool(state.outages))
    outage = state.outages["H1/credit.position"]
    assert outage.next_try_at - outage.since == wait
    await case.closed()


async def outlast(world: World, activity: str, case: OpenCase, times: int = 10_000) -> None:
    """Let the policy's patience pass while the system stays silent."""
    await case.until(lambda state: bool(state.outages))
    await case.let_pass(minutes=11)
    assert len(world.failures[activity]) < times


async def test_past_the_threshold_a_person_is_asked_while_the_retry_goes_on(open_case: Open) -> None:
    world = World()
    world.failures["credit.position"] = silent(10_000)
    case = await open_case(world)
    await outlast(world, "credit.position", case)
    task = await case.task("integration_oncall")
    assert (task.kind, task.choices) == (TaskKind.OUTAGE, ("KEEP_WAITING", "ENTER_BY_HAND"))
    world.failures["credit.position"].clear()
    summary = await case.closed()
    assert summary.outcome is CaseOutcome.RELEASED
    assert (await case.state()).tasks[task.task_id].state is TaskState.WITHDRAWN


async def test_a_person_may_enter_the_missing_fact_by_hand(open_case: Open) -> None:
    world = World()
    world.failures["credit.position"] = silent(10_000)
    case = await open_case(world)
    await outlast(world, "credit.position", case)
    task = await case.task("integration_oncall")
    bad = case.act(task, Action.APPROVE, "irene", option="ENTER_BY_HAND", adjustments={"value": "no json"})
    assert await refused(bad) == "INVALID"
    await case.act(task, Action.APPROVE, "irene", option="ENTER_BY_HAND", adjustments={"value": '{"limit": "5"}'})
    await case.closed()
    fact = (await case.state()).settled[0].facts["credit"]
    assert (fact.value, fact.entered_by) == ({"limit": "5"}, "irene")


async def test_an_optional_fact_may_be_gone_without(open_case: Open) -> None:
    world = World(fact_requests=(FactRequest(name="credit", system="credit", operation="position", optional=True),))
    world.failures["credit.position"] = silent(10_000)
    case = await open_case(world)
    await outlast(world, "credit.position", case)
    await case.act(await case.task("integration_oncall"), Action.APPROVE, "irene", option="FALL_BACK")
    await case.closed()
    assert (await case.state()).settled[0].facts["credit"].value is None


async def test_a_final_refusal_goes_to_a_person_and_is_never_repeated_by_itself(open_case: Open) -> None:
    world = World()
    world.failures["credit.position"] = [ApplicationError("no such customer", type="NOT_FOUND", non_retryable=True)]
    case = await open_case(world)
    task = await case.task("integration_oncall")
    assert task.kind is TaskKind.REPAIR
    assert world.calls.count("credit.position") == 1
    await case.act(task, Action.APPROVE, "irene", option="RETRY")
    assert (await case.closed()).outcome is CaseOutcome.RELEASED


async def test_a_write_whose_outcome_is_unknown_is_looked_for_and_has_one_effect(open_case: Open) -> None:
    world = World()

    async def commit_and_fail() -> None:
        world.lose_answers = 1

    world.during_step = commit_and_fail
    summary = await (await open_case(world)).closed()
    assert summary.outcome is CaseOutcome.RELEASED
    assert world.done == ["credit.release:a", "erp.release_order:release_order"]
    assert "credit.release read back" in world.calls


async def test_a_plan_given_up_is_undone_and_asked_of_who_may_decide_it(open_case: Open) -> None:
    """Whoever looks after systems gives the plan up; which way the order goes instead is not theirs to say."""
    world = World(judge=lambda r: assessment(r, option(RELEASE, write("a"), write("b"), automatic=True)))
    refusal = ApplicationError("no", type="VALIDATION", non_retryable=True)
    case = await open_case_with_refused_second_step(open_case, world, refusal)
    task = await case.task("integration_oncall")
    await case.act(task, Action.APPROVE, "irene", option="GIVE_UP")
    again = await case.until(lambda state: any(t.kind is TaskKind.RESOLUTION for t in state.open_tasks))
    assert world.done == []
    assert again.open_tasks[0].role == "credit_manager"
    await case.act(again.open_tasks[0], Action.APPROVE, "carla", option=RELEASE)
    assert (await case.closed()).exceptions[0].decided_by == "carla"


async def open_case_with_refused_second_step(open_case: Open, world: World, refusal: BaseException) -> OpenCase:
    async def refuse_the_next() -> None:
        world.refuse_steps["b"] = refusal

    world.during_step = refuse_the_next
    return await open_case(world)


async def test_a_step_done_by_hand_counts_as_done(open_case: Open) -> None:
    world = World(judge=lambda r: assessment(r, option(RELEASE, write("a"), write("b"), automatic=True)))
    refusal = ApplicationError("no", type="VALIDATION", non_retryable=True)
    case = await open_case_with_refused_second_step(open_case, world, refusal)
    await case.act(await case.task("integration_oncall"), Action.APPROVE, "irene", option="DONE_BY_HAND")
    assert (await case.closed()).outcome is CaseOutcome.RELEASED
    assert world.done == ["credit.release:a", "erp.release_order:release_order"]


async def test_a_silent_notifier_holds_up_neither_the_question_nor_the_decision(open_case: Open) -> None:
    world = World(judge=ask_a_person, follow_until="SHIPPED")
    world.failures["notification.notify_role"] = [ApplicationError("mail is down", type="TRANSIENT")] * 10_000
    case = await open_case(world)
    await case.act(await case.task(), Action.APPROVE, "carla")
    await case.until(lambda state: state.released_at is not None)


async def test_an_assessment_that_fails_goes_to_a_person_and_is_made_again(open_case: Open) -> None:
    broken = [True]

    def judge(request: AssessRequest) -> Assessment:
        if broken:
            broken.clear()
            raise ApplicationError("no rule table", type="VALIDATION", non_retryable=True)
        return assessment(request, option(RELEASE, automatic=True))

    case = await open_case(World(judge=judge))
    await case.act(await case.task("integration_oncall"), Action.APPROVE, "irene", option="RETRY")
    assert (await case.closed()).outcome is CaseOutcome.RELEASED


@pytest.mark.parametrize("kind", ["OUTAGE", "REPAIR"])
async def test_questions_of_operation_cannot_be_adjusted(open_case: Open, kind: str) -> None:
    world = World()
    final = ApplicationError("gone", type="NOT_FOUND", non_retryable=True)
    world.failures["credit.position"] = silent(10_000) if kind == "OUTAGE" else [final]
    case = await open_case(world)
    if kind == "OUTAGE":
        await outlast(world, "credit.position", case)
    task = await case.task("integration_oncall")
    assert await refused(case.act(task, Action.ADJUST, "irene", adjustments={"x": "1"})) == "INVALID"
    world.failures["credit.position"].clear()


async def test_a_cancelled_order_is_let_go_although_a_system_is_silent_before_the_plan_begins(open_case: Open) -> None:
    """The decision cannot be held against fresh facts, and need not be any more."""
    world = World(judge=ask_a_person, recheck_after=timedelta(0))
    case = await open_case(world)
    task = await case.task()
    world.failures["credit.position"] = silent(10_000)
    await case.act(task, Action.APPROVE, "carla")
    await case.until(lambda state: bool(state.outages))
    world.order = order(version=9, status=OrderStatus.CANCELLED)
    await case.tell(EventType.ORDER_CANCELLED, 9)
    await case.until(lambda state: state.outcome is CaseOutcome.WITHDRAWN)
    assert world.done == []


async def test_a_hold_that_our_rules_cannot_decide_is_a_persons_business_at_once(open_case: Open) -> None:
    """While another hold is asked about. The other goes on: it is answered, and waits only for the mended one."""
    mended = False

    def judge(request: AssessRequest) -> Assessment:
        if request.hold.hold_id == "H1":
            return assessment(request, option(RELEASE, write("a"), automatic=True), person=mended)
        return ask_a_person(request)

    world = World(order=order(hold("H1", HoldClass.HARD), hold("H2")), judge=judge)
    case = await open_case(world)
    repair = await case.task("integration_oncall")
    assert (repair.kind, repair.hold_id) == (TaskKind.REPAIR, "H1")
    await case.act(await case.task(), Action.APPROVE, "carla")
    mended = True
    await case.act(repair, Action.APPROVE, "irene")
    await case.act(await case.task(), Action.APPROVE, "conrad")
    assert (await case.closed()).outcome is CaseOutcome.RELEASED
