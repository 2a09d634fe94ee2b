"""What people may do with a question, on paper: segregation, substitution, handing on, the clock."""

from __future__ import annotations

from datetime import timedelta

import pytest
from temporalio.exceptions import ApplicationError

from domain.calls import ReleaseResolution
from domain.tasks import Action, ApprovalOutcome, TaskState
from tests.approvals.paper import REJECT, asked, large

HOUR = timedelta(hours=1)


@pytest.mark.parametrize("who", ["bob.tanaka", "carol.singh", "erin.okafor", "adam.stone", "BOB.TANAKA"])
def test_exclusion_beats_role_claim_delegation_substitution_and_administration(who: str) -> None:
    case = asked(requesters=("edi", who))
    subject = who.lower()
    for action, more in (
        (Action.APPROVE, {}),
        (Action.ADJUST, {"adjustments": {"amount": "1"}, "reason_code": "R"}),
        (Action.REJECT, {"reason_code": "R"}),
        (Action.CLAIM, {}),
        (Action.EXTEND, {}),
        (Action.REASSIGN, {"to": "maya.patel"}),
    ):
        assert case.refusal(action, subject, **more) == "SEGREGATION", action
    case.act(Action.CLAIM, "maya.patel")
    assert case.refusal(Action.DELEGATE, "maya.patel", to=subject) == "SEGREGATION"
    assert case.refusal(Action.REASSIGN, "wanda.ortiz", to=subject) == "SEGREGATION"
    case.act(Action.COMMENT, subject, comment="please")


def test_either_ones_exclusion_counts_for_a_substitute() -> None:
    assert (
        asked(requesters=("carol.singh",)).refusal(Action.APPROVE, "dan.weber", on_behalf_of="carol.singh")
        == "SEGREGATION"
    )
    assert (
        asked(requesters=("dan.weber",)).refusal(Action.APPROVE, "dan.weber", on_behalf_of="carol.singh")
        == "SEGREGATION"
    )


def test_a_substitute_acts_as_himself_for_the_other_with_the_lower_limit_of_both() -> None:
    case = asked(20_000)
    case.act(Action.APPROVE, "alice.moreno", on_behalf_of="bob.tanaka")
    decision = case.task.decision
    assert decision is not None
    assert (decision.decided_by, decision.on_behalf_of, decision.role) == (
        "alice.moreno",
        "bob.tanaka",
        "credit_manager",
    )
    kept = ReleaseResolution.of("H1", "a good customer", decision)
    assert (kept.decided_by, kept.on_behalf_of) == ("alice.moreno", "bob.tanaka"), "the ERP keeps both"
    assert asked(100_000).refusal(Action.APPROVE, "alice.moreno", on_behalf_of="bob.tanaka") == "LIMIT"


@pytest.mark.parametrize(
    ("who", "absent"),
    [
        ("maya.patel", "bob.tanaka"),  # nobody named her
        ("carol.singh", "bob.tanaka"),  # it is over
        ("erin.okafor", "dan.weber"),  # for prices only
        ("alice.moreno", "carol.singh"),  # a substitute of a substitute is none
        ("dan.weber", "mallory"),
    ],
)
def test_nobody_stands_in_without_a_row_that_says_so(who: str, absent: str) -> None:
    assert asked(20_000).refusal(Action.APPROVE, who, on_behalf_of=absent) == "FORBIDDEN"


def test_delegating_gives_the_claim_to_somebody_who_may_decide() -> None:
    case = asked()
    assert case.refusal(Action.DELEGATE, "bob.tanaka", to="carol.singh") == "CONFLICT"
    case.act(Action.CLAIM, "bob.tanaka")
    assert case.refusal(Action.DELEGATE, "bob.tanaka", to="jack.novak") == "FORBIDDEN"
    assert case.refusal(Action.DELEGATE, "bob.tanaka", to="mallory") == "INVALID"
    assert case.refusal(Action.DELEGATE, "bob.tanaka", to="bob.tanaka") == "INVALID"
    case.act(Action.DELEGATE, "bob.tanaka", to="maya.patel", comment="you know them")
    assert (case.task.owner, case.task.state) == ("maya.patel", TaskState.RESERVED)
    assert case.refusal(Action.APPROVE, "bob.tanaka") == "CONFLICT"
    case.act(Action.APPROVE, "maya.patel")


