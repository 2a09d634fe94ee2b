"""What people do with questions, in the workflow itself, with the company's policies; every history is replayed."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta

from domain.audit import Anchor, anchor_of
from domain.case import CaseOutcome
from domain.tasks import Action, ApprovalOutcome, TaskState
from tests.approvals.world import PolicyWorld
from tests.orders import hold, order
from tests.workflow.conftest import OpenCase
from tests.workflow.server import let_pass
from tests.workflow.test_questions import refused
from tests.workflow.world import World

Open = Callable[[World], Awaitable[OpenCase]]


async def test_three_levels_release_the_order_in_the_name_of_the_last(open_case: Open) -> None:
    case = await open_case(PolicyWorld(amount=700_000, asked="cfo"))
    await case.act(await case.task("credit_manager"), Action.APPROVE, "bob.tanaka")
    controller = await case.task("controller")
    state = await case.state()
    assert await (await case.handle.describe()).memo_value("audit", type_hint=Anchor) == anchor_of(state)
    assert await refused(case.act(controller, Action.APPROVE, "bob.tanaka")) == "SEGREGATION"
    await case.act(controller, Action.APPROVE, "dan.weber", on_behalf_of="carol.singh")
    cfo = await case.task("cfo")
    assert await refused(case.act(cfo, Action.APPROVE, "dan.weber")) == "SEGREGATION"
    await case.act(cfo, Action.APPROVE, "erin.okafor")
    summary = await case.closed()
    assert (summary.outcome, summary.exceptions[0].decided_by) == (CaseOutcome.RELEASED, "erin.okafor")
    decision = (await case.state()).settled[0].decision
    assert decision is not None
    assert [(each.subject, each.on_behalf_of) for each in decision.approvals] == [
        ("bob.tanaka", None),
        ("dan.weber", "carol.singh"),
        ("erin.okafor", None),
    ]
    assert [(notice.kind, notice.role) for notice in case.world.notices] == [
        ("ASKED", "credit_manager"),
        ("ASKED", "controller"),
        ("ASKED", "cfo"),
    ]


async def test_the_clock_stands_still_while_information_is_awaited_and_then_goes_on(open_case: Open) -> None:
    case = await open_case(PolicyWorld(order=order(hold()).model_copy(update={"entered_by": "oskar"})))
    task = await case.task()
    await case.act(task, Action.CLAIM, "bob.tanaka")
    await case.act(task, Action.ASK, "bob.tanaka", comment="why so much?")
    paused = await case.task()
    assert paused.state is TaskState.INFO_REQUESTED
    assert paused.reminders_sent == 0
    await let_pass(case.environment, timedelta(hours=7))
    assert await refused(case.act(paused, Action.APPROVE, "bob.tanaka")) == "CONFLICT"
    await case.act(paused, Action.ANSWER, "oskar", comment="a framework contract")
    running = await case.task()
    moved = running.deadlines.expires_at - task.deadlines.expires_at
    assert timedelta(hours=7) <= moved < timedelta(hours=7, minutes=5)
    assert running.reminders_sent == 0
    told = [(notice.kind, notice.people) for notice in case.world.notices]
    assert told == [("ASKED", ()), ("ENQUIRY", ("oskar",)), ("ANSWERED", ("bob.tanaka",))]
    await case.act(running, Action.APPROVE, "bob.tanaka")
    assert (await case.closed()).outcome is CaseOutcome.RELEASED


async def test_an_enquiry_that_nobody_answers_ends_by_itself_before_anything_else_is_due(open_case: Open) -> None:
    case = await open_case(PolicyWorld())
    task = await case.task()
    await case.act(task, Action.CLAIM, "bob.tanaka")
    await case.act(task, Action.ASK, "bob.tanaka", comment="why?")
    await let_pass(case.environment, timedelta(hours=8, minutes=1))
    running = await case.task()
    assert (running.state, running.owner) == (TaskState.RESERVED, "bob.tanaka")
    assert running.deadlines.expires_at - task.deadlines.expires_at >= timedelta(hours=8)
    await case.act(running, Action.REJECT, "bob.tanaka", reason_code="NO_ANSWER")
    assert (await case.closed()).outcome is CaseOutcome.ORDER_CANCELLED


async def test_handing_on_forwarding_and_putting_off(open_case: Open) -> None:
    case = await open_case(PolicyWorld())
    task = await case.task()
    await case.act(task, Action.CLAIM, "bob.tanaka")
    await case.act(task, Action.DELEGATE, "bob.tanaka", to="maya.patel")
    await case.act(task, Action.EXTEND, "wanda.ortiz")
    later = await case.task()
    assert later.deadlines.expires_at - task.deadlines.expires_at == timedelta(hours=4)
    await case.act(task, Action.FORWARD, "maya.patel", role="controller")
    forwarded = await case.task("controller")
    assert await refused(case.act(forwarded, Action.APPROVE, "maya.patel")) == "FORBIDDEN"
    await case.act(forwarded, Action.REASSIGN, "wanda.ortiz", to="carol.singh")
    await case.act(forwarded, Action.APPROVE, "carol.singh")
    assert (await case.closed()).exceptions[0].decided_by == "carol.singh"


async def test_the_requester_gives_the_order_up_and_policy_ends_it(open_case: Open) -> None:
    case = await open_case(PolicyWorld(order=order(hold()).model_copy(update={"entered_by": "oskar"})))
    task = await case.task()
    assert await refused(case.act(task, Action.APPROVE, "oskar")) == "SEGREGATION"
    await case.act(task, Action.WITHDRAW, "oskar")
    summary = await case.closed()
    assert (summary.outcome, summary.exceptions[0].decided_by) == (CaseOutcome.ORDER_CANCELLED, "system:policy")
    decision = (await case.state()).settled[0].decision
    assert decision is not None
    assert decision.outcome is ApprovalOutcome.RECALLED


async def test_silence_carries_the_approvals_that_there_are_to_the_next_role(open_case: Open) -> None:
    case = await open_case(PolicyWorld(amount=700_000, asked="cfo"))
    await case.act(await case.task("credit_manager"), Action.APPROVE, "bob.tanaka")
    await let_pass(case.environment, timedelta(hours=24, minutes=1))
    passed_on = await case.task("cfo")
    assert (passed_on.level, [each.subject for each in passed_on.approvals]) == (1, ["bob.tanaka"])
    assert await refused(case.act(passed_on, Action.APPROVE, "carol.singh")) == "FORBIDDEN"
    await case.act(passed_on, Action.APPROVE, "dan.weber")
    last = await case.task("cfo")
    assert await refused(case.act(last, Action.APPROVE, "dan.weber")) == "SEGREGATION"
    await case.act(last, Action.APPROVE, "erin.okafor")
    assert (await case.closed()).exceptions[0].decided_by == "erin.okafor"


async def test_silence_leaves_a_question_where_it_is_when_the_next_in_line_has_filled_a_level(open_case: Open) -> None:
    """It went to the president, who had approved for the controller, and nobody at all could decide it any more."""
    case = await open_case(PolicyWorld(amount=700_000, asked="cfo"))
    await case.act(await case.task("credit_manager"), Action.APPROVE, "bob.tanaka")
    await case.act(await case.task("controller"), Action.APPROVE, "erin.okafor")
    first = await case.task("cfo")
    await let_pass(case.environment, timedelta(hours=24, minutes=1))
    again = await case.task("cfo")
    assert (again.level, again.task_id) != (first.level, first.task_id)
    await case.act(again, Action.APPROVE, "dan.weber")
    assert (await case.closed()).exceptions[0].decided_by == "dan.weber"


async def test_after_the_deadline_the_question_is_another_roles_and_the_old_one_takes_no_answer(
    open_case: Open,
) -> None:
    case = await open_case(PolicyWorld())
    task = await case.task()
    await let_pass(case.environment, task.deadlines.expires_at - await case.environment.get_current_time())
    expired = (await case.until(lambda seen: "T2" in seen.tasks)).tasks["T2"]
    assert await refused(case.act(task, Action.APPROVE, "bob.tanaka")) == "EXPIRED"
    await case.act(expired, Action.APPROVE, "carol.singh")
    await case.closed()


async def test_approve_against_reject_one_wins_and_the_other_is_told_who(open_case: Open) -> None:
    world = PolicyWorld()
    world.follow_until = "SHIPPED"
    case = await open_case(world)
    task = await case.task()
    outcomes = await asyncio.gather(
        case.act(task, Action.APPROVE, "bob.tanaka"),
        case.act(task, Action.REJECT, "maya.patel", reason_code="NO"),
        return_exceptions=True,
    )
    [lost] = [outcome for outcome in outcomes if isinstance(outcome, BaseException)]
    decision = (await case.state()).tasks[task.task_id].decision
    assert decision is not None
    assert decision.decided_by in str(lost.__cause__ or lost)
