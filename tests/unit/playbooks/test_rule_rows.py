from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any, NamedTuple

import pytest

from domain.assessment import Assessment
from domain.exception_types import ExceptionType
from domain.facts.inventory import DropShip, ItemSourcing, Substitute
from domain.order import Hold, HoldClass
from tests.unit.playbooks import shipping
from tests.unit.playbooks.scenario import (
    HARD,
    NOW,
    assess,
    certificate,
    credit,
    engine,
    hold,
    inventory,
    lane,
    line,
    order,
    policy,
    policy_without,
    quote,
    receipt,
    stocked,
    tax,
    taxed,
    worth,
)


class Row(NamedTuple):
    """What a row is to lead to: the recommended option, and who is asked (nobody: it is automatic)."""

    judge: Callable[[], Assessment]
    recommended: str
    asks: str | None


CREDIT = {
    "hard_or_insolvent_but_paid": Row(
        lambda: credit({"prepaid_for_order": 1000}, the_hold=HARD), "RELEASE_ONCE", "controller"
    ),
    "hard_or_insolvent": Row(lambda: credit(the_hold=HARD), "PAY_LINK_WAIT", "controller"),
    "prepaid": Row(lambda: credit({"prepaid_for_order": 1000, "limit": 0}), "RELEASE_ONCE", None),
    "cash_to_apply": Row(lambda: credit({"open_receivables": 9500, "unapplied_cash": 600}), "RELEASE_ONCE", None),
    "cash_not_applied": Row(
        lambda: credit(
            {"open_receivables": 9500, "unapplied_cash": 600}, waited_for=("application of unapplied cash",)
        ),
        "RELEASE_ONCE",
        "assistant_credit_manager",
    ),
    "very_old_debt": Row(lambda: credit({"oldest_overdue_days": 61}), "PAY_LINK_WAIT", "controller"),
    "returned_payment": Row(
        lambda: credit({"returned_payments_90d": 1, "card_on_file": True}), "PREPAY", "assistant_credit_manager"
    ),
    "old_debt": Row(lambda: credit({"oldest_overdue_days": 16}), "RELEASE_ONCE", "credit_manager"),
    "far_over": Row(lambda: credit({"open_receivables": 10_001}), "RELEASE_ONCE", "credit_manager"),
    "within_limit": Row(lambda: credit({"oldest_overdue_days": 15}), "RELEASE_ONCE", None),
    "slightly_over": Row(lambda: credit({"open_receivables": 10_000}), "RELEASE_ONCE", None),
    "slightly_over_unproven": Row(
        lambda: credit({"open_receivables": 10_000}, {"segment": "C"}), "RELEASE_ONCE", "assistant_credit_manager"
    ),
}

SUBSTITUTE = ItemSourcing(
    item="BOLT", substitutes=(Substitute(item="BOLT2", unit_price=Decimal(10), unit_cost=Decimal(6)),)
)
DEAR = (quote("NYC", 20), quote("CHI", 51), quote("DAL", 90))
ONE_CANNOT = (stocked("NYC", 40), stocked("CHI", 60))
THREE_SITES = (stocked("NYC", 40), stocked("CHI", 40), stocked("DAL", 40))
CHEAP = (quote("NYC", 20), quote("CHI", 5), quote("DAL", 5))
TAKES_SUBSTITUTES = order(allow_substitute=True)
SUBSTITUTE_STOCK = (stocked("NYC", 0), stocked("NYC", 100, "BOLT2"))
SLOW = (quote("NYC", 20, days=9), quote("CHI", 25, days=9))
LOW_MARGIN = order(line(unit_cost=Decimal("9.5")))

