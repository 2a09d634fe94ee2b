"""The company's own tables and the demo's: free of problems, and saying what the business wants."""

from __future__ import annotations

from datetime import timedelta
from itertools import product

import pytest

from domain.exception_types import ExceptionType
from domain.money import Money
from domain.order import ServiceLevel
from domain.policy.policy_set import PolicySet
from domain.tasks import TaskKind
from runtime.policy_files import load_policies
from tests.unit.policy.tables import COMPANY, DEMO


@pytest.fixture(scope="module", params=[(COMPANY,), (COMPANY, DEMO)], ids=["company", "demo"])
def policy(request: pytest.FixtureRequest) -> PolicySet:
    return load_policies(*request.param)


def test_there_are_no_problems(policy: PolicySet) -> None:
    assert policy.problems() == []


@pytest.mark.parametrize(
    ("role", "limit"),
    [
        ("assistant_credit_manager", 25_000),
        ("credit_manager", 250_000),
        ("controller", 500_000),
        ("cfo", 1_000_000),
        ("president", None),
        ("sales_manager", 0),
        ("buyer", 0),
    ],
)
def test_credit_is_decided_by_resulting_exposure(policy: PolicySet, role: str, limit: int | None) -> None:
    amount = policy.limit(role, ExceptionType.CREDIT_HOLD, "USD").amount
    assert amount == (None if limit is None else Money(amount=limit, currency="USD"))


def test_silence_never_releases_credit(policy: PolicySet) -> None:
    rows = [row for row in policy.tables["tasks"].rows if row.rule.startswith("credit")]
    assert rows
    assert {row.outputs["at_expiry"] for row in rows} <= {None, "REJECT"}


def test_every_question_has_deadlines_and_silence_always_leads_to_somebody(policy: PolicySet) -> None:
    for kind, exception_type, service_level, role in product(
        TaskKind, ExceptionType, ServiceLevel, policy.company.roles
    ):
        row = policy.decide(
            "tasks",
            kind=kind,
            exception_type=exception_type,
            segment="UNKNOWN",
            service_level=service_level,
            role=role,
            level=3,
            amount=Money.zero("USD").amount,
        )
        assert row is not None
        assert policy.people_in(row.text("ask_role"))


def test_silence_ends_with_somebody_whom_no_limit_stops(policy: PolicySet) -> None:
    for exception_type, start in product(ExceptionType, policy.company.roles):
        role = start
        for level in range(8):
            row = policy.decide(
                "tasks",
                kind=TaskKind.RESOLUTION,
                exception_type=exception_type,
                segment="B",
                service_level="STANDARD",
                role=role,
                level=level,
                amount=Money(amount=10_000_000, currency="USD").amount,
            )
            assert row is not None
            role = row.text("ask_role")
        assert policy.limit(role, exception_type, "USD").amount is None, (
            f"{exception_type} asked of {start} ends at {role}"
        )


def test_holds_of_the_sandbox_are_understood(policy: PolicySet) -> None:
    meant = {"CREDIT": "CREDIT_HOLD", "STOCK": "INVENTORY_SHORTFALL", "TAX": "TAX_DISCREPANCY"}
    for code, kind in meant.items():
        row = policy.decide("hold_codes", source_system="erp", source_code=code)
        assert row is not None
        assert row.text("exception_type") == kind
    assert policy.decide("hold_codes", source_system="erp", source_code="WHO-KNOWS") is None


def test_the_demo_waits_seconds_where_the_company_waits_hours() -> None:
    demo = load_policies(COMPANY, DEMO)
    for row in demo.tables["sla"].rows:
        resolve = row.outputs["resolve"]
        assert isinstance(resolve, timedelta)
        assert timedelta(seconds=10) <= resolve <= timedelta(seconds=40)
    assert demo.version != load_policies(COMPANY).version
