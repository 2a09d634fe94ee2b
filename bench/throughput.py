"""`python -m bench.throughput`: cases a second, and what a case costs of the processors, by size of the worker's cache.

Bursts of touchless cases on one stack, so many open at a time; for each burst a new worker, with the sizes in turn,
the largest first, and then in the opposite turn. A case is counted from the order's entry until it closed after the
invoice. A size with which cases stand still ends the run.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import signal
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from temporalio.client import Client

from bench.processor_time import PARTS, spent
from bench.report import machine, ratio, say, table
from bench.stage import new_world, run, running, touchless_orders
from domain.identifiers import WORKFLOW_TYPE
from sandbox.day.world import Document
from sandbox.demo.enterprise import Enterprise
from sandbox.processes import HOST, free_ports
from sandbox.stack import ROOT, Stack
from sandbox.supervisor import Part, answers

_WARM_UP = 3
_LOOK_EVERY = 0.05
_PATIENCE = 30.0
_CLOSED = f"WorkflowType = '{WORKFLOW_TYPE}' AND ExecutionStatus = 'Completed' AND Touchless = true"


@dataclass(frozen=True)
class Burst:
    """What so many cases took: seconds, and seconds of processor time by part."""

    cases: int
    seconds: float
    processor: Mapping[str, float]

    def __add__(self, other: Burst) -> Burst:
        processor = {part: self.processor[part] + other.processor[part] for part in PARTS}
        return Burst(self.cases + other.cases, self.seconds + other.seconds, processor)

    @property
    def rate(self) -> float:
        """Cases a second."""
        return self.cases / self.seconds

    @property
    def cores(self) -> float:
        """Processors that all parts had on average."""
        return sum(self.processor.values()) / self.seconds

    def cost(self, *parts: str) -> float:
        """Milliseconds of processor time a case."""
        return sum(self.processor[part] for part in parts) * 1000 / self.cases


class Stalled(Exception):
    """Cases did not close in time, or not by policy alone."""


class Plant:
    """A stack without a worker, and the orders that it will get."""

    def __init__(self, stack: Stack, client: Client, orders: Sequence[Document], at_once: int) -> None:
        self._stack, self._client, self._at_once = stack, client, at_once
        self._enterprise = Enterprise(stack)
        self._orders = iter(orders)

    async def burst(self, cases: int, size: int) -> Burst:
        """Let a new worker with a cache of that size clear so many cases."""
        worker = await self._start_worker(size)
        await self._clear(_WARM_UP)
        before, began = spent(self._stack, worker), time.monotonic()
        await self._clear(cases)
        seconds, after = time.monotonic() - began, spent(self._stack, worker)
        self._stack.supervisor.kill(worker, signal.SIGTERM)
        return Burst(cases, seconds, {part: after[part] - before[part] for part in PARTS})

    async def _start_worker(self, size: int) -> str:
        (port,) = free_ports(1)
        environment = self._stack.environment | {"HOLDFAST_OBSERVATION__HEALTH_BIND": f"{HOST}:{port}"}
        command = [sys.executable, "-m", "bench.worker", str(size)]
        ready = answers(f"http://{HOST}:{port}/readyz")
        await self._stack.supervisor.start(Part(f"worker-{port}", command, environment, ready, ROOT))
        return f"worker-{port}"

    async def _clear(self, cases: int) -> None:
        """Enter the next orders, as many at a time as there is room for, until all their cases have closed."""
        before, entered, closed = await self._closed(), 0, 0
        deadline = time.monotonic() + _PATIENCE
        while closed < cases:
            if time.monotonic() > deadline:
                raise Stalled(f"{closed} of {cases} cases closed in {_PATIENCE:.0f} s")
            room = min(self._at_once - (entered - closed), cases - entered)
            await asyncio.gather(*(self._enterprise.enter_order(next(self._orders)) for _ in range(room)))
            entered += room
            await asyncio.sleep(_LOOK_EVERY)
            closed = await self._closed() - before

    async def _closed(self) -> int:
        return (await self._client.count_workflows(_CLOSED)).count


async def measure(sizes: Sequence[int], cases: int, at_once: int) -> dict[int, Burst]:
    """Two bursts for each size of the cache, together; fewer if cases stood still."""
    world = new_world()
    falling = sorted(sizes, reverse=True)
    turns = [*falling, *reversed(falling)]
    orders = touchless_orders(world, len(turns) * (cases + _WARM_UP))
    found: dict[int, Burst] = {}
    async with running(world, workers=0) as stack:
        plant = Plant(stack, await Client.connect(stack.temporal.address), orders, at_once)
        for size in turns:
            try:
                burst = await stack.supervisor.guard(plant.burst(cases, size))
            except Stalled as stalled:
                say(f"with a cache of {size}, {stalled}; the run ends here")
                break
            found[size] = found[size] + burst if size in found else burst
    return found


def report(found: Mapping[int, Burst]) -> None:
    """Rates and costs, also as ratios to the largest cache."""
    if not found:
        return
    base = found[max(found)]
    names = (
        "cache",
        "cases",
        "cases/s",
        "ratio",
        *(f"{part} ms" for part in PARTS),
        "server + worker ratio",
        "cores used",
    )
    say(table(names, [_row(size, burst, base) for size, burst in found.items()]))


def _row(size: int, burst: Burst, base: Burst) -> list[str]:
    ours = "server", "worker"
    costs = [f"{burst.cost(part):.0f}" for part in PARTS]
    compared = ratio(burst.cost(*ours), base.cost(*ours))
    return [
        str(size),
        str(burst.cases),
        f"{burst.rate:.1f}",
        ratio(burst.rate, base.rate),
        *costs,
        compared,
        f"{burst.cores:.2f}",
    ]


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(prog="bench.throughput", description=__doc__)
    parser.add_argument("--cache", type=int, nargs="+", default=[100, 1000], metavar="SIZE", help="cached cases")
    parser.add_argument("--cases", type=int, default=30, help="cases a burst; each size has two")
    parser.add_argument("--open", type=int, default=30, help="cases that are open at a time")
    arguments = parser.parse_args()
    say(machine())
    say(f"two bursts of {arguments.cases} cases a size, {arguments.open} open at a time, {os.cpu_count()} cores")
    report(run(measure(arguments.cache, arguments.cases, arguments.open)))


if __name__ == "__main__":
    main()