INVENTORY = {
    "hard": Row(lambda: inventory(stocked("NYC", 100), the_hold=HARD), "FULL_FROM_STOCK", "operations_manager"),
    "in_stock": Row(lambda: inventory(stocked("NYC", 100)), "FULL_FROM_STOCK", None),
    "consent": Row(lambda: inventory(*ONE_CANNOT, the_order=order(ship_complete=True)), "SPLIT_DC", "account_manager"),
    "last_resort": Row(lambda: inventory(stocked("NYC", 0)), "CANCEL_LINE", "operations_manager"),
    "supplier": Row(
        lambda: inventory(
            stocked("NYC", 0),
            items=(ItemSourcing(item="BOLT", drop_ship=DropShip(supplier="S", unit_cost=Decimal(6), lead_days=2)),),
        ),
        "DROP_SHIP",
        "buyer",
    ),
    "substitute_strategic": Row(
        lambda: inventory(
            *SUBSTITUTE_STOCK, items=(SUBSTITUTE,), customer={"strategic": True}, the_order=TAKES_SUBSTITUTES
        ),
        "SUBSTITUTE",
        "account_manager",
    ),
    "late": Row(lambda: inventory(stocked("NYC", 0, receipts=(receipt(5, 100),))), "WAIT_FULL", "operations_manager"),
    "late_substitute": Row(
        lambda: inventory(*SUBSTITUTE_STOCK, items=(SUBSTITUTE,), the_order=TAKES_SUBSTITUTES, quotes=SLOW),
        "SUBSTITUTE",
        "operations_manager",
    ),
    "in_time": Row(lambda: inventory(stocked("NYC", 0, receipts=(receipt(4, 100),))), "WAIT_FULL", None),
    "in_time_substitute": Row(
        lambda: inventory(*SUBSTITUTE_STOCK, items=(SUBSTITUTE,), the_order=TAKES_SUBSTITUTES), "SUBSTITUTE", None
    ),
    "dear_freight": Row(lambda: inventory(*ONE_CANNOT, quotes=DEAR), "SPLIT_DC", "operations_manager"),
    "freight_eats_margin": Row(
        lambda: inventory(*ONE_CANNOT, the_order=LOW_MARGIN, quotes=(quote("NYC", 20), quote("CHI", 11))),
        "SPLIT_DC",
        "operations_manager",
    ),
    "many_shipments": Row(
        lambda: inventory(*THREE_SITES, the_order=order(max_shipments=3), quotes=CHEAP),
        "SPLIT_DC",
        "operations_manager",
    ),
}

TAX = {
    "hard": Row(lambda: tax(engine(80), taxed(80), the_hold=HARD), "USE_ENGINE", "tax_manager"),
    "certificate_valid": Row(lambda: tax(engine(80), taxed(80), certificate(1)), "APPLY_CERTIFICATE", "tax_manager"),
    "silent_small": Row(lambda: tax(None, taxed(80)), "FALLBACK_TRUE_UP", None),
    "silent": Row(lambda: tax(None, taxed(80, amount=3000)), "FALLBACK_TRUE_UP", "tax_manager"),
    "certificate_expired": Row(lambda: tax(engine(80), taxed(80), certificate(-30)), "USE_ENGINE", "tax_manager"),
    "close_enough": Row(lambda: tax(engine("80.05"), taxed(80)), "ACCEPT_VARIANCE", None),
    "engine_wins": Row(lambda: tax(engine(80), taxed(330)), "USE_ENGINE", None),
    "engine_wins_large": Row(lambda: tax(engine(80), taxed("330.01")), "USE_ENGINE", "tax_manager"),
}


def unclassified(amount: int, the_hold: Hold | None = None) -> Assessment:
    return assess(ExceptionType.UNCLASSIFIED, {}, worth(amount), the_hold)


UNCLASSIFIED = {
    "hard": Row(lambda: unclassified(10, HARD), "RELEASE_AS_IS", "controller"),
    "large": Row(lambda: unclassified(50_001), "RELEASE_AS_IS", "operations_manager"),
    "others": Row(
        lambda: unclassified(50_000, hold(hold_class=HoldClass.MANUAL)), "RELEASE_AS_IS", "customer_service_lead"
    ),
}

