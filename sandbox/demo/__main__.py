"""`python -m sandbox.demo [--seed N]`: exit code 0 if every held order was settled as it should be."""

from __future__ import annotations

import argparse
import asyncio
import resource
import shutil
import signal
import sys
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console

from domain.policy.policy_set import PolicySet
from runtime.leaving import leave
from runtime.policy_files import load_policies
from sandbox.day import Day, plan
from sandbox.demo.authority import Auditor
from sandbox.demo.latency import TooSlow
from sandbox.demo.play import Outcome, Play
from sandbox.demo.progress import Progress
from sandbox.demo.reckoning import Reckoning
from sandbox.demo.report import print_report
from sandbox.demo.stakes import CreditBooks, Stakes
from sandbox.stack import POLICIES, enterprise_of, running, scratch_folder
from sandbox.supervisor import PartCrashed, PartNotReady

DEFAULT_SEED = 7
_WORKERS = 2
_FAILED, _BROKEN, _STOPPED = 1, 3, 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Play the day of a seed, and say in the exit code whether all went well."""
    parser = argparse.ArgumentParser(prog="sandbox.demo", description=__doc__)
    parser.add_argument("--seed", type=int, default=DEFAULT_SEED, help="another day")
    seed = parser.parse_args(arguments).seed
    began = time.monotonic()
    console = Console(highlight=False)
    scratch = scratch_folder()
    code = _BROKEN
    try:
        code = asyncio.run(_play(seed, scratch, console))
    except (KeyboardInterrupt, asyncio.CancelledError):
        code = _STOPPED
        console.print("stopped; nothing is left running")
    except (PartCrashed, PartNotReady, TooSlow) as error:
        console.print(f"[bold red]the demo broke off:[/] {error}")
    finally:
        _tidy(scratch, console, keep=code in (_FAILED, _BROKEN))
    _say_how_long(console, time.monotonic() - began)
    return code


async def _play(seed: int, scratch: Path, console: Console) -> int:
    task = asyncio.current_task()
    for number in (signal.SIGTERM, signal.SIGHUP):
        asyncio.get_running_loop().add_signal_handler(number, task.cancel if task else sys.exit)
    policies = load_policies(*POLICIES)
    day = plan(seed, datetime.now(UTC))
    progress = Progress(console)
    with progress.shown():
        progress.note(f"day {seed}: {len(day.all)} orders; starting Temporal, the enterprise, the workers and the door")
        async with running(enterprise_of(day.world), scratch, workers=_WORKERS) as stack:
            progress.note(f"all parts are up; Temporal UI: {stack.temporal.ui}", "cyan")
            outcome = await stack.supervisor.guard(Play(stack, day, policies, progress).run())
    return _judge(outcome, day, policies, console)


def _judge(outcome: Outcome, day: Day, policies: PolicySet, console: Console) -> int:
    segments = {customer: str(account["segment"]) for customer, account in day.world.accounts.items()}
    plans = {plan.order_id: plan for plan in day.all}
    credit = CreditBooks(day.world.credit, outcome.books.ledgers["credit"])
    stakes = Stakes({order_id: plan.order for order_id, plan in plans.items()}, credit)
    auditor = Auditor(policies, segments, stakes)
    reckoning = Reckoning(outcome.books, plans, auditor)
    problems = [*reckoning.problems(), *reckoning.too_little(), *outcome.measured.problems()]
    if not outcome.retrying_seen.get("tax"):
        problems.append("the tax service was down and no case was seen to wait for it")
    if not outcome.reconciled:
        problems.append("held orders were never compared with cases")
    print_report(console, outcome, reckoning, problems)
    return _FAILED if problems else 0


def _say_how_long(console: Console, seconds: float) -> None:
    """From the start to the end of the last part; and of the processor, which other work does not make longer."""
    used = [resource.getrusage(whose) for whose in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    busy = sum(each.ru_utime + each.ru_stime for each in used)
    console.print(
        f"the demo took {_minutes(seconds)} min, start-up included, and {_minutes(busy)} min of processor time"
    )


def _minutes(seconds: float) -> str:
    return f"{int(seconds) // 60}:{int(seconds) % 60:02}"


def _tidy(scratch: Path, console: Console, *, keep: bool) -> None:
    if keep:
        console.print(f"logs and databases: {scratch}")
    else:
        shutil.rmtree(scratch, ignore_errors=True)


if __name__ == "__main__":
    leave(main())
