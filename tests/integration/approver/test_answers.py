from __future__ import annotations

from collections.abc import Callable

import pytest

from domain.case import CaseOutcome
from domain.tasks import Refusal
from runtime.approvals.refusals import ExitCode
from tests.integration.approver.stage import HOSTILE, Opened

OpenCase = Callable[..., Opened]


def test_an_approval_is_recorded_and_releases_the_order(open_case: OpenCase) -> None:
    case = open_case().asked()
    said = case.approver("approve", "CASE", "--comment", "fine with me", as_="carla")
    assert (said.code, said.err) == (0, "")
    assert f"Recorded: order {case.order_id}, APPROVED: RELEASE_ONCE" in said.out
    closed = case.state(lambda seen: seen.outcome)
    assert closed.outcome is CaseOutcome.RELEASED
    assert closed.tasks["T1"].decision is not None
    assert closed.tasks["T1"].decision.comment == "fine with me"


def test_the_same_approval_again_has_the_same_receipt_also_after_the_case_has_closed(open_case: OpenCase) -> None:
    case = open_case().asked()
    first = case.approver("approve", "CASE", "--json", as_="carla")
    case.state(lambda seen: seen.closed_at)
    again = case.approver("approve", "CASE", "--json", as_="carla")
    assert (again.code, again.document) == (0, first.document)
    assert case.world.calls.count("credit.release") == 1


def test_another_decision_after_the_first_is_told_who_was_first(open_case: OpenCase) -> None:
    case = open_case().asked()
    case.approver("approve", "CASE", as_="carla")
    said = case.approver("reject", "CASE", "--reason", "CUSTOMER_RISK", as_="conrad")
    assert said.code == ExitCode.CONFLICT
    assert "carla" in said.err


def test_a_rejection_carries_its_reason(open_case: OpenCase) -> None:
    case = open_case().asked()
    said = case.approver("reject", "CASE", "--reason", "CUSTOMER_RISK", "--json", as_="carla")
    assert said.document["receipts"][0]["message"] == "REJECTED: REJECT"
    decision = case.state(lambda seen: seen.tasks["T1"].decision).tasks["T1"].decision
    assert decision is not None
    assert decision.reason_code == "CUSTOMER_RISK"


def test_an_adjusted_option_is_a_new_revision_and_can_be_approved_in_one_go(open_case: OpenCase) -> None:
    case = open_case().asked()
    arguments = ("--option", "RELEASE_ONCE", "--set", "amount=800", "--reason", "LESS", "--approve", "--json")
    said = case.approver("adjust", "CASE", *arguments, as_="carla")
    assert said.code == 0
    adjusted, approved = said.document["receipts"]
    assert (adjusted["action"], adjusted["task_revision"]) == ("ADJUST", 2)
    assert approved["message"] == "APPROVED_WITH_CHANGES: RELEASE_ONCE"


def test_a_revision_that_was_not_seen_is_not_decided(open_case: OpenCase) -> None:
    case = open_case().asked()
    change = ("--option", "RELEASE_ONCE", "--set", "amount=800", "--reason", "LESS")
    assert case.approver("adjust", "CASE", *change, as_="carla").code == 0
    said = case.approver("approve", "CASE", "--revision", "1", as_="carla")
    assert said.code == ExitCode.STALE


def test_a_claim_can_be_given_back_and_made_again(open_case: OpenCase) -> None:
    case = open_case().asked()
    assert case.approver("claim", "CASE", as_="carla").code == 0
    assert case.approver("approve", "CASE", as_="conrad").code == ExitCode.CONFLICT
    assert case.approver("release-claim", "CASE", as_="carla").code == 0
    assert case.state().tasks["T1"].owner is None
    assert case.approver("claim", "CASE", as_="carla").code == 0
    assert case.state().tasks["T1"].owner == "carla"


def test_a_comment_decides_nothing(open_case: OpenCase) -> None:
    case = open_case().asked()
    assert case.approver("comment", "CASE", HOSTILE, as_="carla").code == 0
    task = case.state().tasks["T1"]
    assert [comment.text for comment in task.comments] == [HOSTILE]
    assert task.decision is None


@pytest.mark.parametrize("refusal", Refusal)
def test_every_refusal_has_its_own_exit_code_and_changes_nothing(open_case: OpenCase, refusal: Refusal) -> None:
    case = open_case().asked()
    said = case.approver("approve", "CASE", "--comment", refusal, "--json", as_="carla")
    assert said.code == ExitCode[refusal]
    assert said.document["refusal"]["code"] == refusal
    assert case.state().open_tasks


def test_with_two_questions_the_one_meant_must_be_named(open_case: OpenCase) -> None:
    case = open_case(holds=2)
    case.state(lambda seen: len(seen.open_tasks) == 2)
    case.asked()
    said = case.approver("approve", "CASE", as_="carla")
    assert said.code == ExitCode.SEVERAL_TASKS
    assert "T1 (hold H" in said.err
    assert case.approver("approve", "CASE", "--hold", "H2", as_="carla").code == 0
    assert [task.hold_id for task in case.state().open_tasks] == ["H1"]
    assert case.approver("approve", "CASE", "--hold", "H1", as_="carla").code == 0


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("approve", "SO-404"), ExitCode.NOT_FOUND),
        (("approve", "x' OR OrderId != 'z"), ExitCode.INVALID),
        (("approve", "order-exception/acme/SO-404"), ExitCode.NOT_FOUND),
        (("approve", "CASE", "--task", "T9"), ExitCode.NOT_FOUND),
        (("approve", "CASE", "--option", "NONSENSE"), ExitCode.INVALID),
        (("approve", "CASE", "--set", "novalue"), ExitCode.INVALID),
        (("approve", "CASE", "--comment", "x" * 2049), ExitCode.INVALID),
        (("adjust", "CASE", "--option", "RELEASE_ONCE"), ExitCode.USAGE),
        (("reject", "CASE"), ExitCode.USAGE),
        (("inbox", "--role", "a' OR 'b"), ExitCode.INVALID),
    ],
)
def test_a_wrong_command_says_what_is_wrong(open_case: OpenCase, arguments: tuple[str, ...], code: ExitCode) -> None:
    case = open_case().asked()
    said = case.approver(*arguments, as_="carla")
    assert said.code == code
    assert said.err.strip()
    assert not said.out


def test_nobody_and_strangers_are_told_to_say_who_they_are(open_case: OpenCase) -> None:
    case = open_case().asked()
    assert case.approver("approve", "CASE").code == ExitCode.UNAUTHENTICATED
    assert case.approver("inbox").code == ExitCode.UNAUTHENTICATED
    assert case.approver("inbox", as_="nobody").code == ExitCode.UNAUTHENTICATED
    assert case.approver("approve", "CASE", as_="system:policy").code == ExitCode.INVALID
    assert case.approver("approve", "CASE", as_="clerk").code == ExitCode.FORBIDDEN
