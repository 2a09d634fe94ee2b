from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from domain.assessment import Assessment, Option
from domain.exception_types import ExceptionType
from domain.money import Money
from domain.recheck import compare, still_stands
from tests.unit.playbooks.scenario import NOW, chosen, credit, inventory, stocked


def usd(amount: str) -> Money:
    return Money(amount=Decimal(amount), currency="USD")


def approved(**more: Any) -> Option:
    """A decision of the credit manager about 1,000, with 5 % to spare."""
    fields: dict[str, Any] = {
        "code": "RELEASE_ONCE",
        "title": "Release",
        "reason": "because",
        "cost": usd("100"),
        "amount": usd("1000"),
        "role": "credit_manager",
        "juniors": ("assistant_credit_manager",),
        "customer_effect": "none",
        "tolerance_percent": Decimal(5),
    }
    return Option(**(fields | more))


def now(*options: Option) -> Assessment:
    return Assessment(
        exception_type=ExceptionType.CREDIT_HOLD,
        hold_id="H1",
        options=options,
        recommended=options[0].code,
        reason="because",
        amount_at_risk=usd("1000"),
        policy_version="1",
        assessed_at=NOW,
    )


def test_facts_that_did_not_move_change_nothing() -> None:
    """The usual case."""
    assert compare(approved(), usd("1000"), now(approved())) == ()


@pytest.mark.parametrize(
    ("change", "stands"),
    [
        ({"amount": usd("1050")}, True),
        ({"amount": usd("1050.01")}, False),
        ({"amount": usd("1")}, True),
        ({"amount": Money(amount=Decimal(1), currency="EUR")}, False),
        ({"cost": usd("105")}, True),
        ({"cost": usd("105.01")}, False),
        ({"cost": usd("-3")}, True),
        ({"role": "controller"}, False),
        ({"role": "assistant_credit_manager"}, True),
        ({"role": "account_manager"}, False),
        ({"automatic": True}, True),
        ({"customer_effect": "a day later"}, True),
    ],
)
def test_only_what_moved_for_the_worse_voids_a_decision(change: dict[str, Any], stands: bool) -> None:  # noqa: FBT001
    """Amount and cost beyond the tolerance, or a stricter role; everything else is only told."""
    changes = compare(approved(), usd("1000"), now(approved(**change)))
    assert len(changes) == 1
    assert still_stands(changes) is stands


def test_an_option_that_is_gone_voids_the_decision() -> None:
    """There is nothing to compare with."""
    changes = compare(approved(), usd("1000"), now(approved(code="REJECT")))
    assert [str(change) for change in changes] == ["option RELEASE_ONCE was offered, is no longer offered"]
    assert not still_stands(changes)


def named(value: str, kind: str = "text") -> dict[str, Any]:
    return {"parameters": ({"name": "service", "meaning": "which one", "kind": kind, "value": value},)}


@pytest.mark.parametrize(
    ("before", "after", "stands"),
    [
        (named("UPSN:GROUND"), named("UPSN:GROUND"), True),
        (named("UPSN:GROUND"), named("FXFE:ECONOMY"), False),
        (named("UPSN:GROUND"), {}, False),
        (named("7", "integer"), named("5", "integer"), True),
        ({**named("UPSN:GROUND"), "automatic": True, "role": None}, {**named("FXFE:ECONOMY"), "role": None}, True),
    ],
    ids=["same", "another", "none", "a figure", "by policy"],
)
def test_what_a_person_approved_by_name_is_not_replaced(
    before: dict[str, Any],
    after: dict[str, Any],
    stands: bool,  # noqa: FBT001
) -> None:
    """Another service for the same money is another decision; policy may change its own mind."""
    assert still_stands(compare(approved(**before), usd("1000"), now(approved(**after)))) is stands


def test_the_amount_that_was_decided_counts() -> None:
    """A person who approved less did not approve more."""
    assert not still_stands(compare(approved(), usd("900"), now(approved())))


def test_what_policy_released_by_itself_is_void_once_it_wants_a_person() -> None:
    """The rules may read differently on today's facts."""
    before = chosen(credit(), "RELEASE_ONCE")
    assert not still_stands(compare(before, before.amount, credit({"oldest_overdue_days": 20})))
    assert still_stands(compare(before, before.amount, credit()))


@pytest.mark.parametrize(("owed", "stands"), [("9549", True), ("9551", False), ("9000", True)])
def test_a_credit_release_survives_five_percent_of_the_order(owed: str, stands: bool) -> None:  # noqa: FBT001
    """An order of 1,000 may add 50 to what the customer owes, and less is always fine."""
    customer = {"segment": "C"}
    before = chosen(credit({"open_receivables": 9500}, customer), "RELEASE_ONCE")
    after = credit({"open_receivables": Decimal(owed)}, customer)
    assert still_stands(compare(before, before.amount, after)) is stands


def test_stock_that_is_gone_voids_the_decision() -> None:
    """Somebody else took it meanwhile."""
    before = chosen(inventory(stocked("NYC", 40), stocked("CHI", 60)), "SPLIT_DC")
    assert not still_stands(compare(before, before.amount, inventory(stocked("NYC", 40), stocked("CHI", 59))))
