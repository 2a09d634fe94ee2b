"""Every option of a price discrepancy, judged on facts of the real services, carried out there, and undone."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from domain.assessment import Assessment, Option
from domain.exception_types import ExceptionType
from domain.order import Order
from tests.integration.playbooks.stage import Stage, day, without_version

PRICE = ExceptionType.PRICE_DISCREPANCY


def line(item: str, stated: str, line_id: str = "1", **as_ordered: Any) -> dict[str, Any]:
    """A hundred at 10 in the ERP, ordered at that price."""
    fields = {"unit_price": "10", "unit_cost": "6", "need_by": day(5), "tax_in_erp": "80", "tax_as_ordered": "80"}
    price = {"unit_price": stated, "currency": "USD", **as_ordered}
    return {"line_id": line_id, "item": item, "quantity": "100", "as_ordered": price, **fields}


async def judged(world: Stage, code: str, *lines: dict[str, Any]) -> tuple[Order, Assessment, Option]:
    order = world.held("PRICE_DISCREPANCY", "C-5", *lines)
    return order, *(await world.judged(PRICE, order, code))


def prices(world: Stage, order: Order) -> list[Decimal]:
    return [line.unit_price for line in world.order(order.order_id).lines]


def record(world: Stage) -> tuple[Decimal, str]:
    found = world.desks["pricing"].seen("/v1/price-records/PR-NUT")
    return Decimal(found["prices"]["breaks"][0]["unit_price"]), found["basis"]


CASES = [
    ("HONOR_CONTRACT", (line("BOLT", "9"),), ["9"]),
    ("HONOR_CONTRACT", (line("BOLT", "135", unit="CS", currency="EUR"),), ["9"]),
    ("HONOR_PO", (line("GEAR", "8.5"), line("BOLT", "9", "2")), ["8.5", "9"]),
    ("ONE_TIME_OVERRIDE", (line("GEAR", "8.5"),), ["8.5715"]),
    ("CUSTOMER_REVISE", (line("GEAR", "8.5"),), ["10"]),
    ("REJECT_LINE", (line("GEAR", "8.5"), line("BOLT", "9", "2")), ["10", "9"]),
]


@pytest.mark.parametrize(("code", "lines", "expected"), CASES, ids=[f"{case[0]}-{len(case[1])}" for case in CASES])
async def test_every_option_is_carried_out_and_undone(
    world: Stage, code: str, lines: tuple[dict[str, Any], ...], expected: list[str]
) -> None:
    """Each step leaves one effect under its own key; undone, order and facts are as they were."""
    order, before, option = await judged(world, code, *lines)
    results = await world.carry_out(order, option)
    assert len({result.reference for result in results}) == len(option.plan.steps) > 0
    assert prices(world, order) == [Decimal(price) for price in expected]
    await world.undo(order, option)
    assert without_version(world.order(order.order_id)) == without_version(order)
    again = await world.assess(PRICE, order)
    assert again.digest == before.digest


async def test_the_record_of_all_orders_is_mended_once_and_restored(world: Stage) -> None:
    """Another order that is held by it then goes by itself; restored, it is asked about again."""
    order, before, option = await judged(world, "FIX_MASTER", line("NUT", "9"))
    sibling = world.held("PRICE_DISCREPANCY", "C-5", line("NUT", "9"))
    assert (before.recommended, before.cause and before.cause.key) == ("FIX_MASTER", "price-record/PR-NUT")
    await world.carry_out(order, option)
    assert record(world) == (Decimal(9), "contract K-NUT version 1")
    mended = await world.assess(PRICE, sibling)
    assert (mended.rules[0].rule, mended.recommended, mended.ask) == ("as_agreed", "HONOR_CONTRACT", None)
    await world.undo(order, option)
    assert record(world)[0] == Decimal(10)
    assert without_version(world.order(order.order_id)) == without_version(order)
    assert (await world.assess(PRICE, sibling)).rules[0].rule == "record_wrong"


@pytest.mark.parametrize(
    ("choice", "rule", "recommended"),
    [
        ("REVISE", "customer_agrees", "HONOR_CONTRACT"),
        ("KEEP", "margin_floor", "HONOR_PO"),
        ("CANCEL", "customer_cancels", "REJECT_LINE"),
        (None, "question_open", "CUSTOMER_REVISE"),
    ],
)
async def test_what_the_customer_answers_is_judged_again(
    world: Stage, choice: str | None, rule: str, recommended: str
) -> None:
    """Agreed: our price holds. Insisted: the question is back with us. Not at all: the line goes."""
    order, _, option = await judged(world, "CUSTOMER_REVISE", line("GEAR", "8.5"))
    (asked,) = await world.carry_out(order, option)
    if choice is not None:
        world.desks["crm"].made(f"/v1/consent-requests/{asked.resource_id}/answer", {"choice": choice})
    assessment = await world.assess(PRICE, order)
    assert (assessment.rules[0].rule, assessment.recommended) == (rule, recommended)
