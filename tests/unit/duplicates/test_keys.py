from __future__ import annotations

import random
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.duplicates.keys import MessageKey, PurchaseKey, content_key, normalised
from domain.order import EdiEnvelope, LineStatus, Order
from tests.unit.playbooks.scenario import day, line, order

NUMBERS = st.text(alphabet=st.characters(codec="latin-1"), max_size=20)
QUANTITIES = st.lists(st.integers(1, 500), min_size=1, max_size=6)


@pytest.mark.parametrize("written", ["PO-00123", "po 00123", "PO.00123", "  Po_00123 ", "\uff30\uff2f00123"])
def test_a_number_is_the_same_however_it_is_written(written: str) -> None:
    assert normalised(written) == "PO00123"


@pytest.mark.parametrize(
    ("written", "key"), [("000123", "123"), ("0-0-123", "123"), ("000", "0"), ("--", ""), ("", "")]
)
def test_leading_zeros_do_not_count_and_zero_is_a_number(written: str, key: str) -> None:
    assert normalised(written) == key


@given(NUMBERS)
def test_normalising_again_changes_nothing(number: str) -> None:
    assert normalised(normalised(number)) == normalised(number)


@given(NUMBERS, st.text(alphabet=" -./_#\t", max_size=5))
def test_punctuation_anywhere_changes_nothing(number: str, marks: str) -> None:
    middle = len(number) // 2
    assert normalised(marks + number[:middle] + marks + number[middle:] + marks) == normalised(number)


def test_another_release_of_a_purchase_order_is_another_order() -> None:
    assert PurchaseKey.of("C-1", "PO-1", "1") != PurchaseKey.of("C-1", "PO-1", "2")


def test_orders_without_a_number_have_no_key() -> None:
    assert PurchaseKey.of("C-1", " - ", "1") is None


@pytest.mark.parametrize("missing", ["interchange_control", "group_control", "transaction_control"])
def test_a_message_without_its_numbers_has_no_key(missing: str) -> None:
    numbers = {"interchange_control": "000000905", "group_control": "1", "transaction_control": "0001"}
    assert MessageKey.of(EdiEnvelope(partner="ACME", **numbers), "PO-1") is not None
    assert MessageKey.of(EdiEnvelope(partner="ACME", **{**numbers, missing: ""}), "PO-1") is None


@given(QUANTITIES, st.randoms(use_true_random=False))
def test_content_does_not_depend_on_how_lines_are_arranged(quantities: list[int], chance: random.Random) -> None:
    """One line of ten is as good as two of five, in any order and under any line id."""
    whole = order(*(line(str(n), f"ITEM{n}", 2 * quantity) for n, quantity in enumerate(quantities)))
    halves = [line(f"{n}-{half}", f"ITEM{n}", quantity) for n, quantity in enumerate(quantities) for half in ("a", "b")]
    chance.shuffle(halves)
    assert _content(order(*halves)) == _content(whole)


@pytest.mark.parametrize(
    "other",
    [
        order(line(quantity=101)),
        order(line(item="NUT")),
        order(line(unit="CS")),
        order(line(), line("2", "NUT")),
        order(need_by=day(6)),
        order(ship_to=order().ship_to.model_copy(update={"site_id": "S-2"})),
    ],
    ids=["quantity", "item", "unit", "another line", "need-by", "ship-to"],
)
def test_content_is_what_goes_where_and_when(other: Order) -> None:
    assert _content(other) != _content(order())


def test_what_was_cancelled_is_not_wanted_and_trailing_zeros_are_no_difference() -> None:
    cancelled = line("2", "NUT", status=LineStatus.CANCELLED)
    tenths = line().model_copy(update={"quantity": Decimal("100.00")})
    assert _content(order(tenths, cancelled)) == _content(order())


def _content(one: Order) -> str:
    return content_key(one.ship_to, one.need_by, one.lines)