def test_a_ring_of_delegates_is_refused() -> None:
    case = asked()
    case.act(Action.CLAIM, "bob.tanaka")
    case.act(Action.DELEGATE, "bob.tanaka", to="maya.patel")
    case.act(Action.DELEGATE, "maya.patel", to="carol.singh")
    assert case.refusal(Action.DELEGATE, "carol.singh", to="bob.tanaka") == "SEGREGATION"
    assert case.refusal(Action.DELEGATE, "carol.singh", to="maya.patel") == "SEGREGATION"
    case.act(Action.DELEGATE, "carol.singh", to="dan.weber")


def test_nothing_is_delegated_to_a_limit_that_does_not_cover_it() -> None:
    case = asked(400_000, "controller")
    case.act(Action.CLAIM, "dan.weber")
    assert case.refusal(Action.DELEGATE, "dan.weber", to="bob.tanaka") == "FORBIDDEN"
    beyond = asked(300_000, "credit_manager")
    beyond.act(Action.CLAIM, "carol.singh")
    assert beyond.refusal(Action.DELEGATE, "carol.singh", to="bob.tanaka") == "LIMIT"


def test_forwarding_puts_it_to_a_role_that_may_decide_it() -> None:
    case = asked()
    case.act(Action.CLAIM, "bob.tanaka")
    assert case.refusal(Action.FORWARD, "bob.tanaka", role="sales_manager") == "FORBIDDEN"
    assert case.refusal(Action.FORWARD, "bob.tanaka", role="nobody") == "INVALID"
    assert case.refusal(Action.FORWARD, "bob.tanaka", role="credit_manager") == "INVALID"
    case.act(Action.FORWARD, "bob.tanaka", role="controller")
    assert (case.task.role, case.task.owner, case.task.state) == ("controller", None, TaskState.READY)
    assert case.refusal(Action.APPROVE, "maya.patel") == "FORBIDDEN"
    case.act(Action.CLAIM, "carol.singh")
    case.act(Action.FORWARD, "carol.singh", role="credit_manager")
    case.act(Action.APPROVE, "maya.patel")


def test_an_administrator_reassigns_and_puts_off_once_and_decides_only_as_a_candidate() -> None:
    case = asked()
    case.act(Action.CLAIM, "bob.tanaka")
    before = case.task.deadlines.expires_at
    assert case.refusal(Action.EXTEND, "bob.tanaka") == "FORBIDDEN"
    case.act(Action.EXTEND, "wanda.ortiz")
    assert case.task.deadlines.expires_at == before + 4 * HOUR
    assert case.refusal(Action.EXTEND, "wanda.ortiz", comment="again") == "INVALID"
    assert case.refusal(Action.EXTEND, "adam.stone") == "INVALID"
    assert case.refusal(Action.REASSIGN, "wanda.ortiz", to="jack.novak") == "FORBIDDEN"
    case.act(Action.REASSIGN, "wanda.ortiz", to="maya.patel")
    assert case.task.owner == "maya.patel"
    case.act(Action.REASSIGN, "wanda.ortiz", role="controller")
    assert case.refusal(Action.APPROVE, "wanda.ortiz") == "FORBIDDEN"
    case.act(Action.APPROVE, "adam.stone")


def test_an_auditor_reads_and_no_more() -> None:
    case = asked()
    for action, more in (
        (Action.APPROVE, {}),
        (Action.CLAIM, {}),
        (Action.COMMENT, {"comment": "hm"}),
        (Action.EXTEND, {}),
        (Action.WITHDRAW, {}),
    ):
        assert case.refusal(action, "yuri.lang", **more) == "FORBIDDEN"


