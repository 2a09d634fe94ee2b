from __future__ import annotations

from decimal import Decimal

import pytest
from pydantic import JsonValue

from domain.assessment import Disposition, Step
from domain.duplicates.difference import Difference
from domain.order import Order, OrderStatus
from domain.policy.wording import fill
from tests.unit.playbooks.doubles import doubled, edi, placed_before
from tests.unit.playbooks.scenario import HARD, chosen, day, line, offered, order, policy, policy_with, step, steps

ALL = {"CANCEL_NEW", "MERGE_AS_CHANGE", "KEEP_BOTH", "REPLACE_OLD"}
MORE = order(line(quantity=120))


def test_while_the_first_order_is_in_the_house_everything_can_be_done() -> None:
    """And each paragraph for the customer can be filled."""
    assessment = doubled(MORE, placed_before(1))
    assert offered(assessment) == ALL
    for option in assessment.options:
        for message in option.messages:
            assert fill(policy(), f"templates/customer/{message.template}.txt", message.values)


@pytest.mark.parametrize("status", [OrderStatus.ALLOCATED, OrderStatus.PICKING, OrderStatus.SHIPPED])
def test_an_order_on_its_way_is_neither_changed_nor_replaced(status: OrderStatus) -> None:
    assert offered(doubled(MORE, placed_before(1, status=status))) == {"CANCEL_NEW", "KEEP_BOTH"}


def test_a_copy_ends_without_loss_and_the_customer_reads_why() -> None:
    option = chosen(doubled(order(), placed_before(1)), "CANCEL_NEW")
    assert (option.disposition, option.covered_by) == (Disposition.CANCEL_ORDER, "SO-0")
    assert option.cost.amount == 0
    assert option.messages[0].values == {"order": "SO-1", "first_order": "SO-0", "first_po": "PO-1"}


def test_what_no_other_order_delivers_is_never_cancelled_by_a_table() -> None:
    """Whatever the table says: only a copy may go without a person."""
    careless = policy_with(
        "duplicate_rules.csv",
        "ASK,MERGE_AS_CHANGE|KEEP_BOTH,,same purchase order but other content",
        "RELEASE,CANCEL_NEW,,same purchase order but other content",
    )
    assessment = doubled(MORE, placed_before(1), by=careless)
    assert chosen(assessment, "CANCEL_NEW").covered_by is None
    assert assessment.ask is not None
    assert "always a person's decision" in assessment.reason


@pytest.mark.parametrize("code", ["MERGE_AS_CHANGE", "REPLACE_OLD"])
def test_what_touches_another_order_is_always_a_persons_decision(code: str) -> None:
    careless = policy_with(
        "duplicate_rules.csv", "ASK,MERGE_AS_CHANGE|KEEP_BOTH,,same purchase", f"RELEASE,{code},,same purchase"
    )
    assert doubled(MORE, placed_before(1), by=careless).ask is not None


def test_a_hard_hold_waits_for_a_person_also_if_it_is_a_replay() -> None:
    assert doubled(order(edi=edi()), placed_before(1, edi=edi()), the_hold=HARD).ask is not None


def test_a_replay_of_a_cancelled_order_has_nothing_to_merge_with_and_covers_nothing() -> None:
    """The question says which order it was; ending this one leaves the customer without the goods."""
    assessment = doubled(order(edi=edi()), placed_before(1, edi=edi(), status=OrderStatus.CANCELLED))
    assert offered(assessment) == {"CANCEL_NEW", "KEEP_BOTH"}
    assert chosen(assessment, "CANCEL_NEW").covered_by is None
    assert assessment.ask is not None
    assert "SO-0, which is CANCELLED. Is it wanted now?" in assessment.ask.question


def _added(merge: Step) -> list[dict[str, JsonValue]]:
    lines = merge.arguments["add_lines"]
    assert isinstance(lines, list)
    return [line for line in lines if isinstance(line, dict)]


def test_a_merge_adds_what_is_missing_and_nothing_else() -> None:
    """More of a line that is there, and what is not there as a line under a free number."""
    newer = order(line(quantity=120, tax_in_erp=Decimal(12)), line("2", "NUT", 7))
    option = chosen(doubled(newer, placed_before(1, lines=(line(),), version=9)), "MERGE_AS_CHANGE")
    merge = step(option, "erp.merge_into")
    assert (merge.undo, option.disposition) == ("unmerge", Disposition.CANCEL_ORDER)
    assert (merge.arguments["order_id"], merge.arguments["version"]) == ("SO-0", 9)
    assert merge.arguments["add_quantities"] == {"1": "20"}
    (added,) = _added(merge)
    assert (added["line_id"], added["item"], added["quantity"]) == ("2", "NUT", "7")


