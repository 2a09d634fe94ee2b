from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any, NamedTuple

import pytest

from domain.assessment import Assessment
from domain.order import OrderStatus
from tests.unit.playbooks.doubles import doubled, edi, placed_before
from tests.unit.playbooks.scenario import HARD, line, order, policy

LEAD = "customer_service_lead"
MORE = (line(quantity=120),)
OTHER_PO = order(po_number="PO-2")


class Row(NamedTuple):
    """What a row is to lead to: the recommended option, and who is asked (nobody: it is automatic)."""

    judge: Callable[[], Assessment]
    recommended: str
    asks: str | None


ROWS = {
    "hard": Row(lambda: doubled(order(), placed_before(1), the_hold=HARD), "KEEP_BOTH", LEAD),
    "change": Row(lambda: doubled(order(*MORE, edi=edi("04")), placed_before(1)), "MERGE_AS_CHANGE", LEAD),
    "replacement": Row(lambda: doubled(order(*MORE, edi=edi("05")), placed_before(1)), "REPLACE_OLD", LEAD),
    "nothing_to_change": Row(lambda: doubled(order(edi=edi("04"))), "KEEP_BOTH", LEAD),
    "other_purpose": Row(lambda: doubled(order(edi=edi("01")), placed_before(1)), "KEEP_BOTH", LEAD),
    "replay": Row(lambda: doubled(order(edi=edi()), placed_before(1, edi=edi())), "CANCEL_NEW", None),
    "replay_of_cancelled": Row(
        lambda: doubled(order(edi=edi()), placed_before(1, edi=edi(), status=OrderStatus.CANCELLED)), "CANCEL_NEW", LEAD
    ),
    "copy_of_shipped": Row(lambda: doubled(order(), placed_before(30, status=OrderStatus.SHIPPED)), "CANCEL_NEW", LEAD),
    "copy": Row(lambda: doubled(order(), placed_before(30)), "CANCEL_NEW", None),
    "other_content": Row(lambda: doubled(order(*MORE), placed_before(30)), "MERGE_AS_CHANGE", LEAD),
    "twice_in_a_day_large": Row(
        lambda: doubled(order(line(quantity=501), po_number="PO-2"), placed_before(24, lines=(line(quantity=501),))),
        "KEEP_BOTH",
        LEAD,
    ),
    "twice_in_a_day": Row(lambda: doubled(OTHER_PO, placed_before(24)), "KEEP_BOTH", None),
    "repeat_order": Row(lambda: doubled(OTHER_PO, placed_before(25)), "KEEP_BOTH", None),
    "not_counted": Row(lambda: doubled(order(), placed_before(1, status=OrderStatus.CANCELLED)), "KEEP_BOTH", None),
    "nothing_found": Row(lambda: doubled(order()), "KEEP_BOTH", LEAD),
}


@pytest.mark.parametrize("rule", [row.rule for row in policy().tables["duplicate_rules"].rows])
def test_every_row_decides_what_it_says(rule: str) -> None:
    """Each row is hit by its own case, and recommends and asks as its owner meant it."""
    case = ROWS[rule]
    assessment = case.judge()
    assert (assessment.rules[0].table, assessment.rules[0].rule) == ("duplicate_rules", rule)
    assert assessment.recommended == case.recommended
    assert (assessment.ask.role if assessment.ask else None) == case.asks
    assert assessment.recommended_option.automatic is (assessment.ask is None)


def test_no_case_outlives_its_row() -> None:
    """A row that was taken out takes its case with it."""
    assert set(ROWS) == {row.rule for row in policy().tables["duplicate_rules"].rows}


TERMS: dict[str, tuple[tuple[str, int], dict[str, Any]]] = {
    "large": (("A", 50_001), {"po_window": 365, "content_window": 30, "role": "operations_manager"}),
    "best": (("A", 50_000), {"return_percent": 5, "role": LEAD}),
    "others": (("C", 1), {"return_percent": 8, "change_cost": 15, "tolerance_percent": 1}),
}


@pytest.mark.parametrize("rule", [row.rule for row in policy().tables["duplicate_terms"].rows])
def test_every_row_of_terms_says_what_its_owner_meant(rule: str) -> None:
    """Each row is found by its own inputs, and its figures are the agreed ones."""
    (segment, value), outputs = TERMS[rule]
    match = policy().decide("duplicate_terms", segment=segment, service_level="STANDARD", order_value=Decimal(value))
    assert match is not None
    assert (match.rule, {name: match.outputs[name] for name in outputs}) == (rule, outputs)
