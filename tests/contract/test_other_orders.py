"""Steps that change an older order, of which the case's own is a duplicate: before and after that one's release."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from activities.connectors.errors import SystemCallFailed
from domain.calls import StepCall
from domain.exception_types import IntegrationErrorKind as Kind
from domain.order import Order
from tests.contract.house import Cut, House, Killed, Mortal
from tests.contract.operations import step_call, undo_of
from tests.contract.reading import contents, has_passed, read
from tests.contract.test_pivots import carry_out, pivot_call
from tests.unit.activities.conftest import run

STATES = pytest.mark.parametrize("state", ["open", "released"])
THOROUGHLY = pytest.mark.usefixtures("thorough")
_MORE = Decimal(3)
_MOST_WRITES = 12


async def two_orders(house: House, state: str) -> tuple[Order, Order]:
    """The case's own order, and the older one."""
    ports = house.ports()
    older = await read(ports, house.other_order())
    if state == "released":
        await carry_out(ports, "release_order", pivot_call(older))
        older = await read(ports, older.order_id)
    return await read(ports, house.held_order()), older


def merging(own: Order, older: Order, *, again: bool = False, **more: Any) -> StepCall:
    """Three more pieces on the first line."""
    arguments = {"order_id": older.order_id, "version": older.version}
    arguments |= more or {"add_quantities": {older.lines[0].line_id: f"{_MORE:f}"}}
    return step_call(own, f"hf-merge-{own.order_id}", arguments, again=again)


def ending(own: Order, older: Order, *, again: bool = False) -> StepCall:
    """The older one is not to be delivered."""
    arguments = {"order_id": older.order_id, "version": older.version, "reason_code": "REPLACE_OLD"}
    return step_call(own, f"hf-end-older-{own.order_id}", arguments, again=again)


@STATES
async def test_more_is_added_to_an_older_order_once_and_taken_out_again(house: House, state: str) -> None:
    own, older = await two_orders(house, state)
    owed, erp = house.owed(older.order_id), house.ports().erp
    await run(erp.merge_into, merging(own, older))
    assert house.owed(older.order_id) == owed + _MORE
    again = await run(house.ports().erp.merge_into, merging(own, older, again=True), attempt=2)
    assert again.read_back
    assert house.owed(older.order_id) == owed + _MORE
    for attempt in (1, 2):
        await run(erp.unmerge, undo_of(merging(own, older)), attempt=attempt)
        assert house.owed(older.order_id) == owed
    assert house.released(older.order_id) == (state == "released")


@STATES
async def test_an_older_order_is_ended_once_and_reinstated(house: House, state: str) -> None:
    own, older = await two_orders(house, state)
    owed, erp = house.owed(older.order_id), house.ports().erp
    await run(erp.cancel_other_order, ending(own, older))
    assert house.is_cancelled(older.order_id)
    again = await run(house.ports().erp.cancel_other_order, ending(own, older, again=True), attempt=2)
    assert again.read_back
    for attempt in (1, 2):
        await run(erp.reinstate_other_order, undo_of(ending(own, older)), attempt=attempt)
        assert house.owed(older.order_id) == owed
        assert not house.is_cancelled(older.order_id)


@STATES
async def test_an_older_order_that_somebody_changed_is_left_alone(house: House, state: str) -> None:
    own, older = await two_orders(house, state)
    house.meddle(older.order_id)
    before, erp = contents(await read(house.ports(), older.order_id)), house.ports().erp
    for step, call in ((erp.merge_into, merging(own, older)), (erp.cancel_other_order, ending(own, older))):
        with pytest.raises(SystemCallFailed) as caught:
            await run(step, call)
        assert caught.value.kind is Kind.CONFLICT
    assert contents(await read(house.ports(), older.order_id)) == before


@THOROUGHLY
@STATES
@pytest.mark.parametrize("step", ["merge_into", "cancel_other_order"])
async def test_a_worker_killed_after_any_write_changes_an_older_order_once(house: House, step: str, state: str) -> None:
    for writes in range(1, _MOST_WRITES):
        own, older = await two_orders(house, state)
        owed = house.owed(older.order_id)
        wanted, most = (owed + _MORE, owed + _MORE) if step == "merge_into" else (Decimal(0), owed)
        make = merging if step == "merge_into" else ending
        try:
            await run(getattr(house.ports(Mortal(writes)).erp, step), make(own, older))
        except Killed:
            assert house.owed(older.order_id) <= most, f"killed after write {writes}"
            await run(getattr(house.ports().erp, step), make(own, older, again=True), attempt=2)
            assert house.owed(older.order_id) == wanted, f"killed after write {writes}"
        else:
            return
    pytest.fail("that many writes are too many")


@THOROUGHLY
async def test_an_amendment_whose_answer_is_lost_is_made_once(house: House) -> None:
    for writes in range(1, _MOST_WRITES):
        own, older = await two_orders(house, "released")
        owed, wire = house.owed(older.order_id), Cut(writes)
        if not await has_passed(house.ports(wire).erp.merge_into, merging(own, older)):
            await run(house.ports().erp.merge_into, merging(own, older, again=True), attempt=2)
        assert house.owed(older.order_id) == owed + _MORE, f"cut after write {writes}"
        if not wire.has_broken:
            return
    pytest.fail("that many writes are too many")