CASES = {
    "carrier_rules": {rule: Row(*case) for rule, case in shipping.ROWS.items()},
    "credit_rules": CREDIT,
    "inventory_rules": INVENTORY,
    "tax_rules": TAX,
    "unclassified_rules": UNCLASSIFIED,
}


def rows_of(*tables: str) -> list[tuple[str, str]]:
    """Every row of the tables as they are, so that a new one without a case fails."""
    return [(table, row.rule) for table in tables for row in policy().tables[table].rows]


@pytest.mark.parametrize(("table", "rule"), rows_of(*CASES))
def test_every_row_decides_what_it_says(table: str, rule: str) -> None:
    """Each row of a rule table is hit by its own case, and recommends and asks as its owner meant it."""
    case = CASES[table][rule]
    assessment = case.judge()
    assert (assessment.rules[0].table, assessment.rules[0].rule) == (table, rule)
    assert assessment.recommended == case.recommended
    assert (assessment.ask.role if assessment.ask else None) == case.asks
    assert assessment.recommended_option.automatic is (assessment.ask is None and assessment.wait_first is None)


@pytest.mark.parametrize("table", CASES)
def test_no_case_outlives_its_row(table: str) -> None:
    """A row that was taken out takes its case with it."""
    assert set(CASES[table]) == {row.rule for row in policy().tables[table].rows}


BEST, GOOD, OTHER = {"segment": "A"}, {"segment": "B"}, {"segment": "C"}
SAME_DAY, PRIORITY, STANDARD = (
    {"service_level": "SAME_DAY"},
    {"service_level": "PRIORITY"},
    {"service_level": "STANDARD"},
)
SMALL, MIDDLE, LARGE = (
    {"order_value": Decimal(900)},
    {"order_value": Decimal(60_000)},
    {"order_value": Decimal(250_001)},
)
NORMAL, HIGH, CRITICAL = {"criticality": "NORMAL"}, {"criticality": "HIGH"}, {"criticality": "CRITICAL"}

TERMS: dict[str, dict[str, tuple[dict[str, Any], dict[str, Any]]]] = {
    "carrier_terms": shipping.TERMS,
    "credit_terms": {
        "best_large": (BEST | STANDARD | LARGE, {"valid_days": 3, "growth_percent": 5, "temporary_limit_percent": 25}),
        "best_same_day": (BEST | SAME_DAY | SMALL, {"valid_days": 7, "growth_percent": 5, "limit_step": 1000}),
        "best": (BEST | PRIORITY | SMALL, {"valid_days": 7, "growth_percent": 5, "longest_valid_days": 30}),
        "good": (GOOD | STANDARD | LARGE, {"valid_days": 5, "growth_percent": 5, "longest_valid_days": 21}),
        "others": (OTHER | STANDARD | SMALL, {"valid_days": 3, "growth_percent": 5, "temporary_limit_percent": 25}),
    },
    "inventory_terms": {
        "rush_critical": (OTHER | SAME_DAY | SMALL | CRITICAL, {"priority": 1, "risk_percent": 60}),
        "rush": (OTHER | SAME_DAY | SMALL | NORMAL, {"priority": 1, "late_per_day": 150}),
        "critical": (BEST | STANDARD | SMALL | CRITICAL, {"priority": 2, "partial_percent": 25}),
        "best_large": (BEST | STANDARD | MIDDLE | HIGH, {"priority": 3, "tolerance_percent": 3}),
        "best": (BEST | STANDARD | SMALL | HIGH, {"priority": 3, "late_per_day": 80}),
        "priority": (GOOD | PRIORITY | LARGE | HIGH, {"priority": 4, "late_per_day": 60}),
        "standard_needed": (GOOD | STANDARD | SMALL | HIGH, {"priority": 5, "concession_percent": 3}),
        "standard": (GOOD | STANDARD | SMALL | NORMAL, {"priority": 5, "concession_percent": 2, "partial_percent": 25}),
    },
    "inventory_roles": {
        "hard": (
            {"hard": True, "option": "SUBSTITUTE", "strategic": True, "consent_needed": True},
            {"role": "operations_manager"},
        ),
        "consent": (
            {"hard": False, "option": "SPLIT_DC", "strategic": False, "consent_needed": True},
            {"role": "account_manager"},
        ),
        "strategic_substitute": (
            {"hard": False, "option": "SUBSTITUTE", "strategic": True, "consent_needed": False},
            {"role": "account_manager"},
        ),
        "supplier": (
            {"hard": False, "option": "EXPEDITE_PO", "strategic": True, "consent_needed": False},
            {"role": "buyer"},
        ),
        "others": (
            {"hard": False, "option": "REALLOCATE", "strategic": True, "consent_needed": False},
            {"role": "operations_manager"},
        ),
        "substitute": (
            {"hard": False, "option": "SUBSTITUTE", "strategic": False, "consent_needed": False},
            {"role": "operations_manager"},
        ),
    },
    "tax_terms": {
        "best": (BEST | STANDARD | LARGE, {"accept_up_to": 50, "renewable_days": 30}),
        "others_large": (OTHER | SAME_DAY | LARGE, {"accept_up_to": 25, "tolerance_percent": 1}),
        "rush": (GOOD | PRIORITY | SMALL, {"accept_up_to": 25, "role": "tax_manager"}),
        "others": (GOOD | STANDARD | SMALL, {"accept_up_to": 25, "true_up_risk_percent": 2}),
    },
}


