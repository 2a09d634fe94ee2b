"""Twelve cases at a time on every house."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import httpx
import pytest

from activities.connectors.errors import SystemCallFailed
from domain.exception_types import IntegrationErrorKind as Kind
from tests.contract.house import House
from tests.contract.operations import OPERATIONS, call_of
from tests.contract.reading import read
from tests.contract.test_pivots import carry_out, ended, pivot_call
from tests.unit.activities.conftest import run

pytestmark = pytest.mark.usefixtures("thorough")
CASES, WORKERS = 12, 3
_ATTEMPTS = 30
_FIRST_DELAY = 0.1
_LONGEST_DELAY = 2.0
_SPLIT = next(operation for operation in OPERATIONS if operation.name == "assign_sources")


async def test_twelve_orders_are_split_and_released_at_the_same_time(house: House) -> None:
    orders = [await read(house.ports(), house.held_order()) for _ in range(CASES)]
    owed = house.owed(orders[0].order_id)

    workers = [house.ports(httpx.AsyncHTTPTransport()) for _ in range(WORKERS)]

    async def one(number: int) -> None:
        ports, order = workers[number % WORKERS], orders[number]
        await patiently(
            lambda again: run(_SPLIT.step(ports), call_of(house, order, _SPLIT, again=again), attempt=1 + again)
        )
        now = await read(ports, order.order_id)
        await patiently(lambda again: carry_out(ports, "release_order", pivot_call(now, again=again)))

    await asyncio.gather(*(one(number) for number in range(CASES)))
    for order in orders:
        assert house.owed(order.order_id) == owed
        assert house.released(order.order_id) == (2 if house.name == "tryton" else 1)


async def test_twelve_workers_release_one_order_once(house: House) -> None:
    order = await read(house.ports(), house.held_order())

    async def one() -> None:
        ports = house.ports(httpx.AsyncHTTPTransport())
        try:
            await carry_out(ports, "release_order", pivot_call(order))
        except SystemCallFailed as failure:
            if failure.kind not in (Kind.CONFLICT, Kind.TRANSIENT):
                raise

    await asyncio.gather(*(one() for _ in range(CASES)))
    await patiently(lambda _: carry_out(house.ports(), "release_order", pivot_call(order, again=True), attempt=2))
    ended(house, "release_order", order)


async def patiently(attempt: Callable[[bool], Awaitable[object]]) -> None:
    """As Temporal does: what passes is tried again, and every attempt after the first looks first."""
    for number in range(_ATTEMPTS):
        try:
            await attempt(number > 0)
        except SystemCallFailed as failure:
            if not failure.kind.passes:
                raise
            await asyncio.sleep(min(_LONGEST_DELAY, _FIRST_DELAY * 2**number))
        else:
            return
    pytest.fail("it did not pass")
