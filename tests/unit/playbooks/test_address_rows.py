from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any, NamedTuple

import pytest

from domain.assessment import Assessment
from tests.unit.playbooks.addresses import (
    BOX,
    ELSEWHERE,
    HARBOR,
    HERE,
    address,
    entered,
    heavy,
    replied,
    site,
    unanswered,
)
from tests.unit.playbooks.scenario import HARD, policy, worth


class Row(NamedTuple):
    """What a row is to lead to: the recommended option, and who is asked (nobody: it is automatic)."""

    judge: Callable[[], Assessment]
    recommended: str
    asks: str | None


MATCH = {"result": "MATCH", "list_name": "SDN"}
POSSIBLE = {"result": "POSSIBLE_MATCH", "list_name": "SDN"}
MOVED = entered(street="14 N Quarry St")
ZIP_OFF = entered(postal_code="12208")
TORONTO = entered(street="8 King St", city="Toronto", region="ON", postal_code="M5H 1A1", country="CA")
OLD = site(delivered=366)
LEAD, COMPLIANCE = "customer_service_lead", "compliance_officer"

RULES = {
    "hard": Row(lambda: address(entered(), HERE, the_hold=HARD), "STANDARDISE", COMPLIANCE),
    "restricted": Row(lambda: address(entered(), HERE, screening=MATCH), "CANCEL", COMPLIANCE),
    "possible_match": Row(lambda: address(entered(), HERE, screening=POSSIBLE), "STANDARDISE", COMPLIANCE),
    "other_country": Row(lambda: address(TORONTO, HERE), "STANDARDISE", COMPLIANCE),
    "customer_cancels": Row(lambda: replied("CANCEL", MOVED, HERE), "CANCEL", LEAD),
    "customer_corrects": Row(lambda: replied("CORRECT", MOVED, HERE, HARBOR), "ALTERNATE_SHIP_TO", LEAD),
    "customer_on_file": Row(lambda: replied("USE_ON_FILE", MOVED, HERE), "USE_MASTER", None),
    "po_box_street": Row(lambda: address(entered(**BOX), HERE, the_order=heavy()), "USE_MASTER", None),
    "po_box": Row(lambda: address(entered(**BOX), OLD, HARBOR, the_order=heavy()), "ALTERNATE_SHIP_TO", LEAD),
    "fraud_score": Row(lambda: address(entered(**ELSEWHERE), screening={"fraud_score": 60}), "CANCEL", LEAD),
    "customer_confirms": Row(lambda: replied("CONFIRM", MOVED, HERE), "STANDARDISE", None),
    "silence": Row(lambda: unanswered(MOVED, HERE), "USE_MASTER", LEAD),
    "fraud_value": Row(lambda: address(entered(**ELSEWHERE), the_order=worth(2501)), "CUSTOMER_CONFIRM", LEAD),
    "unusable": Row(lambda: address(entered(region="Atlantis"), HERE), "CUSTOMER_CONFIRM", None),
    "format": Row(lambda: address(entered(street="12 north quarry street"), HERE), "STANDARDISE", None),
    "large": Row(
        lambda: address(entered(postal_code="12208"), HERE, the_order=worth(10_001)), "CUSTOMER_CONFIRM", None
    ),
    "known_premise": Row(lambda: address(entered(postal_code="12208"), HERE), "USE_MASTER", None),
    "known_premise_long_ago": Row(lambda: address(entered(postal_code="12208"), OLD), "CUSTOMER_CONFIRM", None),
    "elsewhere": Row(lambda: address(MOVED, HERE), "CUSTOMER_CONFIRM", None),
    "new": Row(lambda: address(entered(**ELSEWHERE), the_order=worth(2500)), "STANDARDISE", None),
}


def rows_of(table: str) -> list[str]:
    """Every row of a table as it is, so that a new one without a case fails."""
    return [row.rule for row in policy().tables[table].rows]


@pytest.mark.parametrize("rule", rows_of("address_rules"))
def test_every_row_decides_what_it_says(rule: str) -> None:
    """Each row is hit by its own case, and recommends and asks as its owner meant it."""
    case = RULES[rule]
    assessment = case.judge()
    assert (assessment.rules[0].table, assessment.rules[0].rule) == ("address_rules", rule)
    assert assessment.recommended == case.recommended
    assert (assessment.ask.role if assessment.ask else None) == case.asks
    assert assessment.recommended_option.automatic is (assessment.ask is None)


def test_no_case_outlives_its_row() -> None:
    """A row that was taken out takes its case with it."""
    assert set(RULES) == set(rows_of("address_rules"))


SMALL, LARGE = {"order_value": Decimal(900)}, {"order_value": Decimal(25_001)}
TERMS: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "rush": ({"segment": "A", "service_level": "SAME_DAY"} | LARGE, {"recent_days": 365, "fraud_above": 2500}),
    "best": ({"segment": "A", "service_level": "STANDARD"} | LARGE, {"fraud_above": 5000, "confirm_above": 10_000}),
    "others_large": ({"segment": "C", "service_level": "STANDARD"} | LARGE, {"recent_days": 180, "fraud_score": 50}),
    "others": ({"segment": "B", "service_level": "STANDARD"} | SMALL, {"recent_days": 365, "freight_from_kg": 68}),
}


@pytest.mark.parametrize("rule", rows_of("address_terms"))
def test_every_row_of_terms_says_what_its_owner_meant(rule: str) -> None:
    """Each row is found by its own inputs, and its figures are the agreed ones."""
    inputs, outputs = TERMS[rule]
    match = policy().decide("address_terms", **inputs)
    assert match is not None
    assert (match.rule, {name: match.outputs[name] for name in outputs}) == (rule, outputs)
    assert match.outputs["compliance"] == ("compliance_officer",)


@pytest.mark.parametrize("rule", rows_of("address_pickup"))
def test_every_place_of_collection_is_used_for_its_warehouse(rule: str) -> None:
    """What is collected there is taxed there."""
    row = policy().decide("address_pickup", warehouse=rule.upper())
    assert row is not None
    option = address(MOVED, HERE, the_order=worth(1000, warehouse=rule.upper())).option("PICKUP")
    assert option is not None
    assert option.plan.steps[0].arguments["region"] == row.text("region")


def test_silence_lets_nothing_go_that_compliance_was_asked_about() -> None:
    """No row of the table of tasks does anything in its place, and its no is a cancellation."""
    tasks = policy().tables["tasks"]
    for level in range(3):
        row = tasks.decide(
            kind="RESOLUTION",
            exception_type="ADDRESS_INVALID",
            segment="A",
            service_level="SAME_DAY",
            role="compliance_officer",
            level=level,
            amount=Decimal(1),
        )
        assert row is not None
        assert (row.maybe("at_expiry"), row.text("ask_role")) == (None, "compliance_officer")
