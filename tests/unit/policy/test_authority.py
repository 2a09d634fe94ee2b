"""Who may decide: role, limit, and never the requester."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from domain.calls import Authorisation, AuthoriseRequest, CaseRef
from domain.exception_types import ExceptionType
from domain.money import Money
from domain.policy.authority import Refused
from domain.policy.authority import authorise as authorise_as
from domain.policy.policy_set import PolicySet
from domain.tasks import Action, Refusal, TaskKind, TaskRequest
from runtime.policy_files import load_policies
from tests.unit.policy.tables import COMPANY


@pytest.fixture(scope="module")
def policy() -> PolicySet:
    return load_policies(COMPANY)


def request(actor: str, action: Action = Action.APPROVE, **changes: Any) -> AuthoriseRequest:
    values: dict[str, Any] = {
        "case": CaseRef(tenant="t", order_id="SO-1", workflow_id="order-exception/t/SO-1"),
        "task_id": "T1",
        "task_revision": 1,
        "role": "credit_manager",
        "kind": TaskKind.RESOLUTION,
        "exception_type": ExceptionType.CREDIT_HOLD,
        "amount": Money(amount=Decimal(100_000), currency="USD"),
        "requesters": ("edi",),
        "request": TaskRequest(task_id="T1", task_revision=1, action=action, actor=actor),
        "now": datetime(2026, 7, 6, tzinfo=UTC),
    }
    return AuthoriseRequest(**(values | changes))


def authorise(asked: AuthoriseRequest, policy: PolicySet) -> Authorisation:
    return authorise_as(asked.request.actor, asked, policy)


def refused(asked: AuthoriseRequest, policy: PolicySet) -> tuple[Refusal, str]:
    with pytest.raises(Refused) as caught:
        authorise(asked, policy)
    return caught.value.refusal, str(caught.value)


def usd(amount: int) -> Money:
    return Money(amount=Decimal(amount), currency="USD")


def test_the_awaited_role_decides_up_to_its_limit(policy: PolicySet) -> None:
    granted = authorise(request("bob.tanaka", amount=usd(250_000)), policy)
    assert (granted.subject, granted.role, granted.policy_version) == ("bob.tanaka", "credit_manager", policy.version)


def test_a_senior_role_may_decide_instead(policy: PolicySet) -> None:
    assert authorise(request("carol.singh", amount=usd(400_000)), policy).role == "controller"


def test_somebody_with_two_roles_acts_in_the_one_whose_limit_covers_it(policy: PolicySet) -> None:
    for amount, role in ((20_000, "assistant_credit_manager"), (100_000, "credit_manager")):
        asked = request("maya.patel", role="assistant_credit_manager", amount=usd(amount))
        assert authorise(asked, policy).role == role


def test_an_unknown_person_is_not_authenticated(policy: PolicySet) -> None:
    assert refused(request("mallory"), policy)[0] is Refusal.UNAUTHENTICATED


@pytest.mark.parametrize("actor", ["frank.rossi", "alice.moreno", "grace.kim"])
def test_another_role_is_forbidden_and_told_who_may(policy: PolicySet, actor: str) -> None:
    refusal, message = refused(request(actor), policy)
    assert refusal is Refusal.FORBIDDEN
    assert "bob.tanaka, maya.patel" in message


@pytest.mark.parametrize("action", [Action.APPROVE, Action.ADJUST])
def test_above_the_limit_the_message_says_who_may(policy: PolicySet, action: Action) -> None:
    refusal, message = refused(request("bob.tanaka", action, amount=usd(300_000)), policy)
    assert refusal is Refusal.LIMIT
    assert message == (
        "300,000.00 USD is above the limit of credit_manager (250,000.00 USD): "
        "controller, cfo or president (carol.singh, dan.weber, erin.okafor) may decide it"
    )


@pytest.mark.parametrize("action", [Action.REJECT, Action.CLAIM, Action.RELEASE_CLAIM, Action.COMMENT])
def test_what_commits_nothing_needs_no_limit(policy: PolicySet, action: Action) -> None:
    assert authorise(request("bob.tanaka", action, amount=usd(300_000)), policy).role == "credit_manager"


@pytest.mark.parametrize("action", [Action.APPROVE, Action.ADJUST, Action.REJECT, Action.CLAIM])
def test_whoever_entered_the_order_never_decides_whatever_the_role(policy: PolicySet, action: Action) -> None:
    refusal, message = refused(request("erin.okafor", action, requesters=("edi", "erin.okafor")), policy)
    assert refusal is Refusal.SEGREGATION
    assert "SO-1" in message


def test_whoever_entered_the_order_may_comment(policy: PolicySet) -> None:
    assert authorise(request("frank.rossi", Action.COMMENT, requesters=("frank.rossi",)), policy).role == "requester"


def test_nobody_acts_for_somebody_else(policy: PolicySet) -> None:
    acting = TaskRequest(
        task_id="T1", task_revision=1, action=Action.APPROVE, actor="bob.tanaka", on_behalf_of="carol.singh"
    )
    assert refused(request("bob.tanaka", request=acting), policy)[0] is Refusal.FORBIDDEN


def test_a_role_without_a_row_decides_nothing(policy: PolicySet) -> None:
    refusal, message = refused(request("frank.rossi", role="sales_manager", amount=usd(1)), policy)
    assert refusal is Refusal.LIMIT
    assert message.endswith("no role in the authority table may decide it")


def test_a_currency_without_authority_is_decided_by_nobody(policy: PolicySet) -> None:
    foreign = Money(amount=Decimal(1), currency="CHF")
    assert refused(request("bob.tanaka", amount=foreign), policy)[0] is Refusal.LIMIT


@pytest.mark.parametrize("kind", [TaskKind.OUTAGE, TaskKind.REPAIR])
def test_questions_about_systems_are_answered_by_role_whatever_the_order_is_worth(
    policy: PolicySet, kind: TaskKind
) -> None:
    asked: dict[str, Any] = {"role": "integration_oncall", "kind": kind, "amount": usd(5_000_000)}
    assert authorise(request("liam.byrne", **asked), policy).role == "integration_oncall"
    assert authorise(request("grace.kim", **asked), policy).role == "operations_manager"
    assert refused(request("bob.tanaka", **asked), policy)[0] is Refusal.FORBIDDEN
