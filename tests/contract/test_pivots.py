"""Release and cancellation on every house."""

from __future__ import annotations

import pytest

from activities.connectors.errors import SystemCallFailed
from activities.erp import ErpActivities
from domain.calls import ReleaseResolution, StepCall, StepResult
from domain.exception_types import IntegrationErrorKind as Kind
from domain.money import Money
from domain.order import Order
from tests.contract.house import House, Killed, Mortal, Ports
from tests.contract.operations import OPERATIONS, call_of, step_call
from tests.contract.reading import read
from tests.unit.activities.conftest import run

PIVOTS = pytest.mark.parametrize("pivot", ["release_order", "cancel_order"])
_MOST_WRITES = 12
_SPLIT = next(operation for operation in OPERATIONS if operation.name == "assign_sources")


def pivot_call(order: Order, *, again: bool = False) -> StepCall:
    """With a resolution for every hold."""
    resolutions = [
        ReleaseResolution(
            hold_id=hold.hold_id,
            resolution="HONOR_PO",
            reason="inside the tolerance",
            decided_by="carla",
            role=None,
            amount=Money(amount=100, currency="USD"),
            policy_version="1",
        ).model_dump(mode="json")
        for hold in order.holds
    ]
    return step_call(
        order, f"hf-end-{order.order_id}", {"resolutions": resolutions, "reason_code": "PRICE"}, again=again
    )


async def carry_out(ports: Ports, pivot: str, call: StepCall, *, attempt: int = 1) -> bool:
    """Whether the result was read back."""
    activity = getattr(ErpActivities(ports.erp), pivot)
    return bool((await run(activity, call, attempt=attempt)).read_back)


def ended(house: House, pivot: str, order: Order) -> None:
    """Whether the order has ended just once."""
    if pivot == "release_order":
        assert house.released(order.order_id) == 1
        assert not house.is_cancelled(order.order_id)
    else:
        assert house.is_cancelled(order.order_id)
        assert house.released(order.order_id) == 0


@PIVOTS
async def test_an_order_ends_once(house: House, pivot: str) -> None:
    ports = house.ports()
    order = await read(ports, house.held_order())
    assert order.holds
    await carry_out(ports, pivot, pivot_call(order))
    ended(house, pivot, order)
    assert not (await read(ports, order.order_id)).holds or pivot == "cancel_order"
    assert await carry_out(house.ports(), pivot, pivot_call(order, again=True), attempt=2)
    ended(house, pivot, order)


async def test_an_order_that_was_split_twice_is_released_whole_and_charged_for_its_freight_once(house: House) -> None:
    ports = house.ports()
    order = await read(ports, house.held_order())
    owed = house.owed(order.order_id)
    await run(_SPLIT.step(ports), call_of(house, order, _SPLIT))
    order = await read(ports, order.order_id)
    line = min(order.open_lines, key=lambda line: line.quantity)
    arguments = {"line_id": line.line_id, "now": "1", "later": f"{line.quantity - 1:f}", "later_on": None}

    async def split_again(call: StepCall) -> StepResult:
        return await ports.erp.amend("split_line", call)

    await run(split_again, step_call(order, f"hf-again-{order.order_id}", arguments))
    order = await read(ports, order.order_id)
    assert sum(line.quantity for line in order.open_lines) == owed
    await carry_out(ports, "release_order", pivot_call(order))
    assert house.owed(order.order_id) == owed
    assert house.released(order.order_id) == (3 if house.name == "tryton" else 1)
    assert (await read(ports, order.order_id)).freight == order.freight


@PIVOTS
async def test_an_order_that_somebody_changed_does_not_end(house: House, pivot: str) -> None:
    ports = house.ports()
    order = await read(ports, house.held_order())
    house.meddle(order.order_id)
    with pytest.raises(SystemCallFailed) as caught:
        await carry_out(ports, pivot, pivot_call(order))
    assert caught.value.kind is Kind.CONFLICT
    assert house.released(order.order_id) == 0
    assert not house.is_cancelled(order.order_id)


@pytest.mark.usefixtures("thorough")
@PIVOTS
async def test_a_worker_killed_after_any_write_ends_the_order_once(house: House, pivot: str) -> None:
    for writes in range(1, _MOST_WRITES):
        order = await read(house.ports(), house.held_order())
        try:
            await carry_out(house.ports(Mortal(writes)), pivot, pivot_call(order))
        except Killed:
            await carry_out(house.ports(), pivot, pivot_call(order, again=True), attempt=2)
            ended(house, pivot, order)
        else:
            return
    pytest.fail("that many writes are too many")
