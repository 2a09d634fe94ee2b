"""A chain of levels, on paper: each approves what the first did, and nobody fills two."""

from __future__ import annotations

from datetime import timedelta

from domain.policy.policy_set import PolicySet
from domain.tasks import Action, ApprovalOutcome, TaskState
from tests.approvals.paper import REJECT, PaperCase, asked, large
from tests.approvals.policies import approval_files

HOUR = timedelta(hours=1)


def test_a_chain_is_approved_level_by_level_each_by_another_person() -> None:
    case = large()
    assert (case.task.role, [level.role for level in case.task.levels]) == (
        "credit_manager",
        ["credit_manager", "controller", "cfo"],
    )
    first = case.act(Action.APPROVE, "bob.tanaka")
    assert (first.task_state, first.task_revision) == (TaskState.READY, 2)
    assert "controller is next" in first.message
    assert case.refusal(Action.APPROVE, "maya.patel") == "FORBIDDEN"
    case.act(Action.APPROVE, "carol.singh")
    assert case.task.role == "cfo"
    case.act(Action.APPROVE, "dan.weber", reason_code="STRATEGIC")
    decision = case.task.decision
    assert decision is not None
    assert (decision.outcome, decision.decided_by, decision.role) == (ApprovalOutcome.APPROVED, "dan.weber", "cfo")
    assert [each.subject for each in decision.approvals] == ["bob.tanaka", "carol.singh", "dan.weber"]
    assert [told for told in case.notices.told if told[0] == "ASKED"] == [
        ("ASKED", "credit_manager"),
        ("ASKED", "controller"),
        ("ASKED", "cfo"),
    ]


def test_each_level_has_deadlines_of_its_own() -> None:
    case = large()
    before = case.task.deadlines
    case.pass_time(2 * HOUR)
    case.act(Action.APPROVE, "bob.tanaka")
    assert case.task.deadlines.expires_at == before.expires_at + 2 * HOUR
    assert case.task.deadlines.escalations[0].role == "cfo"


def test_one_person_never_fills_two_levels() -> None:
    case = large()
    case.act(Action.APPROVE, "carol.singh")
    assert case.task.approvals[0].role == "controller"
    assert case.refusal(Action.APPROVE, "carol.singh") == "SEGREGATION"
    assert case.refusal(Action.CLAIM, "carol.singh") == "SEGREGATION"
    case.act(Action.APPROVE, "adam.stone")
    assert case.refusal(Action.APPROVE, "dan.weber", on_behalf_of="carol.singh") == "SEGREGATION"
    case.act(Action.APPROVE, "dan.weber")


def test_a_no_at_any_level_is_final() -> None:
    case = large()
    case.act(Action.APPROVE, "bob.tanaka")
    case.act(Action.REJECT, "carol.singh", reason_code="TOO_MUCH")
    assert case.task.decision is not None
    assert (case.task.decision.outcome, case.task.decision.option) == (ApprovalOutcome.REJECTED, REJECT)
    assert case.refusal(Action.APPROVE, "dan.weber") == "CONFLICT"


def test_a_later_level_approves_what_the_first_did_or_says_no() -> None:
    case = large()
    case.act(Action.APPROVE, "bob.tanaka")
    assert case.refusal(Action.APPROVE, "carol.singh", option=REJECT, reason_code="OTHER") == "INVALID"


def test_the_last_level_needs_a_limit_that_covers_it_all() -> None:
    case = large()
    for who in ("bob.tanaka", "carol.singh"):
        case.act(Action.APPROVE, who)
    assert case.refusal(Action.APPROVE, "adam.stone") == "FORBIDDEN"
    case.act(Action.APPROVE, "erin.okafor")
    assert case.task.decision is not None


def test_changing_the_figures_voids_what_was_approved_in_part() -> None:
    case = large()
    case.act(Action.APPROVE, "bob.tanaka")
    case.act(Action.ADJUST, "carol.singh", adjustments={"amount": "600000"}, reason_code="LESS")
    assert (case.task.approvals, case.task.role, case.task.revision) == ([], "credit_manager", 3)
    case.act(Action.APPROVE, "bob.tanaka")
    case.act(Action.APPROVE, "carol.singh")
    case.act(Action.APPROVE, "dan.weber")
    assert case.task.decision is not None
    assert case.task.decision.outcome is ApprovalOutcome.APPROVED_WITH_CHANGES


def test_who_adjusted_is_not_sole_approver_above_the_threshold() -> None:
    case = asked(400_000, "controller")
    case.act(Action.ADJUST, "carol.singh", adjustments={"amount": "300000"}, reason_code="LESS")
    assert case.refusal(Action.APPROVE, "carol.singh") == "SEGREGATION"
    assert case.refusal(Action.APPROVE, "dan.weber", on_behalf_of="carol.singh") == "SEGREGATION"
    case.act(Action.APPROVE, "adam.stone")
    small = asked(100_000)
    small.act(Action.ADJUST, "bob.tanaka", adjustments={"amount": "90000"}, reason_code="LESS")
    small.act(Action.APPROVE, "bob.tanaka")


def test_two_of_one_role_are_wanted_where_the_table_says_so() -> None:
    header = "rule,exception_type,currency,amount,role,levels,note\n"
    chains = f"{header}two,CREDIT_HOLD,*,>50000,*,credit_manager:2,\n"
    case = PaperCase(PolicySet.parse(approval_files(chains_csv=chains)), 100_000, "credit_manager")
    said = case.act(Action.APPROVE, "bob.tanaka")
    assert (said.task_state, said.task_revision) == (TaskState.READY, 1)
    assert case.refusal(Action.APPROVE, "bob.tanaka", comment="and again") == "SEGREGATION"
    assert case.refusal(Action.APPROVE, "alice.moreno", on_behalf_of="bob.tanaka") == "SEGREGATION"
    case.act(Action.APPROVE, "maya.patel")
    assert case.task.decision is not None
    assert {each.subject for each in case.task.decision.approvals} == {"bob.tanaka", "maya.patel"}
