"""`python -m bench.latency [SETTING ...]`: how long a touchless order is held, alone or with a few others.

Two whole stacks run side by side: one with the settings of the embedded server, one without the settings that are
named (all of them if none is). They take turns, so that only one of them works. Each order is entered in both, and
each such pair gives one ratio.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
from collections.abc import Sequence
from datetime import datetime

from temporalio.client import Client

from bench.report import machine, say, table
from bench.server import SETTINGS
from bench.stage import new_world, run, running, touchless_orders
from domain.identifiers import workflow_id
from runtime.encryption.conversion import data_converter
from sandbox.day.world import Document
from sandbox.demo.enterprise import Enterprise
from sandbox.stack import Stack

_WARM_UP = 3
_LOOK_EVERY = 0.02
_PATIENCE = 30.0


class Contender:
    """One stack, and how long it has held each order, in milliseconds by its ERP's clock."""

    def __init__(self, stack: Stack, client: Client, enterprise: Enterprise) -> None:
        self._stack, self._client, self._enterprise = stack, client, enterprise
        self.milliseconds: list[float] = []

    @classmethod
    async def of(cls, stack: Stack) -> Contender:
        """With connections of its own."""
        client = await Client.connect(stack.temporal.address, data_converter=data_converter(stack.keyring))
        return cls(stack, client, Enterprise(stack))

    async def clear(self, orders: Sequence[Document]) -> None:
        """Enter the orders together, and wait until their cases are closed: the next ones are to be alone."""
        self.milliseconds += await asyncio.gather(*map(self._clear, orders))

    async def _clear(self, order: Document) -> float:
        order_id = order["order_id"]
        async with asyncio.timeout(_PATIENCE):
            await self._enterprise.enter_order(order)
            seen = await self._released(order_id)
            case = workflow_id(self._stack.enterprise.tenant, order_id)
            await self._client.get_workflow_handle(case).result()
        return max(map(_held, seen["cleared_holds"]))

    async def _released(self, order_id: str) -> Document:
        while True:
            order = await self._enterprise.order(order_id)
            if not order["holds"]:
                return order
            await asyncio.sleep(_LOOK_EVERY)


def _held(cleared: Document) -> float:
    placed = datetime.fromisoformat(cleared["hold"]["applied_at"])
    return (datetime.fromisoformat(cleared["cleared_at"]) - placed).total_seconds() * 1000


async def measure(without: Sequence[str], pairs: int, at_once: int) -> tuple[list[float], list[float]]:
    """Milliseconds of each order with our settings, and without those named."""
    world = new_world()
    orders = touchless_orders(world, pairs + _WARM_UP)
    batches = [orders[:_WARM_UP], *(orders[start : start + at_once] for start in range(_WARM_UP, len(orders), at_once))]
    async with running(world) as ours, running(world, without=[SETTINGS[name] for name in without]) as other:
        contenders = [await Contender.of(ours), await Contender.of(other)]
        for number, batch in enumerate(batches):
            for contender in contenders if number % 2 else reversed(contenders):
                await contender.clear(batch)
        first, second = (contender.milliseconds[_WARM_UP:] for contender in contenders)
        return first, second


def report(without: Sequence[str], ours: Sequence[float], other: Sequence[float]) -> None:
    """The two, and how they compare pair by pair."""
    ratios = [theirs / own for own, theirs in zip(ours, other, strict=True)]
    for name in without:
        say(f"left out: {name} ({SETTINGS[name].meaning})")
    rows = [_row("ms, embedded server", ours, 0), _row("ms, without", other, 0), _row("ratio", ratios, 2)]
    say(table((f"{len(ratios)} pairs", "median", "lower quartile", "upper quartile"), rows))


def _row(name: str, values: Sequence[float], digits: int) -> list[str]:
    lower, median, upper = statistics.quantiles(values, n=4)
    return [name, *(f"{value:.{digits}f}" for value in (median, lower, upper))]


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(prog="bench.latency", description=__doc__)
    parser.add_argument("without", nargs="*", metavar="SETTING", help=f"of {', '.join(SETTINGS)}; none: all")
    parser.add_argument("--pairs", type=int, default=12, help="orders for each stack")
    parser.add_argument("--at-once", type=int, default=1, help="orders that are entered together")
    arguments = parser.parse_args()
    without = arguments.without or list(SETTINGS)
    if unknown := set(without) - SETTINGS.keys():
        parser.error(f"there is no setting {', '.join(sorted(unknown))}")
    say(machine())
    report(without, *run(measure(without, arguments.pairs, arguments.at_once)))


if __name__ == "__main__":
    main()
