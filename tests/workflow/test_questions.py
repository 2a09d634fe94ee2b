"""Questions to people: answered, reminded, escalated, expired."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest
from temporalio.client import WorkflowUpdateFailedError
from temporalio.exceptions import ApplicationError

from domain.assessment import Assessment, Disposition
from domain.calls import AssessRequest, NoticeKind
from domain.case import CaseOutcome
from domain.order import HoldClass
from domain.tasks import Action, ApprovalOutcome, ExpiryDefault, TaskRequest, TaskState
from tests.orders import hold, order
from tests.signatures import signed
from tests.workflow.conftest import OpenCase
from tests.workflow.world import REJECT, RELEASE, World, assessment, option, usd, write

Open = Callable[[World], Awaitable[OpenCase]]


def ask_a_person(request: AssessRequest) -> Assessment:
    amount = int(request.adjustments.get(RELEASE, {}).get("amount", 1000))
    return assessment(
        request,
        option(RELEASE, write("a"), amount=amount),
        option(REJECT, disposition=Disposition.CANCEL_ORDER),
        person=True,
    )


async def refused(attempt: Awaitable[object]) -> str:
    """The type of the refusal that an attempt meets."""
    with pytest.raises(WorkflowUpdateFailedError) as caught:
        await attempt
    assert isinstance(caught.value.cause, ApplicationError)
    return str(caught.value.cause.type)


async def test_an_approval_releases_the_order_in_the_name_of_the_approver(open_case: Open) -> None:
    case = await open_case(World(judge=ask_a_person))
    receipt = await case.act(await case.task(), Action.APPROVE, "carla")
    assert receipt.task_state is TaskState.DONE
    summary = await case.closed()
    assert summary.outcome is CaseOutcome.RELEASED
    assert not summary.touchless
    assert summary.exceptions[0].decided_by == "carla"
    assert case.world.done == ["credit.release:a", "erp.release_order:release_order"]


async def test_a_rejection_does_what_the_table_says_and_no_more(open_case: Open) -> None:
    case = await open_case(World(judge=ask_a_person))
    await case.act(await case.task(), Action.REJECT, "carla", reason_code="TOO_RISKY")
    summary = await case.closed()
    assert summary.outcome is CaseOutcome.ORDER_CANCELLED
    assert case.world.done == ["erp.cancel_order:cancel_order"]
    assert [notice.outcome for notice in case.world.told] == ["ORDER_CANCELLED"]


async def test_an_adjusted_option_is_assessed_again_and_asked_as_a_new_revision(open_case: Open) -> None:
    case = await open_case(World(judge=ask_a_person))
    task = await case.task()
    await case.act(task, Action.ADJUST, "carla", option=RELEASE, adjustments={"amount": "700"}, reason_code="LESS")
    adjusted = await case.task()
    assert (adjusted.revision, adjusted.amount) == (2, usd(700))
    assert await refused(case.act(task, Action.APPROVE, "carla")) == "STALE"
    await case.act(adjusted, Action.APPROVE, "carla")
    await case.closed()
    state = await case.state()
    decision = state.settled[0].decision
    assert decision is not None
    assert (decision.outcome, decision.amount) == (ApprovalOutcome.APPROVED_WITH_CHANGES, usd(700))


@pytest.mark.parametrize(
    ("more", "refusal"),
    [
        ({"actor": "clerk"}, "FORBIDDEN"),
        ({"actor": "erin"}, "SEGREGATION"),
        ({"actor": "carla", "task_id": "T9"}, "NOT_FOUND"),
        ({"actor": "carla", "task_revision": 7}, "STALE"),
        ({"actor": "carla", "option": "GIVE_IT_AWAY"}, "INVALID"),
        ({"actor": "carla", "action": Action.REJECT}, "INVALID"),
    ],
)
async def test_a_refused_request_is_typed_and_changes_nothing(
    open_case: Open, more: dict[str, object], refusal: str
) -> None:
    case = await open_case(World(judge=ask_a_person))
    task = await case.task()
    before = await case.state()
    assert await refused(case.act(task, **{"action": Action.APPROVE, "actor": "carla", **more})) == refusal  # type: ignore[arg-type]
    after = await case.state()
    assert after.tasks == before.tasks
    assert case.world.effects == {}


async def test_of_many_approvers_one_wins_and_the_others_are_told_who(open_case: Open) -> None:
    case = await open_case(World(judge=ask_a_person, follow_until="SHIPPED"))
    task = await case.task()
    attempts = [
        case.act(task, Action.APPROVE, actor, comment=f"{n}") for n, actor in enumerate(["carla", "conrad"] * 10)
    ]
    outcomes = await asyncio.gather(*attempts, return_exceptions=True)
    lost = [outcome for outcome in outcomes if isinstance(outcome, WorkflowUpdateFailedError)]
    assert len(lost) == len(outcomes) - 1
    state = await case.state()
    winner = state.tasks[task.task_id].decision
    assert winner is not None
    assert all(winner.decided_by in str(loser.cause) for loser in lost)


async def test_the_same_decision_sent_again_has_the_same_answer(open_case: Open) -> None:
    case = await open_case(World(judge=ask_a_person, follow_until="SHIPPED"))
    task = await case.task()
    first = await case.act(task, Action.APPROVE, "carla")
    assert await case.act(task, Action.APPROVE, "carla") == first
    assert case.world.calls.count("erp.release_order") <= 1


async def test_a_claimed_task_is_its_owners_until_it_is_given_back(open_case: Open) -> None:
    case = await open_case(World(judge=ask_a_person))
    task = await case.task()
    await case.act(task, Action.CLAIM, "carla")
    assert await refused(case.act(task, Action.APPROVE, "conrad")) == "CONFLICT"
    await case.act(task, Action.RELEASE_CLAIM, "carla")
    await case.act(task, Action.APPROVE, "conrad")
    assert (await case.closed()).exceptions[0].decided_by == "conrad"


async def test_a_comment_stays_with_the_task_and_decides_nothing(open_case: Open) -> None:
    case = await open_case(World(judge=ask_a_person))
    task = await case.task()
    await case.act(task, Action.COMMENT, "carla", comment="called them")
    state = await case.state()
    assert [comment.text for comment in state.tasks[task.task_id].comments] == ["called them"]
    assert state.tasks[task.task_id].decision is None


async def test_a_signalled_decision_passes_the_same_gate(open_case: Open) -> None:
    case = await open_case(World(judge=ask_a_person))
    task = await case.task()
    request = TaskRequest(task_id=task.task_id, task_revision=1, action=Action.APPROVE, actor="clerk")
    await case.handle.signal("decision", signed(request))
    state = await case.until(lambda case: any(entry.action == "refused" for entry in case.audit))
    assert state.tasks[task.task_id].decision is None
    await case.handle.signal("decision", signed(request.model_copy(update={"actor": "carla"})))
    assert (await case.closed()).exceptions[0].decided_by == "carla"


async def test_silence_is_reminded_escalated_and_at_last_settled_by_the_table(open_case: Open) -> None:
    world = World(
        judge=ask_a_person,
        reminders=(120, 180, 216),
        escalate_after=192,
        at_expiry=ExpiryDefault(option=RELEASE, max_amount=usd(5000), ask_role="controller"),
    )
    summary = await (await open_case(world)).closed()
    assert summary.exceptions[0].decided_by == "system:sla"
    assert summary.outcome is CaseOutcome.RELEASED
    kinds = [(notice.kind, notice.role) for notice in world.notices]
    assert kinds == [
        (NoticeKind.ASKED, "credit_manager"),
        (NoticeKind.REMINDER, "credit_manager"),
        (NoticeKind.REMINDER, "credit_manager"),
        (NoticeKind.ESCALATED, "controller"),
        (NoticeKind.REMINDER, "controller"),
        (NoticeKind.EXPIRED, "controller"),
    ]
    assert len({notice.message_id for notice in world.notices}) == len(kinds)


async def test_silence_never_releases_above_the_tables_amount(open_case: Open) -> None:
    world = World(
        judge=ask_a_person, at_expiry=ExpiryDefault(option=RELEASE, max_amount=usd(999), ask_role="controller")
    )
    case = await open_case(world)
    await case.let_pass(minutes=241)
    task = await case.task("controller")
    assert task.level == 1
    assert world.effects == {}
    await case.act(task, Action.APPROVE, "conrad")
    assert (await case.closed()).exceptions[0].decided_by == "conrad"


async def test_silence_never_releases_a_hard_hold(open_case: Open) -> None:
    world = World(
        order=order(hold(hold_class=HoldClass.HARD)),
        judge=ask_a_person,
        at_expiry=ExpiryDefault(option=RELEASE, max_amount=usd(5000), ask_role="controller"),
    )
    case = await open_case(world)
    await case.let_pass(minutes=241)
    assert (await case.task("controller")).decision is None
    assert world.effects == {}


async def test_a_decision_after_the_deadline_is_refused_as_expired(open_case: Open) -> None:
    world = World(
        judge=ask_a_person, at_expiry=ExpiryDefault(option=REJECT, max_amount=usd(5000), ask_role="controller")
    )
    world.follow_until = "RELEASED"
    case = await open_case(world)
    task = await case.task()
    await case.let_pass(minutes=239)
    await case.act(task, Action.CLAIM, "carla")
    summary = await case.closed()
    assert summary.outcome is CaseOutcome.ORDER_CANCELLED
    assert summary.exceptions[0].decided_by == "system:sla"


async def test_an_unknown_signal_is_quarantined_and_the_next_decision_works(open_case: Open) -> None:
    case = await open_case(World(judge=ask_a_person))
    task = await case.task()
    await case.handle.signal("make_it_so", "now")
    state = await case.until(lambda case: case.quarantined == 1)
    assert state.outcome is None
    await case.act(task, Action.APPROVE, "carla")
    await case.closed()