def test_the_requester_comments_answers_and_withdraws_but_never_decides() -> None:
    case = asked(requesters=("oskar",))
    case.act(Action.COMMENT, "oskar", comment="they paid yesterday")
    assert case.refusal(Action.WITHDRAW, "bob.tanaka") == "FORBIDDEN"
    case.act(Action.WITHDRAW, "oskar")
    decision = case.task.decision
    assert decision is not None
    assert case.task.state is TaskState.WITHDRAWN
    assert (decision.outcome, decision.option, decision.decided_by) == (
        ApprovalOutcome.RECALLED,
        REJECT,
        "system:policy",
    )
    assert not decision.by_person


def test_asking_for_information_stops_the_clock_until_the_answer() -> None:
    case = asked(requesters=("oskar",))
    before = case.task.deadlines
    case.pass_time(HOUR)
    assert case.refusal(Action.ASK, "bob.tanaka", comment="why?") == "CONFLICT"
    case.act(Action.CLAIM, "bob.tanaka")
    case.act(Action.ASK, "bob.tanaka", comment="why so much?", to="frank.rossi")
    assert (case.task.state, case.task.due_at) == (TaskState.INFO_REQUESTED, case.now + 8 * HOUR)
    assert case.refusal(Action.APPROVE, "bob.tanaka") == "CONFLICT"
    assert case.refusal(Action.ANSWER, "jack.novak", comment="no idea") == "FORBIDDEN"
    case.pass_time(5 * HOUR)
    case.act(Action.ANSWER, "frank.rossi", comment="a framework contract")
    assert (case.task.state, case.task.owner) == (TaskState.RESERVED, "bob.tanaka")
    assert case.task.deadlines.expires_at == before.expires_at + 5 * HOUR
    assert case.task.consumed == HOUR
    [enquiry] = case.task.enquiries
    assert (enquiry.answered_by, enquiry.answer) == ("frank.rossi", "a framework contract")
    case.act(Action.APPROVE, "bob.tanaka")
    assert case.notices.told[-2:] == [("ENQUIRY", "oskar, frank.rossi"), ("ANSWERED", "bob.tanaka")]


def test_without_an_answer_the_clock_goes_on_by_itself_and_not_for_ever() -> None:
    case = asked(requesters=("oskar",))
    before = case.task.deadlines.expires_at
    for _ in range(2):
        case.act(Action.CLAIM, "bob.tanaka")
        case.act(Action.ASK, "bob.tanaka", comment=f"why, at {case.now}?")
        case.pass_time(9 * HOUR)
        assert case.task.state is TaskState.RESERVED
        assert case.refusal(Action.ANSWER, "oskar", comment="late") == "CONFLICT"
    assert case.task.deadlines.expires_at == before + 16 * HOUR
    assert case.refusal(Action.ASK, "bob.tanaka", comment="once more") == "INVALID"


def test_escalation_drops_the_claim_and_expiry_leaves_nothing_to_decide() -> None:
    case = asked()
    case.act(Action.CLAIM, "bob.tanaka")
    case.pass_time(20 * HOUR)
    assert (case.task.role, case.task.owner) == ("controller", None)
    assert case.refusal(Action.APPROVE, "bob.tanaka") == "FORBIDDEN"
    case.act(Action.CLAIM, "carol.singh")
    case.pass_time(20 * HOUR)
    assert case.task.state is TaskState.EXPIRED
    assert case.refusal(Action.APPROVE, "carol.singh") == "EXPIRED"


def test_whoever_comes_after_a_withdrawal_is_told_what_ended_the_question() -> None:
    case = asked()
    with case.at_work():
        case.questions.withdraw(case.task.task_id, "hold H1: gone from the ERP")
    with pytest.raises(ApplicationError, match="T1 is WITHDRAWN: hold H1: gone from the ERP") as refused:
        case.act(Action.APPROVE, "bob.tanaka")
    assert refused.value.type == "CONFLICT"


