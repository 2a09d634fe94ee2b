"""Row 7: a burst of hold events, ten percent of them copies, makes one case an order, and no queue in memory."""

from __future__ import annotations

import asyncio
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path
from random import Random

import pytest
from temporalio.client import Client

from domain.case import CaseOutcome
from domain.identifiers import WORKFLOW_TYPE
from runtime.encryption.conversion import data_converter
from runtime.settings import WorkerSettings
from sandbox.demo.cases import Cases
from sandbox.demo.enterprise import Enterprise
from sandbox.processes import HOST, free_ports
from sandbox.stack import COMPANY_POLICIES, ROOT, Stack, running
from sandbox.stack import Enterprise as EnterpriseSettings
from sandbox.supervisor import Part, answers
from tests.faults.burst import Sender, Watch, with_copies
from tests.integration.end_to_end import orders
from tests.integration.end_to_end.company import eventually, new_world

WORKER = "worker"
ALONE = {"erp": {"peers": {}, "subscribers": [], "ship_after": 0, "invoice_after": 0}}
"""The ERP asks nobody and tells nobody: the events are the test's. What is invoiced it looks at no more."""
_ENTERED_AT_ONCE = 8
MOST_MEMORY = {WORKER: 700, "door": 400}
"""MiB. The worker's is for `max_cached_workflows`, whatever the burst."""


@pytest.fixture
async def stack(tmp_path: Path) -> AsyncIterator[tuple[Stack, str]]:
    """All parts, and where the worker's metrics are."""
    enterprise = EnterpriseSettings(settings=ALONE, reconcile_every=3600)
    async with running(enterprise, tmp_path, workers=0, policies=COMPANY_POLICIES) as stack:
        health, metrics = (f"{HOST}:{port}" for port in free_ports(2))
        observation = {"HEALTH_BIND": health, "METRICS_BIND": metrics}
        environment = {f"HOLDFAST_OBSERVATION__{name}": bind for name, bind in observation.items()}
        command = [sys.executable, "worker.py"]
        ready = answers(f"http://{health}/readyz")
        await stack.supervisor.start(Part(WORKER, command, stack.environment | environment, ready, ROOT))
        yield stack, f"http://{metrics}/metrics"


async def entered(stack: Stack, count: int) -> list[str]:
    """So many orders in the ERP, with nothing wrong."""
    template = orders.clean(new_world())
    waiting = iter(range(count))
    async with Enterprise(stack) as enterprise:

        async def enter() -> None:
            for number in waiting:
                name = {"order_id": f"SO-B{number:05}", "po_number": f"PO-B{number:05}"}
                await enterprise.enter_order(template | name)

        await asyncio.gather(*(enter() for _ in range(_ENTERED_AT_ONCE)))
    return [f"SO-B{number:05}" for number in range(count)]


@pytest.mark.parametrize(
    "count", [pytest.param(200, id="small"), pytest.param(10_000, id="great", marks=pytest.mark.faults)]
)
async def test_a_burst_of_holds_makes_one_case_each_and_none_is_lost(
    stack: tuple[Stack, str], count: int, capsys: pytest.CaptureFixture[str]
) -> None:
    running_stack, metrics = stack
    client = await Client.connect(running_stack.temporal.address, data_converter=data_converter(None))
    order_ids = await entered(running_stack, count)
    events = with_copies(order_ids, Random(count))  # noqa: S311 - a play, not a secret
    sender, watch = Sender(running_stack), Watch(running_stack, ("temporal", WORKER, "door"), metrics)
    began = time.monotonic()
    async with watch.watching():
        await running_stack.supervisor.guard(sender.send(events))
        taken_in = time.monotonic() - began
        closed = f"WorkflowType = '{WORKFLOW_TYPE}' AND ExecutionStatus = 'Completed'"

        async def done() -> int:
            return (await client.count_workflows(closed)).count

        async def moved(since: int) -> int:
            return await eventually(done, lambda found: found > since or found >= count, "the number of closed cases")

        found = 0
        while found < count:
            found = await moved(found)
    seconds = time.monotonic() - began
    rows = await Cases(client, "acme").rows()
    assert Counter(row.order_id for row in rows) == dict.fromkeys(order_ids, 1)
    assert {row.closing.outcome if row.closing else None for row in rows} == {CaseOutcome.NO_LONGER_HELD}
    memory = watch.memory
    with capsys.disabled():
        print(  # noqa: T201 - figures for docs/reliability.md
            f"\n{len(events)} events of {count} orders: all taken in {taken_in:.0f} s, all cases closed in "
            f"{seconds:.0f} s; answers {dict(sender.answers)}; MiB at most {memory}; slots at most {dict(watch.slots)}"
        )
    assert {part: most for part, most in memory.items() if most > MOST_MEMORY.get(part, most)} == {}
    assert watch.slots["ActivityWorker"] <= WorkerSettings().max_concurrent_activities
