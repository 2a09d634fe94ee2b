"""Every option for an order that may be there twice, judged on what the ERP knows, carried out there, and undone."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

from domain.exception_types import ExceptionType
from domain.order import Order
from tests.integration.playbooks.stage import Stage, day, without_version

DUPLICATE = ExceptionType.DUPLICATE_PO
_numbers = itertools.count(1)
_ENDED = ("holds", "status")
"""What a cancelled order that is reinstated has anew."""


def line(quantity: int = 100, line_id: str = "1", item: str = "BOLT", **more: Any) -> dict[str, Any]:
    fields = {"unit_price": "10", "unit_cost": "6", "need_by": day(5), "tax_in_erp": "80", "tax_as_ordered": "80"}
    return {"line_id": line_id, "item": item, "quantity": str(quantity), **fields, **more}


def pair(world: Stage, *lines: dict[str, Any], **more: Any) -> tuple[Order, Order]:
    """The same purchase order twice, the second time with those lines."""
    number = f"PO-TWICE-{next(_numbers)}"
    first = world.held("CREDIT", "C-4", line(promised_on=day(3)), po_number=number, **more)
    return first, world.held("DUPLICATE", "C-4", *lines, po_number=number.lower(), **more)


@pytest.mark.parametrize("code", ["MERGE_AS_CHANGE", "KEEP_BOTH", "REPLACE_OLD"])
async def test_every_plan_is_carried_out_and_undone(world: Stage, code: str) -> None:
    """Each step leaves one effect under its own key; undone, both orders are as they were and offer the same."""
    first, order = pair(world, line(120, promised_on=day(9)), line(7, "2", "NUT"))
    before = await world.assess(DUPLICATE, order)
    option = before.option(code)
    assert option is not None
    results = await world.carry_out(order, option)
    assert len({result.reference for result in results}) == len(option.plan.steps) > 0
    assert (world.order(first.order_id).version == first.version) is (code == "KEEP_BOTH")
    await world.undo(order, option)
    for one in (first, order):
        assert without_version(world.order(one.order_id), *_ENDED) == without_version(one, *_ENDED)
    again = await world.assess(DUPLICATE, order)
    assert [offered.code for offered in again.options] == [offered.code for offered in before.options]


async def test_what_is_kept_is_no_duplicate_to_the_next_look(world: Stage) -> None:
    """Its release number tells it from the first; only its content is alike then."""
    _, order = pair(world, line(), need_by=day(6))
    option = (await world.assess(DUPLICATE, order)).option("KEEP_BOTH")
    assert option is not None
    await world.carry_out(order, option)
    kept = world.order(order.order_id)
    assert kept.release_number == "2"
    assert (await world.assess(DUPLICATE, kept)).findings["in common"] == "another purchase order, the same content"
    await world.undo(order, option)


async def test_a_merged_order_wants_what_the_later_one_did(world: Stage) -> None:
    first, order = pair(world, line(120), line(7, "2", "NUT"), need_by=day(7))
    option = (await world.assess(DUPLICATE, order)).option("MERGE_AS_CHANGE")
    assert option is not None
    await world.carry_out(order, option)
    merged = world.order(first.order_id)
    assert {one.item: int(one.quantity) for one in merged.lines} == {"BOLT": 120, "NUT": 7}
    await world.undo(order, option)


async def test_the_same_message_twice_is_dropped_by_policy(world: Stage) -> None:
    """And so is the same purchase order with the same content."""
    envelope = {
        "partner": "ACME",
        "interchange_control": f"{next(_numbers):09}",
        "group_control": "1",
        "transaction_control": "0001",
    }
    _, order = pair(world, line(), edi=envelope)
    replay = await world.assess(DUPLICATE, order)
    _, order = pair(world, line())
    copy = await world.assess(DUPLICATE, order)
    assert [found.rules[0].rule for found in (replay, copy)] == ["replay", "copy"]
    assert [(found.recommended, found.ask) for found in (replay, copy)] == [("CANCEL_NEW", None)] * 2
