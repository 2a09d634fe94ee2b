from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any, NamedTuple

import pytest

from domain.assessment import Assessment
from domain.order import AsOrdered, ServiceLevel
from tests.unit.playbooks.pricing import (
    answered,
    contract,
    known,
    ordered,
    po_line,
    price,
    record,
    unanswered,
)
from tests.unit.playbooks.scenario import HARD, order, policy, policy_without


class Row(NamedTuple):
    """What a row is to lead to: the recommended option, and who is asked (nobody: it is automatic)."""

    judge: Callable[[], Assessment]
    recommended: str
    asks: str | None


IN_EUROS = order(po_line(None, as_ordered=AsOrdered(unit_price=Decimal(9), currency="EUR")))
WRONG_RECORD = known(contract(9), record=record(10))
BOTH = order(po_line(8), po_line(8, line_id="2"))

PRICE = {
    "hard": Row(lambda: price(ordered(9), known(contract(9)), the_hold=HARD), "HONOR_CONTRACT", "pricing_analyst"),
    "settled": Row(lambda: price(ordered(10)), "HONOR_PO", None),
    "as_agreed": Row(lambda: price(ordered(9), known(contract(9))), "HONOR_CONTRACT", None),
    "as_agreed_rush": Row(
        lambda: price(ordered(9, service_level=ServiceLevel.SAME_DAY), WRONG_RECORD), "HONOR_CONTRACT", None
    ),
    "record_wrong": Row(lambda: price(ordered(9), WRONG_RECORD), "FIX_MASTER", "pricing_analyst"),
    "close_enough": Row(lambda: price(ordered("9.90")), "HONOR_PO", None),
    "customer_agrees": Row(lambda: answered(ordered(8), choice="REVISE"), "HONOR_CONTRACT", None),
    "customer_cancels": Row(
        lambda: answered(order(po_line(8), po_line(10, line_id="2")), choice="CANCEL"), "REJECT_LINE", None
    ),
    "question_open": Row(lambda: answered(ordered(8)), "CUSTOMER_REVISE", None),
    "higher_than_agreed": Row(lambda: price(ordered(11), known(contract(10))), "HONOR_CONTRACT", None),
    "higher_than_ours": Row(lambda: price(ordered(11)), "HONOR_CONTRACT", "pricing_analyst"),
    "silent_best": Row(lambda: unanswered(ordered(9), customer={"segment": "A"}), "HONOR_PO", "pricing_analyst"),
    "silent": Row(lambda: unanswered(ordered(9)), "REJECT_LINE", "pricing_analyst"),
    "unknown": Row(lambda: price(IN_EUROS), "CUSTOMER_REVISE", "pricing_analyst"),
    "margin_target": Row(lambda: price(ordered("8.58")), "HONOR_PO", "pricing_analyst"),
    "margin_floor": Row(lambda: price(ordered("8.57")), "HONOR_PO", "sales_manager"),
    "below_floor": Row(lambda: price(ordered("7.05")), "CUSTOMER_REVISE", "vp_sales"),
    "below_cost": Row(lambda: price(ordered("5.99")), "CUSTOMER_REVISE", "cfo"),
}

RULES = [row.rule for row in policy().tables["price_rules"].rows]


@pytest.mark.parametrize("rule", RULES)
def test_every_row_decides_what_it_says(rule: str) -> None:
    """Each row is hit by its own case, and recommends and asks as its owner meant it."""
    case = PRICE[rule]
    assessment = case.judge()
    assert (assessment.rules[0].table, assessment.rules[0].rule) == ("price_rules", rule)
    assert assessment.recommended == case.recommended
    assert (assessment.ask.role if assessment.ask else None) == case.asks
    assert assessment.recommended_option.automatic is (assessment.ask is None)


def test_no_case_outlives_its_row() -> None:
    """A row that was taken out takes its case with it."""
    assert set(PRICE) == set(RULES)


def _row(segment: str, service_level: str, order_value: int, **outputs: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    inputs = {"segment": segment, "service_level": service_level, "order_value": Decimal(order_value)}
    return inputs, outputs


TERMS: dict[str, dict[str, tuple[dict[str, Any], dict[str, Any]]]] = {
    "price_terms": {
        "small": _row("A", "STANDARD", 500, line_percent=1, line_amount=5, order_amount=10),
        "rush": _row("B", "SAME_DAY", 501, line_percent=1, line_amount=25, order_amount=100),
        "best": _row("A", "STANDARD", 501, line_percent=1, line_amount=25, order_amount=100),
        "good": _row("B", "STANDARD", 90_000, line_percent=1, line_amount=25, order_amount=100),
        "others": _row("C", "PRIORITY", 501, line_percent=Decimal("0.5"), line_amount=10, order_amount=40),
    },
    "price_roles": {
        "agreed": ({"option": "FIX_MASTER", "margin": "BELOW_COST"}, {"juniors": ()}),
        "target": ({"option": "HONOR_PO", "margin": "TARGET"}, {"juniors": ()}),
        "floor": ({"option": "ONE_TIME_OVERRIDE", "margin": "FLOOR"}, {"juniors": ("pricing_analyst",)}),
        "below-floor": (
            {"option": "HONOR_PO", "margin": "BELOW_FLOOR"},
            {"juniors": ("pricing_analyst", "sales_manager")},
        ),
        "no-cost": ({"option": "REJECT_LINE", "margin": "UNKNOWN"}, {"chain": ("vp_sales", "cfo", "president")}),
        "below-cost": ({"option": "CUSTOMER_REVISE", "margin": "BELOW_COST"}, {"chain": ("cfo", "president")}),
    },
}


@pytest.mark.parametrize(("table", "rule"), [(name, row.rule) for name in TERMS for row in policy().tables[name].rows])
def test_every_row_of_terms_says_what_its_owner_meant(table: str, rule: str) -> None:
    """Each row is found by its own inputs, and its figures are the agreed ones."""
    inputs, outputs = TERMS[table][rule]
    match = policy().decide(table, **inputs)
    assert match is not None
    assert match.rule == rule
    assert {name: match.outputs[name] or () for name in outputs} == outputs


def test_a_case_that_no_row_covers_is_asked_about() -> None:
    """A gap in the table never releases anything."""
    assessment = price(ordered(10), by=policy_without("price_rules", ["hard"]))
    assert assessment.ask is not None
    assert "no row of price_rules" in assessment.reason
    assert not any(option.automatic for option in assessment.options)


@pytest.mark.parametrize(
    ("quantity", "role"), [(5_000, "pricing_analyst"), (5_001, "sales_manager"), (25_001, "vp_sales")]
)
def test_what_is_conceded_may_be_above_a_roles_limit(quantity: int, role: str) -> None:
    """The next of the chain is asked: the margin alone does not say who may give away how much."""
    assessment = price(ordered(9, quantity=quantity))
    assert assessment.ask is not None
    assert (assessment.rules[0].rule, assessment.ask.role) == ("margin_target", role)
