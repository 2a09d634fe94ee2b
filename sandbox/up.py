"""`python -m sandbox.up`: the same parts as the demo's, kept running for you to play with, until Ctrl-C."""

from __future__ import annotations

import asyncio
import shlex
import shutil
import signal
import sys
from datetime import UTC, datetime
from pathlib import Path
from random import Random

from rich.console import Console
from rich.table import Table

from runtime.leaving import leave
from runtime.policy_files import load_policies
from sandbox.day import SCENARIOS, World
from sandbox.day.distribution import CLEAN
from sandbox.day.plan import Conduct, PlannedOrder
from sandbox.demo.cases import CaseRow, Cases
from sandbox.demo.enterprise import Enterprise
from sandbox.stack import COMPANY_POLICIES, ROOT, SERVICES, Stack, enterprise_of, running, scratch_folder
from sandbox.supervisor import PartCrashed, PartNotReady

_STOPPED, _BROKEN = 0, 3
_LOOK_EVERY = 0.5


def main() -> int:
    """Start everything, put some held orders in, say what to try, and wait."""
    console = Console(highlight=False)
    scratch = scratch_folder()
    try:
        asyncio.run(_up(scratch, console))
    except (KeyboardInterrupt, asyncio.CancelledError):
        console.print("stopped; nothing is left running")
        shutil.rmtree(scratch, ignore_errors=True)
    except (PartCrashed, PartNotReady) as error:
        console.print(f"{error}\nlogs and databases: {scratch}", markup=False)
        return _BROKEN
    return _STOPPED


async def _up(scratch: Path, console: Console) -> None:
    task = asyncio.current_task()
    for number in (signal.SIGTERM, signal.SIGHUP):
        asyncio.get_running_loop().add_signal_handler(number, task.cancel if task else sys.exit)
    world = World(Random(0), datetime.now(UTC))  # noqa: S311 - a play, not a secret
    plans = _some_orders(world)
    console.print("starting Temporal, the enterprise, a worker and the door ...")
    async with running(enterprise_of(world), scratch, policies=COMPANY_POLICIES) as stack:
        async with Enterprise(stack) as enterprise:
            for plan in plans:
                await enterprise.enter_order(plan.order)
        await stack.supervisor.guard(_keep_running(stack, len(plans), console))


async def _keep_running(stack: Stack, entered: int, console: Console) -> None:
    cases = await Cases.connect(stack.temporal.address, stack.enterprise.tenant)
    example = await _first_awaited(cases)
    candidates = load_policies(*COMPANY_POLICIES).people_in(example.awaiting[0])
    _say_what_to_try(stack, entered, (example.order_id, candidates[0].subject), console)
    await asyncio.Event().wait()


async def _first_awaited(cases: Cases) -> CaseRow:
    """A case that somebody is asked about."""
    while True:
        for row in await cases.rows():
            if row.open and row.awaiting:
                return row
        await asyncio.sleep(_LOOK_EVERY)


def _some_orders(world: World) -> list[PlannedOrder]:
    """A few held orders of each kind that want a person."""
    return [
        PlannedOrder.of(scenario, str(kind), world, world.now)
        for kind, scenarios in SCENARIOS.items()
        for scenario in scenarios
        if kind != CLEAN and scenario.incident is None and scenario.conduct in (Conduct.PROMPT, Conduct.CLAIM)
    ]


def _say_what_to_try(stack: Stack, entered: int, example: tuple[str, str], console: Console) -> None:
    """Addresses and commands. `example` is an order and somebody who may decide about it."""
    environment = {name: stack.environment[name] for name in ("TEMPORAL_ADDRESS", "HOLDFAST_SETTINGS")}
    exports = " ".join(f"{name}={shlex.quote(value)}" for name, value in environment.items())
    program = f"{_shown(Path(sys.executable))} approver.py"
    order_id, subject = example
    table = Table(show_header=False, box=None)
    table.add_row("Temporal UI", stack.temporal.ui)
    table.add_row("door", f"{stack.url('door')}/docs")
    for name in SERVICES:
        table.add_row(f"sandbox {name}", f"{stack.url(name)}/docs")
    table.add_row("mailbox", stack.url("mailbox"))
    table.add_row("administrator's token", stack.admin_token)
    table.add_row("logs", str(stack.supervisor.logs))
    console.print(table)
    console.print(f"{entered} orders are in. In another terminal:", soft_wrap=True)
    for command in (
        f"export {exports}",
        f"{program} inbox --all",
        f"{program} show {order_id}",
        f"{program} approve {order_id} --as {subject}",
        f"{program} watch --all",
    ):
        console.print(f"  {command}", soft_wrap=True, markup=False)
    console.print("Ctrl-C ends everything.")


def _shown(path: Path) -> str:
    return str(path.relative_to(ROOT)) if path.is_relative_to(ROOT) else str(path)


if __name__ == "__main__":
    leave(main())
