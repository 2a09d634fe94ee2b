from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from domain.edi.acknowledgement import (
    Bak02,
    LineCode,
    Outcome,
    Pending,
    Refused,
    acknowledgement,
    rejection,
)
from domain.order import LineStatus, Order, OrderStatus
from tests.unit.playbooks.scenario import day, line, order

Case = tuple[str, Outcome, dict[str, Any], OrderStatus]
HELD = OrderStatus.ON_HOLD

CODES: list[Case] = [
    ("AC", Outcome(), {}, OrderStatus.SHIPPED),
    ("AC", Outcome(), {}, OrderStatus.INVOICED),
    ("AR", Outcome(), {}, OrderStatus.RELEASED),
    ("BP", Outcome(now=Decimal(60), later=Decimal(40)), {}, HELD),
    ("BP", Outcome(now=Decimal(60), later=Decimal(40), promised_on=day(9)), {}, HELD),
    ("DR", Outcome(promised_on=day(9)), {}, HELD),
    ("DR", Outcome(), {"promised_on": day(9)}, HELD),
    ("IA", Outcome(), {}, HELD),
    ("IA", Outcome(promised_on=day(4)), {}, HELD),
    ("IB", Outcome(now=Decimal(0), later=Decimal(100)), {}, HELD),
    ("IB", Outcome(), {"status": LineStatus.BACKORDERED}, HELD),
    ("IC", Outcome(unit_price=Decimal(9), promised_on=day(9)), {}, HELD),
    ("ID", Outcome(deleted=True), {}, HELD),
    ("ID", Outcome(), {"status": LineStatus.CANCELLED}, HELD),
    ("IE", Outcome(pending=Pending.PRICE), {}, HELD),
    ("IF", Outcome(pending=Pending.DESCRIPTION), {}, HELD),
    ("IH", Outcome(pending=Pending.HOLD), {}, HELD),
    ("IP", Outcome(unit_price=Decimal(9)), {}, HELD),
    ("IQ", Outcome(now=Decimal(60)), {}, HELD),
    ("IR", Outcome(refused=Refused.LINE), {}, HELD),
    ("IS", Outcome(item="BOLT2"), {}, HELD),
    ("R2", Outcome(refused=Refused.ITEM), {}, HELD),
    ("R3", Outcome(refused=Refused.UNIT), {}, HELD),
    ("SP", Outcome(pending=Pending.DATE), {}, HELD),
]


@pytest.mark.parametrize(("code", "outcome", "fields", "status"), CODES)
def test_what_was_decided_about_a_line_has_its_code(
    code: str, outcome: Outcome, fields: dict[str, Any], status: OrderStatus
) -> None:
    """Every code of ACK01 that the domain knows."""
    (found,) = acknowledgement(order(line(**fields), status=status), {"1": outcome}).lines
    assert found.code == code


def test_no_code_is_without_a_case() -> None:
    """A new code needs one."""
    assert {code for code, *_ in CODES} == {code.value for code in LineCode}


@pytest.mark.parametrize(
    ("outcome", "code"),
    [
        (Outcome(refused=Refused.ITEM, pending=Pending.PRICE, deleted=True), LineCode.INVALID_ITEM),
        (Outcome(deleted=True, pending=Pending.PRICE), LineCode.DELETED),
        (Outcome(pending=Pending.PRICE, item="BOLT2"), LineCode.PRICE_PENDING),
    ],
)
def test_a_refusal_goes_before_what_is_open_and_that_before_changes(outcome: Outcome, code: LineCode) -> None:
    """One line has one code."""
    assert acknowledgement(order(), {"1": outcome}).lines[0].code is code


@pytest.mark.parametrize(
    ("outcomes", "exceptions_only", "bak02", "listed"),
    [
        ({}, False, Bak02.DETAIL_NO_CHANGE, 2),
        ({}, True, Bak02.DETAIL_NO_CHANGE, 2),
        ({"2": Outcome(unit_price=Decimal(9))}, False, Bak02.DETAIL_AND_CHANGE, 2),
        ({"2": Outcome(unit_price=Decimal(9))}, True, Bak02.EXCEPTIONS_ONLY, 1),
        ({"1": Outcome(deleted=True), "2": Outcome(refused=Refused.UNIT)}, True, Bak02.REJECTED, 2),
    ],
)
def test_the_order_has_the_code_that_its_lines_make(
    outcomes: dict[str, Outcome],
    exceptions_only: bool,  # noqa: FBT001 - the partner's wish
    bak02: Bak02,
    listed: int,
) -> None:
    """All four codes of BAK02."""
    found = acknowledgement(_two_lines(), outcomes, exceptions_only=exceptions_only)
    assert (found.bak02, len(found.lines)) == (bak02, listed)


def test_a_rejected_order_says_which_lines_are_the_reason() -> None:
    """The others are rejected along with them, and nothing of any is promised."""
    found = rejection(_two_lines(), {"1": Refused.ITEM})
    assert found.bak02 is Bak02.REJECTED
    assert [(one.code, one.quantity) for one in found.lines] == [("R2", None), ("IR", None)]


def test_a_backordered_line_still_promises_all_of_it() -> None:
    """What goes now and what goes later."""
    (found,) = acknowledgement(order(), {"1": Outcome(now=Decimal(60), later=Decimal(40))}).lines
    assert found.quantity == Decimal(100)


def _two_lines() -> Order:
    return order(line("1"), line("2"))
