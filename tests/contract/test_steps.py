"""Every step on every house: it takes effect, once, whoever dies, and is taken back."""

from __future__ import annotations

import pytest

from activities.connectors.errors import SystemCallFailed
from domain.exception_types import IntegrationErrorKind as Kind
from domain.order import Order
from tests.contract.house import Cut, House, Killed, Mortal
from tests.contract.operations import OPERATIONS, Operation, call_of, undo_of
from tests.contract.reading import contents, has_passed, read, shape
from tests.unit.activities.conftest import run

EVERY_STEP = pytest.mark.parametrize("operation", OPERATIONS, ids=str)
THOROUGHLY = pytest.mark.usefixtures("thorough")
CUT = ("assign_sources", "set_price", "reserve")
"""They stand for all that split, that amend and that create something elsewhere."""
_MOST_WRITES = 12


@EVERY_STEP
async def test_a_step_has_one_effect_that_its_undo_takes_back(house: House, operation: Operation) -> None:
    ports = house.ports()
    order = await read(ports, house.held_order())
    owed = house.owed(order.order_id)
    call = call_of(house, order, operation)
    if operation.is_refused_by(house):
        await refused(house, order, operation)
        return
    done = await run(operation.step(ports), call)
    after = await read(ports, order.order_id)
    if operation.name != "assign_sources":  # the sandbox keeps warehouses of lines to itself
        assert (contents(after) != contents(order)) is operation.shows
    assert done.order_version in (None, after.version)
    owed_after, aside = house.owed(order.order_id), house.set_aside(order.order_id)
    assert (owed_after == owed) is operation.in_place
    assert {hold.hold_id for hold in after.holds} >= {hold.hold_id for hold in order.holds}

    again = await run(operation.step(house.ports()), call_of(house, order, operation, again=True), attempt=2)
    assert again.read_back or operation.name == "revalidate"
    assert contents(await read(ports, order.order_id)) == contents(after)
    assert (house.owed(order.order_id), house.set_aside(order.order_id)) == (owed_after, aside)

    await run(operation.undoing(ports), undo_of(call))
    assert contents(await read(ports, order.order_id)) == contents(order)
    await run(operation.undoing(house.ports()), undo_of(call), attempt=2)
    assert house.owed(order.order_id) == owed
    assert house.set_aside(order.order_id) == 0


async def refused(house: House, order: Order, operation: Operation) -> None:
    """What a house cannot do it refuses in so many words, for a person to see, and nothing has happened."""
    before = contents(order)
    call = call_of(house, order, operation)
    with pytest.raises(SystemCallFailed) as caught:
        await run(operation.step(house.ports()), call)
    assert caught.value.kind is Kind.VALIDATION
    assert caught.value.non_retryable
    assert contents(await read(house.ports(), order.order_id)) == before
    undone = await run(operation.undoing(house.ports()), undo_of(call))
    assert undone.detail == {"found": False}


async def test_steps_decided_on_an_older_order_change_nothing(house: House) -> None:
    ports = house.ports()
    order = await read(ports, house.held_order())
    house.meddle(order.order_id)
    before = contents(await read(ports, order.order_id))
    guarded = [one for one in OPERATIONS if one.guarded and not one.is_refused_by(house)]
    for operation in guarded:
        with pytest.raises(SystemCallFailed) as caught:
            await run(operation.step(ports), call_of(house, order, operation))
        assert caught.value.kind is Kind.CONFLICT, operation
    assert contents(await read(ports, order.order_id)) == before
    assert len(guarded) >= 14


@THOROUGHLY
@EVERY_STEP
async def test_a_worker_killed_after_any_write_leaves_one_effect(house: House, operation: Operation) -> None:
    if operation.is_refused_by(house):
        return
    reference = house.ports()
    twin = await read(reference, house.held_order())
    done = call_of(house, twin, operation)
    await run(operation.step(reference), done)
    expected = shape(await read(reference, twin.order_id))
    expected_owed, expected_aside = house.owed(twin.order_id), house.set_aside(twin.order_id)
    await run(operation.undoing(reference), undo_of(done))
    for writes in range(1, _MOST_WRITES):
        order = await read(house.ports(), house.held_order())
        ordered = house.owed(order.order_id)
        if not await dies(house, operation, order, writes):
            return
        if operation.in_place:
            assert house.owed(order.order_id) <= ordered, f"killed after write {writes}"
        call = call_of(house, order, operation, again=True)
        await run(operation.step(house.ports()), call, attempt=2)
        assert shape(await read(house.ports(), order.order_id)) == expected, f"killed after write {writes}"
        assert house.owed(order.order_id) == expected_owed, f"killed after write {writes}"
        assert house.set_aside(order.order_id) == expected_aside, f"killed after write {writes}"
        await run(operation.undoing(house.ports()), undo_of(call))
    pytest.fail(f"{operation} takes more than {_MOST_WRITES} writes")


async def dies(house: House, operation: Operation, order: Order, writes: int) -> bool:
    """Whether the worker got so far that it was killed."""
    try:
        await run(operation.step(house.ports(Mortal(writes))), call_of(house, order, operation))
    except Killed:
        return True
    await run(operation.undoing(house.ports()), undo_of(call_of(house, order, operation)))
    return False


@THOROUGHLY
@pytest.mark.parametrize("operation", [one for one in OPERATIONS if one.name in CUT], ids=str)
async def test_an_answer_that_is_lost_on_the_way_costs_no_second_effect(house: House, operation: Operation) -> None:
    for writes in range(1, _MOST_WRITES):
        order = await read(house.ports(), house.held_order())
        owed, wire = house.owed(order.order_id), Cut(writes)
        if not await has_passed(operation.step(house.ports(wire)), call_of(house, order, operation)):
            await run(operation.step(house.ports()), call_of(house, order, operation, again=True), attempt=2)
        assert house.owed(order.order_id) == owed, f"cut after write {writes}"
        assert house.set_aside(order.order_id) in (0, 10)
        await run(operation.undoing(house.ports()), undo_of(call_of(house, order, operation)))
        if not wire.has_broken:
            return
    pytest.fail(f"{operation} takes more than {_MOST_WRITES} writes")
