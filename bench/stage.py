"""The whole product in a simulated enterprise, to be measured: orders that policy clears, a server of any settings."""

from __future__ import annotations

import asyncio
import signal
import sys
import tempfile
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from itertools import cycle, islice
from pathlib import Path
from random import Random
from typing import Any, TypeVar

from bench.server import ServerWithout, Setting
from sandbox.day import credit, inventory, tax
from sandbox.day.world import Document, World
from sandbox.stack import COMPANY_POLICIES, Enterprise, Stack
from sandbox.supervisor import Supervisor

_SOON = {"erp": {"ship_after": 0.2, "invoice_after": 0.2}}
"""Seconds: a case follows its order until the invoice, and then closes."""

T = TypeVar("T")


def run(measurement: Coroutine[Any, Any, T]) -> T:
    """What was measured; a word and no figures if somebody stopped it."""
    try:
        return asyncio.run(measurement)
    except (KeyboardInterrupt, asyncio.CancelledError):
        sys.exit("stopped; nothing is left running")


def new_world() -> World:
    """An enterprise that is the same in each run."""
    return World(Random(1), datetime.now(UTC))  # noqa: S311 - a play, not a secret


def touchless_orders(world: World, count: int) -> list[Document]:
    """Orders that are held for credit, stock and tax in turn, and released by policy."""
    kinds: tuple[Callable[[World], Document], ...] = (
        credit.slightly_over,
        inventory.elsewhere,
        lambda world: tax.stated(world, "45.00"),
    )
    return [kind(world) | {"service_level": "STANDARD"} for kind in islice(cycle(kinds), count)]


@asynccontextmanager
async def running(
    world: World, *, workers: int = 1, without: Sequence[Setting] = (), encryption: str | None = None
) -> AsyncIterator[Stack]:
    """All parts with the company's own tables. When the block ends, also by SIGTERM, no process and no file is left."""
    task = asyncio.current_task()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel if task else sys.exit)
    with tempfile.TemporaryDirectory(prefix="holdfast-bench-") as folder:
        scratch = Path(folder)
        async with Supervisor(scratch / "logs") as supervisor:
            enterprise = Enterprise(seeds=world.seeds(), settings=_SOON, encryption=encryption)
            stack = Stack(scratch, supervisor, enterprise, workers, COMPANY_POLICIES)
            stack.temporal = ServerWithout(scratch / "temporal", without)
            await stack.start()
            yield stack