def test_the_states_on_the_way_to_a_decision_are_those_of_the_task() -> None:
    """READY, RESERVED, then AUTHORISING while policy is asked, APPLYING while the next level is worked out."""
    case = large()
    seen: list[TaskState] = []
    case.watch(lambda: seen.append(case.task.state))
    case.act(Action.CLAIM, "bob.tanaka")
    case.act(Action.APPROVE, "bob.tanaka")
    assert seen == [TaskState.AUTHORISING, TaskState.AUTHORISING, TaskState.APPLYING]
    assert case.task.state is TaskState.READY


@pytest.mark.parametrize(
    ("late", "refusal"),
    [(timedelta(seconds=30), "EXPIRED"), (timedelta(minutes=5), None), (timedelta(minutes=31), "EXPIRED")],
    ids=["too late by its own fault", "too late by ours", "much too late"],
)
def test_nobody_worked_at_the_deadline_and_then_a_decision_comes(late: timedelta, refusal: str | None) -> None:
    case = asked()
    case.now = case.task.deadlines.expires_at + late
    if refusal is not None:
        assert case.refusal(Action.APPROVE, "bob.tanaka") == refusal
        return
    case.act(Action.APPROVE, "bob.tanaka")
    assert case.task.extended
    assert [line.actor for line in case.case.audit if line.action == "deadline extended"] == ["system:sla"]


def test_the_same_request_again_has_the_same_answer_and_no_second_effect() -> None:
    case = large()
    first = case.act(Action.APPROVE, "bob.tanaka", comment="fine")
    again = case.act(Action.APPROVE, "bob.tanaka", comment="fine", task_revision=1)
    assert again == first
    assert len(case.task.approvals) == 1
    case.act(Action.CLAIM, "carol.singh")
    delegated = case.act(Action.DELEGATE, "carol.singh", to="adam.stone")
    assert case.act(Action.DELEGATE, "carol.singh", to="adam.stone") == delegated
    case.act(Action.RELEASE_CLAIM, "adam.stone")
    case.act(Action.CLAIM, "carol.singh")
    case.act(Action.DELEGATE, "carol.singh", to="adam.stone")
    assert case.task.owner == "adam.stone"


@pytest.mark.parametrize(
    ("action", "more"),
    [
        (Action.REJECT, {}),
        (Action.ADJUST, {"adjustments": {"amount": "1"}}),
        (Action.APPROVE, {"option": REJECT}),
    ],
)
def test_whoever_does_otherwise_than_recommended_says_why(action: Action, more: dict[str, object]) -> None:
    case = asked()
    assert case.refusal(action, "bob.tanaka", **more) == "INVALID"
    case.act(action, "bob.tanaka", reason_code="BECAUSE", **more)


def test_what_is_no_decision_but_a_load_is_refused_before_anybody_is_asked() -> None:
    case = asked()
    values = {f"name{number}": "x" * 1000 for number in range(20)}
    assert case.refusal(Action.ADJUST, "mallory", adjustments=values, reason_code="R") == "INVALID"


def test_a_remark_on_what_is_decided_does_not_open_it_again() -> None:
    case = asked()
    case.act(Action.APPROVE, "bob.tanaka")
    case.act(Action.COMMENT, "maya.patel", comment="good")
    assert case.refusal(Action.COMMENT, "yuri.lang", comment="hm") == "FORBIDDEN"
    assert case.task.state is TaskState.DONE


def test_a_refusal_changes_nothing() -> None:
    """The one line about it is the gate's, which stands before the desk."""
    case = asked()
    before, audit = case.task.model_copy(deep=True), list(case.case.audit)
    assert case.refusal(Action.APPROVE, "jack.novak") == "FORBIDDEN"
    assert case.task == before
    assert case.case.audit == audit