def test_more_at_another_price_or_for_another_day_is_a_line_of_its_own() -> None:
    dearer = order(line(quantity=120, unit_price=Decimal(11), tax_in_erp=Decimal(12)))
    merge = step(chosen(doubled(dearer, placed_before(1)), "MERGE_AS_CHANGE"), "erp.merge_into")
    (added,) = _added(merge)
    assert (added["line_id"], added["quantity"], added["tax_in_erp"]) == ("2", "20", "2.00")
    assert merge.arguments["add_quantities"] == {}


@pytest.mark.parametrize(
    "newer",
    [
        order(),
        order(line(quantity=99)),
        MORE.model_copy(update={"ship_to": MORE.ship_to.model_copy(update={"site_id": "S-9"})}),
    ],
    ids=["the same", "less", "elsewhere"],
)
def test_what_adding_cannot_make_is_no_merge(newer: Order) -> None:
    assert "MERGE_AS_CHANGE" not in offered(doubled(newer, placed_before(1)))


def test_a_difference_reads_as_one_would_say_it() -> None:
    newer = order(line(quantity=90), line("2", "NUT", 7))
    assert str(Difference.of(newer, placed_before(1))) == "-10 EA BOLT, +7 EA NUT"
    assert str(Difference.of(order(), placed_before(1))) == "none"


def test_keeping_both_gives_the_later_one_a_free_release_number() -> None:
    """So that the two can be told apart, and the ERP does not hold it again. A person may choose another."""
    others = (placed_before(1), placed_before(9, order_id="SO-A", release_number="2"))
    option = chosen(doubled(MORE, *others), "KEEP_BOTH")
    marked = step(option, "erp.set_purchase_order")
    assert marked.arguments == {"po_number": "PO-1", "release_number": "3"}
    assert marked.undo == "reverse_amendment"
    adjusted = doubled(MORE, *others, adjustments={"KEEP_BOTH": {"release_number": "77"}})
    assert step(chosen(adjusted, "KEEP_BOTH"), "erp.set_purchase_order").arguments["release_number"] == "77"


def test_keeping_both_costs_what_a_return_would() -> None:
    """8 % of 1,000 USD for this customer; nothing if nothing is like the order."""
    assert chosen(doubled(order(), placed_before(1)), "KEEP_BOTH").cost.amount == 80
    assert chosen(doubled(order()), "KEEP_BOTH").cost.amount == 0


def test_a_replacement_keeps_the_earlier_promise() -> None:
    """The first order ends, and a day that was promised for the same item stays promised."""
    first = placed_before(1, lines=(line(promised_on=day(3)),), version=9)
    option = chosen(doubled(order(line("A", quantity=90, promised_on=day(8))), first), "REPLACE_OLD")
    assert steps(option) == ["erp.cancel_other_order", "erp.set_promise"]
    cancelled, kept = option.plan.steps
    assert cancelled.arguments == {"order_id": "SO-0", "version": 9, "reason_code": "REPLACED_BY_SO-1"}
    assert (cancelled.undo, kept.undo) == ("reinstate_other_order", "reverse_amendment")
    assert kept.arguments == {"lines": {"A": day(3).isoformat()}}


def test_a_later_promise_is_not_kept() -> None:
    first = placed_before(1, lines=(line(promised_on=day(9)),))
    assert steps(chosen(doubled(order(line(quantity=9, promised_on=day(8))), first), "REPLACE_OLD")) == [
        "erp.cancel_other_order"
    ]


def test_a_row_of_the_rules_may_name_who_is_asked() -> None:
    named = policy_with(
        "duplicate_rules.csv", "MERGE_AS_CHANGE|KEEP_BOTH,,same purchase", "KEEP_BOTH,account_manager,same purchase"
    )
    ask = doubled(MORE, placed_before(1), by=named).ask
    assert ask is not None
    assert ask.role == "account_manager"


def test_large_orders_are_beyond_the_lead() -> None:
    large = order(line(quantity=5001))
    ask = doubled(large, placed_before(1)).ask
    assert ask is not None
    assert (ask.role, "One order or two?" in ask.question) == ("operations_manager", True)
