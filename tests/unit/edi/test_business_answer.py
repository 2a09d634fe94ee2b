from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from domain.edi.acknowledgement import Bak02
from domain.edi.business_answer import OrderStory, business_answer
from domain.order import AsOrdered, LineStatus, Order, OrderLine, OrderStatus
from tests.unit.playbooks.scenario import HARD, day, line, order

RELEASED, CANCELLED = OrderStatus.RELEASED, OrderStatus.CANCELLED
AT_TEN = AsOrdered(unit_price=Decimal(10), currency="USD")
BY_THE_CASE = AsOrdered(unit_price=Decimal(120), unit="CS", pack_quantity=Decimal(12), currency="USD")


def ordered(**more: Any) -> OrderLine:
    """A hundred bolts at 10, for day 5."""
    return line(**{"as_ordered": AT_TEN, "need_by": day(5), **more})


def told(came_in: OrderLine, *now: OrderLine, status: OrderStatus = RELEASED, others: tuple[Order, ...] = ()) -> Any:
    """The line of the 855, if the order is now so."""
    parts = (order(*now, status=status, holds=()), *others)
    return business_answer(OrderStory(ordered=order(came_in), parts=parts)).lines[0]


def rest(quantity: int, **more: Any) -> OrderLine:
    """What comes later of the line."""
    return ordered(line_id="1-2", split_from="1", quantity=Decimal(quantity), status=LineStatus.BACKORDERED, **more)


@pytest.mark.parametrize(
    ("now", "code"),
    [
        ((ordered(),), "AR"),
        ((ordered(promised_on=day(5)),), "AR"),
        ((ordered(promised_on=day(8)),), "DR"),
        ((ordered(quantity=Decimal(60)), rest(40, promised_on=day(9))), "BP"),
        ((ordered(status=LineStatus.BACKORDERED),), "IB"),
        ((ordered(item="BOLT2"),), "IS"),
        ((ordered(unit_price=Decimal("10.5")),), "IP"),
        ((ordered(quantity=Decimal(60)),), "IQ"),
        ((ordered(item="BOLT2", unit_price=Decimal(9)),), "IC"),
        ((ordered(status=LineStatus.CANCELLED), line("2", "NUT")), "ID"),
    ],
)
def test_what_became_of_a_line_has_its_code(now: tuple[OrderLine, ...], code: str) -> None:
    """From the order as it came in and as it was let go, by nothing else."""
    assert told(ordered(), *now).code == code


def test_a_changed_price_is_said() -> None:
    """And one that did not change is not."""
    assert told(ordered(), ordered(unit_price=Decimal("10.5"))).unit_price == Decimal("10.5")
    assert told(ordered(), ordered(promised_on=day(8))).unit_price is None


@pytest.mark.parametrize(
    ("stated", "entered_at", "price", "code"),
    [
        (AT_TEN, 12, 10, "AR"),
        (AT_TEN, 12, 12, "IP"),
        (BY_THE_CASE, 10, 10, "AR"),
        (BY_THE_CASE, 10, 9, "IP"),
        (AsOrdered(unit_price=Decimal(120), unit="CS", currency="USD"), 10, 10, "AR"),
        (AsOrdered(unit_price=Decimal(8), currency="EUR"), 10, 10, "AR"),
        (None, 12, 11, "AR"),
    ],
    ids=["theirs", "ours", "by the case", "by the case, less", "pack unknown", "other currency", "none stated"],
)
def test_a_price_has_changed_if_it_is_not_the_partners(
    stated: AsOrdered | None, entered_at: int, price: int, code: str
) -> None:
    """Whatever the ERP had for it."""
    came_in = ordered(as_ordered=stated, unit_price=Decimal(entered_at))
    assert told(came_in, ordered(as_ordered=stated, unit_price=Decimal(price))).code == code


def test_what_a_part_number_turned_out_to_mean_is_no_substitute() -> None:
    assert told(ordered(item="UNMAPPED:99-7"), ordered(item="NUT-M8")).code == "AR"


def test_goods_that_are_gone_have_shipped() -> None:
    assert told(ordered(), ordered(), status=OrderStatus.SHIPPED).code == "AC"


def test_what_was_split_off_and_is_held_comes_later() -> None:
    """Once it is released as well, everything is; if it was cancelled, there is less."""

    def split(status: OrderStatus, *holds: Any) -> Any:
        part = order(ordered(quantity=Decimal(40)), order_id="SO-1-S1", status=status, holds=holds)
        return told(ordered(), ordered(quantity=Decimal(60)), others=(part,))

    assert (split(OrderStatus.ON_HOLD, HARD).code, split(OrderStatus.ON_HOLD, HARD).quantity) == ("BP", 100)
    assert (split(RELEASED).code, split(RELEASED).quantity) == ("AR", 100)
    assert (split(CANCELLED).code, split(CANCELLED).quantity) == ("IQ", 60)


def test_an_order_of_which_nothing_ships_is_rejected() -> None:
    """The lines that nobody could read are the reason."""
    came_in = order(line("1", "UNMAPPED:99-7"), line("2", "NUT"))
    found = business_answer(OrderStory(ordered=came_in, parts=(came_in.model_copy(update={"status": CANCELLED}),)))
    assert found.bak02 is Bak02.REJECTED
    assert [one.code for one in found.lines] == ["R2", "IR"]


@pytest.mark.parametrize(
    ("now", "bak02"), [((ordered(),), Bak02.DETAIL_NO_CHANGE), ((ordered(item="BOLT2"),), Bak02.DETAIL_AND_CHANGE)]
)
def test_the_order_says_whether_anything_changed(now: tuple[OrderLine, ...], bak02: Bak02) -> None:
    story = OrderStory(ordered=order(ordered()), parts=(order(*now, status=RELEASED, holds=()),))
    assert business_answer(story).bak02 is bak02


def test_an_order_that_is_held_again_is_on_hold() -> None:
    held = order(ordered(), status=OrderStatus.ON_HOLD, holds=(HARD,))
    assert business_answer(OrderStory(ordered=held, parts=(held,))).lines[0].code == "IH"
