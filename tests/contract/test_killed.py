"""Processes that are killed for good, between the two transactions of a split and of an amendment."""

from __future__ import annotations

import asyncio
import json
import signal
import subprocess
import sys

from domain.calls import StepCall
from sandbox.stack import ROOT
from tests.contract.house import House
from tests.contract.operations import OPERATIONS, call_of
from tests.contract.reading import read
from tests.contract.test_other_orders import merging, two_orders
from tests.unit.activities.conftest import run

_SPLIT = next(operation for operation in OPERATIONS if operation.name == "assign_sources")
_WRITES = {"sandbox": {"assign_sources": 1, "merge_into": 1}, "tryton": {"assign_sources": 3, "merge_into": 2}}
"""How many are committed: in Tryton the first of the two transactions that move quantities."""


async def killed(house: House, step: str, call: StepCall) -> None:
    """A worker begins the step and is killed."""
    writes = _WRITES[house.name][step]
    order = {"address": house.address(), "step": step, "call": call.model_dump(mode="json"), "writes": writes}
    command = [sys.executable, "-m", "tests.contract.dying"]
    done = await asyncio.to_thread(
        subprocess.run, command, input=json.dumps(order).encode(), capture_output=True, check=False, cwd=ROOT
    )
    assert done.returncode == -signal.SIGKILL, done.stderr.decode()


async def test_no_piece_is_too_many_when_a_process_is_killed_in_the_middle_of_a_split(house: House) -> None:
    order = await read(house.ports(), house.held_order())
    owed = house.owed(order.order_id)
    await killed(house, "assign_sources", call_of(house, order, _SPLIT))
    assert house.owed(order.order_id) <= owed
    await run(_SPLIT.step(house.ports()), call_of(house, order, _SPLIT, again=True), attempt=2)
    assert house.owed(order.order_id) == owed


async def test_no_piece_is_too_many_when_a_process_is_killed_in_the_middle_of_an_amendment(house: House) -> None:
    own, older = await two_orders(house, "released")
    owed = house.owed(older.order_id)
    await killed(house, "merge_into", merging(own, older))
    assert house.owed(older.order_id) <= owed + 3
    await run(house.ports().erp.merge_into, merging(own, older, again=True), attempt=2)
    assert house.owed(older.order_id) == owed + 3
    assert house.released(older.order_id) == 1
