"""Assessment, deadlines and authority: pure rules behind activities, by the company's own policies."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from pydantic import JsonValue
from temporalio.exceptions import ApplicationError

from activities.assessment import AssessmentActivities
from activities.authorisation import AuthorisationActivities
from activities.deadlines import DeadlineActivities
from activities.proofs import Proofs
from domain.assessment import Assessment, Option
from domain.calls import AssessRequest, AuthoriseRequest, DeadlineRequest, RecheckRequest
from domain.exception_types import ExceptionType
from domain.exception_types import IntegrationErrorKind as Kind
from domain.facts.fact import Fact, Facts
from domain.money import Money
from domain.tasks import Action, Refusal, TaskKind, TaskRequest
from runtime.development_keys import DevelopmentKeys
from tests.orders import LONG_AGO, hold, order
from tests.signatures import signed
from tests.unit.activities.conftest import CASE, run
from tests.unit.activities.policies import company_policies

NOW = datetime(2026, 3, 2, 15, tzinfo=UTC)
ACCOUNT: dict[str, JsonValue] = {"customer_id": "C-1", "segment": "A"}
POSITION: dict[str, JsonValue] = {
    "customer_id": "C-1",
    "currency": "USD",
    "open_receivables": "9150",
    "limit": "10000",
}
assessment = AssessmentActivities(company_policies, lambda: NOW)


def fact(name: str, value: dict[str, JsonValue]) -> Fact:
    return Fact(name=name, system="s", operation="o", version="1", read_at=NOW, value=value)


def request(*facts: Fact, **adjustments: dict[str, str]) -> AssessRequest:
    held = hold("H1")
    return AssessRequest(
        case=CASE,
        order=order(held),
        hold=held,
        exception_type=ExceptionType.CREDIT_HOLD,
        facts=Facts(items=facts or (fact("account", ACCOUNT), fact("credit", POSITION))),
        adjustments=adjustments,
    )


async def failure_of(asked: AssessRequest) -> ApplicationError:
    with pytest.raises(ApplicationError) as caught:
        await run(assessment.assess, asked)
    assert caught.value.non_retryable
    return caught.value


async def test_an_assessment_is_the_playbooks_by_the_policies_and_the_clock() -> None:
    answer: Assessment = await run(assessment.assess, request())
    assert answer.hold_id == "H1"
    assert answer.assessed_at == NOW
    assert answer.policy_version == company_policies().version


async def test_a_value_that_cannot_be_used_is_refused_in_words() -> None:
    failure = await failure_of(request(RELEASE_ONCE={"valid_days": "soon"}))
    assert failure.type == Refusal.INVALID
    assert "valid_days" in failure.message


async def test_a_fact_that_nobody_gathered_is_named() -> None:
    failure = await failure_of(request(fact("account", ACCOUNT)))
    assert failure.type == Kind.VALIDATION
    assert "order SO-1, hold H1 (CREDIT_HOLD)" in failure.message
    assert "credit" in failure.message


async def test_a_fact_entered_by_hand_in_the_wrong_shape_is_named_without_its_value() -> None:
    wrong: dict[str, JsonValue] = {**POSITION, "limit": "ask jane@private.example"}
    failure = await failure_of(request(fact("account", ACCOUNT), fact("credit", wrong)))
    assert failure.type == Kind.POISON
    assert "CreditPosition: limit" in failure.message
    assert "jane" not in failure.message
    assert failure.__cause__ is None


async def test_a_decision_stands_on_the_same_facts_and_falls_with_worse_ones() -> None:
    today: Assessment = await run(assessment.assess, request())
    approved: Option = today.recommended_option
    same = await run(assessment.recheck, RecheckRequest(assess=request(), approved=approved))
    assert same.stands
    worse = approved.model_copy(update={"amount": approved.amount * Decimal("0.5")})
    moved = await run(assessment.recheck, RecheckRequest(assess=request(), approved=worse))
    assert not moved.stands
    assert moved.assessment.digest == today.digest
    assert moved.changes[0].startswith("amount was")


async def test_deadlines_come_from_the_tables() -> None:
    asked = DeadlineRequest(
        case=CASE,
        kind=TaskKind.RESOLUTION,
        exception_type=ExceptionType.CREDIT_HOLD,
        role="credit_manager",
        amount=Money(amount=Decimal(100), currency="USD"),
        service_level="STANDARD",
        site="EAST",
        opened_at=NOW,
    )
    deadlines = DeadlineActivities(company_policies)
    answer = await run(deadlines.schedule, asked)
    assert NOW < answer.acknowledge_by <= answer.expires_at
    with pytest.raises(ApplicationError, match="order SO-1: table"):
        await run(deadlines.schedule, asked.model_copy(update={"service_level": "WHENEVER"}))


async def test_every_system_has_an_outage_policy_also_one_that_nobody_listed() -> None:
    deadlines = DeadlineActivities(company_policies)
    assert (await run(deadlines.outage_policy, "erp")).ask_after == timedelta(minutes=10)
    assert (await run(deadlines.outage_policy, "notifier")).system == "notifier"


@pytest.mark.parametrize(
    ("actor", "refusal"),
    [("bob.tanaka", None), ("mallory", Refusal.UNAUTHENTICATED), ("jack.novak", Refusal.FORBIDDEN)],
)
async def test_a_refusal_is_the_type_of_its_error(actor: str, refusal: Refusal | None) -> None:
    unsigned = TaskRequest(task_id="T1", task_revision=1, action=Action.APPROVE, actor=actor, option="A")
    amount = Money(amount=Decimal(100), currency="USD")
    asked = AuthoriseRequest(
        case=CASE,
        task_id="T1",
        task_revision=1,
        role="credit_manager",
        kind=TaskKind.RESOLUTION,
        exception_type=ExceptionType.CREDIT_HOLD,
        amount=amount,
        requesters=("clerk",),
        request=signed(unsigned, CASE.workflow_id, "A", amount=amount, at=LONG_AGO.timestamp()),
        now=LONG_AGO,
        option="A",
    )
    proofs = Proofs(DevelopmentKeys(company_policies), "holdfast")
    activities = AuthorisationActivities(company_policies, proofs)
    if refusal is None:
        assert (await run(activities.authorise, asked)).subject == actor
        return
    with pytest.raises(ApplicationError) as caught:
        await run(activities.authorise, asked)
    assert caught.value.type == refusal
    assert caught.value.non_retryable
