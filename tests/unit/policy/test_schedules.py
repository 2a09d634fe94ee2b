"""Deadlines of tasks and cases, as the tables set them."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from domain.assessment import Jeopardy
from domain.calls import CaseRef, DeadlineRequest
from domain.exception_types import ExceptionType
from domain.money import Money
from domain.order import Order, OrderLine, OrderStatus, ServiceLevel, ShipTo
from domain.policy.policy_set import PolicySet
from domain.policy.schedules import PolicyGap, jeopardy, outage_policy, schedule, service_terms
from domain.tasks import TaskKind
from runtime.policy_files import load_policies
from tests.unit.policy.tables import COMPANY

MONDAY = datetime(2026, 7, 6, 13, tzinfo=UTC)
"""Nine in the morning in New York."""


@pytest.fixture(scope="module")
def policy() -> PolicySet:
    return load_policies(COMPANY)


def request(**changes: Any) -> DeadlineRequest:
    values: dict[str, Any] = {
        "case": CaseRef(tenant="t", order_id="SO-1", workflow_id="order-exception/t/SO-1"),
        "kind": TaskKind.RESOLUTION,
        "exception_type": ExceptionType.CREDIT_HOLD,
        "role": "credit_manager",
        "amount": Money(amount=Decimal(100_000), currency="EUR"),
        "segment": "B",
        "service_level": "PRIORITY",
        "site": "DC-EAST",
        "opened_at": MONDAY,
    }
    return DeadlineRequest(**(values | changes))


def order(**changes: Any) -> Order:
    values: dict[str, Any] = {
        "tenant": "t",
        "order_id": "SO-1",
        "version": 1,
        "status": OrderStatus.ON_HOLD,
        "customer_id": "C-1",
        "po_number": "PO-1",
        "currency": "USD",
        "service_level": ServiceLevel.SAME_DAY,
        "entered_by": "edi",
        "ordered_at": MONDAY,
        "need_by": date(2026, 7, 8),
        "carrier_cutoff": MONDAY + timedelta(hours=8),
        "pick_minutes": 60,
        "warehouse": "DC-EAST",
        "ship_to": ShipTo(site_id="S-1", region="NY", postal_code="10001"),
        "lines": (
            OrderLine(line_id="1", item="I-1", quantity=Decimal(1), unit_price=Decimal(1), need_by=date(2026, 7, 8)),
        ),
    }
    return Order(**(values | changes))


def test_reminders_escalation_and_expiry_lie_at_percents_of_business_time(policy: PolicySet) -> None:
    deadlines = schedule(request(), policy)
    assert deadlines.acknowledge_by == MONDAY + timedelta(hours=1)
    assert deadlines.reminders == tuple(MONDAY + timedelta(minutes=minutes) for minutes in (120, 180, 216))
    assert [(step.at, step.role) for step in deadlines.escalations] == [(MONDAY + timedelta(minutes=192), "controller")]
    assert deadlines.expires_at == MONDAY + timedelta(hours=4)
    assert deadlines.calendar_digest == policy.calendar_of("DC-EAST").digest


def test_the_site_decides_which_hours_count(policy: PolicySet) -> None:
    west = schedule(request(site="DC-WEST", opened_at=MONDAY - timedelta(hours=3)), policy)
    assert west.expires_at == MONDAY + timedelta(hours=4)


def test_silence_about_credit_asks_the_next_role(policy: PolicySet) -> None:
    default = schedule(request(), policy).at_expiry
    assert (default.option, default.max_amount, default.ask_role) == (None, None, "controller")


def test_a_question_stays_where_it_is_when_nobody_else_may_decide(policy: PolicySet) -> None:
    """The president has filled another level of the chain, whether the table passes silence on to her or escalates."""
    cfo = request(role="cfo", barred=("Erin.Okafor",))
    deadlines = schedule(cfo, policy)
    assert (deadlines.escalations, deadlines.at_expiry.ask_role) == ((), "cfo")
    free = schedule(request(role="cfo"), policy)
    assert [step.role for step in free.escalations] == ["president"]
    assert free.at_expiry.ask_role == "president"
    assert deadlines.expires_at == free.expires_at


def test_a_role_is_asked_as_long_as_one_of_its_seniors_may_decide(policy: PolicySet) -> None:
    deadlines = schedule(request(barred=("carol.singh", "dan.weber")), policy)
    assert deadlines.at_expiry.ask_role == "controller"
    nobody = schedule(request(barred=("carol.singh", "dan.weber", "erin.okafor")), policy)
    assert (nobody.escalations, nobody.at_expiry.ask_role) == ((), "credit_manager")


def test_silence_about_tax_uses_the_engine_up_to_the_tables_amount(policy: PolicySet) -> None:
    deadlines = schedule(request(exception_type=ExceptionType.TAX_DISCREPANCY, role="tax_manager"), policy)
    assert deadlines.at_expiry.option == deadlines.at_rejection == "USE_ENGINE"
    assert deadlines.at_expiry.max_amount == Money(amount=Decimal(2500), currency="EUR")


def test_a_row_may_set_its_own_time(policy: PolicySet) -> None:
    deadlines = schedule(request(segment="A", service_level="STANDARD"), policy)
    assert deadlines.expires_at == MONDAY + timedelta(hours=8)


def test_an_unknown_segment_has_deadlines_too(policy: PolicySet) -> None:
    assert schedule(request(segment="*"), policy).expires_at == MONDAY + timedelta(hours=4)


@pytest.mark.parametrize(
    ("kind", "option", "rejection"),
    [(TaskKind.OUTAGE, "KEEP_WAITING", "KEEP_WAITING"), (TaskKind.REPAIR, None, "GIVE_UP")],
)
def test_questions_about_systems_need_no_exception_type(
    policy: PolicySet, kind: TaskKind, option: str | None, rejection: str
) -> None:
    deadlines = schedule(request(kind=kind, exception_type=None, role="integration_oncall"), policy)
    assert (deadlines.at_expiry.option, deadlines.at_rejection) == (option, rejection)


def test_silence_passes_a_repair_on(policy: PolicySet) -> None:
    again = schedule(request(kind=TaskKind.REPAIR, exception_type=None, role="integration_oncall", level=1), policy)
    assert again.at_expiry.ask_role == "operations_manager"


def test_a_word_no_table_knows_is_a_gap_that_names_it(policy: PolicySet) -> None:
    with pytest.raises(PolicyGap, match="service_level = YESTERDAY"):
        schedule(request(service_level="YESTERDAY"), policy)


def test_a_same_day_order_is_due_before_the_last_pick(policy: PolicySet) -> None:
    assert service_terms(order(), MONDAY, policy).due_at == MONDAY + timedelta(hours=2)
    soon = order(carrier_cutoff=MONDAY + timedelta(hours=2), pick_minutes=45)
    assert service_terms(soon, MONDAY, policy).due_at == MONDAY + timedelta(minutes=75)


def test_a_cut_off_that_has_passed_leaves_the_sla(policy: PolicySet) -> None:
    missed = order(carrier_cutoff=MONDAY - timedelta(hours=1))
    assert service_terms(missed, MONDAY, policy).due_at == MONDAY + timedelta(hours=2)


def test_the_terms_say_what_closes_the_case(policy: PolicySet) -> None:
    terms = service_terms(order(), MONDAY, policy, "A")
    assert (terms.follow_until, terms.follow_for) == ("INVOICED", timedelta(days=7))
    assert (terms.recheck_after, terms.policy_version) == (timedelta(minutes=2), policy.version)


def test_every_system_is_borne_with_for_a_while(policy: PolicySet) -> None:
    assert outage_policy("tax", policy).ask_after == timedelta(minutes=30)
    assert outage_policy("carrier-pigeon", policy).ask_after == timedelta(minutes=20)
    assert outage_policy("tax", policy).together


@pytest.mark.parametrize(
    ("hours", "level"),
    [(2, Jeopardy.CRITICAL), (3, Jeopardy.HIGH), (4, Jeopardy.MEDIUM), (7, Jeopardy.LOW)],
)
def test_jeopardy_is_the_slack_before_the_cut_off(policy: PolicySet, hours: int, level: Jeopardy) -> None:
    held = order(carrier_cutoff=MONDAY + timedelta(hours=hours))
    assert jeopardy(held, ExceptionType.CREDIT_HOLD, MONDAY, policy) is level
