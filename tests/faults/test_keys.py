"""Row 25: keys are changed while cases are open, and none is taken away while a history needs it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from temporalio.client import Client, WorkflowExecutionStatus

from domain.case import CaseOutcome
from domain.tasks import TaskState
from runtime.encryption.key_use import keys_in, keys_needed
from runtime.encryption.keyring import Keyring, new_key
from sandbox.temporal_server import TemporalServer
from tests.faults.cases import OpenCase, client_with, until, worker_with

ROOT = Path(__file__).parents[2]
OLD, NEW = new_key("2026-11"), new_key("2026-12")
BEFORE, READY, AFTER, NEW_ALONE = (Keyring.parse(text) for text in (OLD, f"{OLD} {NEW}", f"{NEW} {OLD}", NEW))
pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def server(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[TemporalServer]:
    with TemporalServer(tmp_path_factory.mktemp("temporal")) as running:
        yield running


async def keys_of(client: Client, case: OpenCase) -> set[str]:
    history = await client.get_workflow_handle(case.workflow_id).fetch_history()
    return set().union(*(keys_in(event) for event in history.events))


async def test_a_case_goes_on_while_its_key_is_changed(server: TemporalServer) -> None:
    case = OpenCase.new(await client_with(server, BEFORE))
    async with worker_with(case.client, case.world, case.queue):
        await case.start()
        task = await case.task()
    case.client = await client_with(server, READY)
    async with worker_with(case.client, case.world, case.queue):
        assert (await case.task()).task_id == task.task_id
    case.client = await client_with(server, AFTER)
    async with worker_with(case.client, case.world, case.queue):
        assert (await case.approve(task)).task_state is TaskState.DONE
        assert (await case.handle.result()).outcome is CaseOutcome.RELEASED
    assert await keys_of(case.client, case) == {"2026-11", "2026-12"}
    assert await case.failed_tasks() == []


async def test_a_case_whose_key_was_taken_away_too_early_waits_and_goes_on_when_it_is_back(
    server: TemporalServer,
) -> None:
    case = OpenCase.new(await client_with(server, BEFORE))
    async with worker_with(case.client, case.world, case.queue):
        await case.start()
        task = await case.task()
    lacking = await client_with(server, NEW_ALONE)
    async with worker_with(lacking, case.world, case.queue):
        await case.handle.signal("order_changed", case.event())
        assert await until(case.failed_tasks)
    assert (await case.handle.describe()).status is WorkflowExecutionStatus.RUNNING
    async with worker_with(case.client, case.world, case.queue):
        await case.approve(task)
        assert (await case.handle.result()).outcome is CaseOutcome.RELEASED


def check(server: TemporalServer, keys: str, *options: str) -> subprocess.CompletedProcess[str]:
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("HOLDFAST_", "TEMPORAL_"))}
    return subprocess.run(
        [sys.executable, "-m", "runtime.encryption", "check", *options],
        cwd=ROOT,
        env=inherited
        | {
            "TEMPORAL_ADDRESS": server.address,
            "HOLDFAST_ENVIRONMENT": "test",
            "HOLDFAST_ENCRYPTION__KEYS": keys,
        },
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


async def test_a_key_that_a_history_needs_may_not_be_taken_away(server: TemporalServer) -> None:
    case = OpenCase.new(await client_with(server, BEFORE))
    async with worker_with(case.client, case.world, case.queue):
        await case.start()
        await case.task()
    refused = check(server, f"{NEW} {OLD}", "--without", "2026-11")
    assert refused.returncode == 1, refused.stderr
    assert "Key 2026-11 is needed" in refused.stderr
    assert not [key for key in (OLD, NEW) if key.partition(":")[2] in refused.stdout + refused.stderr]
    needed = await keys_needed(case.client)
    assert needed.by_key["2026-11"].open == 1
    assert needed.missing(NEW_ALONE) == ["2026-11"]
    await case.handle.terminate()
    closed = check(server, NEW, "--open-only")
    assert closed.returncode == 0, closed.stdout + closed.stderr
    assert "NOT IN THE KEYRING" in closed.stdout