@pytest.mark.parametrize(("table", "rule"), rows_of(*TERMS))
def test_every_row_of_terms_says_what_its_owner_meant(table: str, rule: str) -> None:
    """Each row of a table of terms is found by its own inputs, and its figures are the agreed ones."""
    inputs, outputs = TERMS[table][rule]
    match = policy().decide(table, **inputs)
    assert match is not None
    assert match.rule == rule
    assert {name: match.outputs[name] for name in outputs} == outputs


@pytest.mark.parametrize(("table", "rule"), rows_of("tax_fallback_rates"))
def test_every_fallback_rate_is_used_for_its_region(table: str, rule: str) -> None:
    """While the engine is silent, an order is taxed at the rate of the region it goes to."""
    country, _, region = rule.partition("-")
    match = policy().decide(table, country=country, region=region)
    assert match is not None
    ship_to = order().ship_to.model_copy(update={"country": country, "region": region})
    fallback = tax(None, taxed(0, ship_to=ship_to)).option("FALLBACK_TRUE_UP")
    assert fallback is not None
    expected = Decimal(1000) * match.number("rate_percent") / 100
    assert fallback.plan.steps[0].arguments["lines"] == {"1": f"{expected:.2f}"}


def test_a_case_that_no_row_covers_is_asked_about() -> None:
    """A gap in a rule table never releases anything: the lowest role of the chain is asked."""
    assessment = credit(by=policy_without("credit_rules", ["prepaid"]))
    assert assessment.ask is not None
    assert assessment.ask.role == "assistant_credit_manager"
    assert not any(option.automatic for option in assessment.options)
    assert "no row of credit_rules" in assessment.reason


def test_an_assessment_names_the_policies_it_was_made_by() -> None:
    """Version and moment are on every assessment."""
    assessment = credit()
    assert (assessment.policy_version, assessment.assessed_at) == (policy().version, NOW)


def test_transfers_are_looked_at_by_the_same_rules() -> None:
    """A transfer in time and without dear freight happens by itself."""
    assessment = inventory(
        stocked("NYC", 0), stocked("BOS", 100), lanes=(lane("BOS", cost=20),), the_order=order(line(quantity=100))
    )
    assert (assessment.recommended, assessment.ask) == ("TRANSFER", None)
