"""Row 1: a worker dies, a query waits for the next one, a timer fires: no history becomes unreadable by that."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest_asyncio
from temporalio.client import WorkflowQueryFailedError
from temporalio.worker import Replayer, UnsandboxedWorkflowRunner

from domain.case import Case, CaseOutcome
from domain.tasks import Task, TaskState
from runtime.case_query import TOO_EARLY, query_case
from runtime.encryption.conversion import data_converter
from sandbox.temporal_server import TemporalServer
from tests.faults.cases import OpenCase, client_with, until, worker_with
from workflows.order_exception import OrderException

ROOT = Path(__file__).parents[2]
REMIND_AFTER = timedelta(seconds=6)
ASK_BEFORE = timedelta(seconds=1)
"""How long before the reminder the query is sent: less than the server waits for a dead worker."""
A_MOMENT = timedelta(seconds=0.3)
TRIES = 5
"""A machine that is too slow asks after the reminder; then another case is taken."""


@pytest_asyncio.fixture
async def server(tmp_path: Path) -> AsyncIterator[TemporalServer]:
    with TemporalServer(tmp_path) as server:
        yield server


@contextmanager
def worker_to_kill(server: TemporalServer, case: OpenCase) -> Iterator[subprocess.Popen[bytes]]:
    """A worker in a process of its own, that has nothing left to do for this case but to remind."""
    arguments = [server.address, case.queue, case.order_id, str(REMIND_AFTER.total_seconds())]
    command = [sys.executable, "-m", "tests.faults.asking_worker", *arguments]
    process = subprocess.Popen(command, cwd=ROOT, env=dict(os.environ))
    try:
        yield process
    finally:
        process.kill()
        process.wait()


async def asked_and_told(case: OpenCase) -> Task:
    """The case's question, once its worker has nothing to do but to wait."""

    async def quiet() -> bool:
        description = await case.handle.describe()
        return not description.raw_description.pending_activities

    task = await case.task()
    await until(quiet)
    return task


async def clock_shows(instant: datetime) -> None:
    await asyncio.sleep((instant - datetime.now(UTC)).total_seconds())


async def asked_too_early(case: OpenCase) -> bool:
    """Whether a query was refused, because a worker would have had to act on what no workflow task has brought yet."""
    try:
        await case.handle.query(OrderException.case)
    except WorkflowQueryFailedError as error:
        return TOO_EARLY in str(error)
    return False


async def test_a_query_between_a_timer_and_its_workflow_task_changes_nothing(server: TemporalServer) -> None:
    client = await client_with(server, None)
    for _ in range(TRIES):
        case = OpenCase.new(client)
        with worker_to_kill(server, case):
            await case.start()
            task = await asked_and_told(case)
        async with worker_with(client, case.world, case.queue):
            reminder = task.deadlines.reminders[0]
            await clock_shows(reminder - ASK_BEFORE)
            read = asyncio.create_task(query_case(client, case.workflow_id, Case))
            asked = asyncio.create_task(asked_too_early(case))
            await clock_shows(reminder + A_MOMENT)
            receipt, told, early = await asyncio.gather(case.approve(task), read, asked)
            assert receipt.task_state is TaskState.DONE
            assert task.task_id in told.tasks
            assert (await case.handle.result()).outcome is CaseOutcome.RELEASED
            assert await case.failed_tasks() == []
            replayer = Replayer(
                debug_mode=True,  # a slow machine is no deadlock
                workflows=[OrderException],
                data_converter=data_converter(None),
                workflow_runner=UnsandboxedWorkflowRunner(),
            )
            await replayer.replay_workflow(await case.handle.fetch_history())
        if early:
            return
    raise AssertionError(f"no query came between a timer and its workflow task in {TRIES} tries")
