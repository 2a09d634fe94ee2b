"""`python -m sandbox.approval_walk`: a large order on its way through three levels of approval, typed as people do.

Starts Temporal, the enterprise, a worker and the door, enters an order far over its customer's credit limit, and lets
people type what they would: a claim, an enquiry and its answer, a substitute's approval, a refusal, the last approval.
Prints the commands and what they said as Markdown, as docs/approvals.md has it. Nothing is left running.
"""

from __future__ import annotations

import asyncio
import shlex
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from random import Random

from sandbox.day import World
from sandbox.demo.cases import Cases
from sandbox.demo.enterprise import Enterprise
from sandbox.stack import COMPANY_POLICIES, ROOT, Stack, enterprise_of, running, scratch_folder
from sandbox.supervisor import PartCrashed, PartNotReady

_FAILED = 3
_LIMIT = Decimal(500_000)
_RECEIVABLES = Decimal(650_000)
_REQUESTER = "uma.reddy"
_LOOK_EVERY = 0.5
_WITHIN = 120.0
_COLUMNS = "100"
SUBSTITUTES = """person,substitute,from,until,scope,note
carol.singh,dan.weber,2020-01-01,2099-12-31,CREDIT_HOLD,On parental leave
"""


@dataclass(frozen=True)
class Typed:
    """What one person types. `role` is awaited before it is typed; `refused` says that the answer is a refusal."""

    who: str
    command: tuple[str, ...]
    says: str
    role: str | None = None
    refused: bool = False


def steps(order_id: str) -> Iterator[Typed]:
    """The walk, and at its end the proof that its record is whole."""
    tries = "Uma entered the order. Whatever her role, she does not decide about it."
    yield Typed(_REQUESTER, ("approve", order_id), tries, "credit_manager", refused=True)
    yield Typed("bob.tanaka", ("claim", order_id), "Bob, a credit manager, takes it on.")
    why = "The exposure is far beyond the limit. What is behind this order?"
    yield Typed("bob.tanaka", ("ask", order_id, why), "He asks whoever entered the order; the clock stands still.")
    answer = "A framework contract was signed on Monday. Payment is secured by a bank guarantee."
    yield Typed(_REQUESTER, ("answer", order_id, answer), "Uma may answer.")
    yield Typed("bob.tanaka", ("approve", order_id), "With that Bob approves: the first of three levels.")
    yield Typed(
        "dan.weber",
        ("approve", order_id, "--for", "carol.singh"),
        "The controller is away. Dan acts for her, as himself.",
        "controller",
    )
    yield Typed(
        "dan.weber", ("approve", order_id), "Dan is also the CFO, but nobody fills two levels.", "cfo", refused=True
    )
    yield Typed("erin.okafor", ("approve", order_id), "The president may decide in the CFO's place.", "cfo")
    yield Typed("erin.okafor", ("show", order_id, "--timeline"), "The whole way of the order.")
    yield Typed("yuri.lang", ("audit", "verify", order_id), "Yuri, an auditor, verifies the chain of its record.")


def main() -> int:
    """Walk, print, and leave nothing behind."""
    scratch = scratch_folder()
    try:
        asyncio.run(_walk(scratch))
    except (PartCrashed, PartNotReady, TimeoutError, RuntimeError) as error:
        sys.stderr.write(f"{error}\nlogs and databases: {scratch}\n")
        return _FAILED
    shutil.rmtree(scratch, ignore_errors=True)
    return 0


async def _walk(scratch: Path) -> None:
    world = World(Random(7), datetime.now(UTC))  # noqa: S311 - a play, not a secret
    goods = {world.plenty(): 30}
    customer = world.customer(limit=_LIMIT, open_receivables=_RECEIVABLES)
    order = world.order(customer, goods, service_level="STANDARD", entered_by=_REQUESTER)
    policies = scratch / "policies"
    policies.mkdir(parents=True)
    (policies / "substitutes.csv").write_text(SUBSTITUTES)
    async with running(enterprise_of(world), scratch, policies=(*COMPANY_POLICIES, policies)) as stack:
        async with Enterprise(stack) as enterprise:
            await enterprise.enter_order(order)
        for step in steps(str(order["order_id"])):
            await _awaited(stack, str(order["order_id"]), step.role)
            await _type(stack, step)


async def _awaited(stack: Stack, order_id: str, role: str | None) -> None:
    """Wait until the question is that role's."""
    if role is None:
        return
    cases = await Cases.connect(stack.temporal.address, stack.enterprise.tenant)
    async with asyncio.timeout(_WITHIN):
        while not any(row.order_id == order_id and role in row.awaiting for row in await cases.rows()):  # noqa: ASYNC110
            await asyncio.sleep(_LOOK_EVERY)


async def _type(stack: Stack, step: Typed) -> None:
    """Run the command as that person would, and print it with what it said."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "approver.py",
        *step.command,
        cwd=ROOT,
        env={**stack.environment, "HOLDFAST_USER": step.who, "COLUMNS": _COLUMNS},
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    output, _ = await asyncio.wait_for(process.communicate(), _WITHIN)
    said = "\n".join(line.rstrip() for line in output.decode().rstrip().splitlines())
    if (process.returncode != 0) != step.refused:
        raise RuntimeError(f"{step.who}: {shlex.join(step.command)}: exit code {process.returncode}\n{said}")
    line = f"{step.who}$ ./approver.py {shlex.join(step.command)}"
    code = f"\n(exit code {process.returncode})" if step.refused else ""
    sys.stdout.write(f"{step.says}\n\n```\n{line}\n{said}{code}\n```\n\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
