"""Row 13 without anybody pacing it: thousands of signals that reach a worker at once do not block their case."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from temporalio.client import Client

from domain.audit import first_fault, receipts_of, trail_of
from domain.case import Case, CaseOutcome
from domain.events import EventType, OrderEvent
from domain.tasks import TaskState
from runtime.encryption.keyring import Keyring, new_key
from runtime.worker_process import case_worker
from sandbox.temporal_server import TemporalServer
from tests.faults.cases import OpenCase, client_with, until, worker_with
from tests.workflow.test_long_histories import LONG
from tests.workflow.world import World

SIGNALS = int(os.environ.get("SIGNALS", "1200"))
"""A server takes 10,000 for one history (`SIGNALS=9900`); fewer are enough for every day."""
_AT_ONCE = 100
_A_FLOOD = 600.0
"""Seconds that a slow machine may need for all of them."""
_DECIDED_WITHIN = 10.0
_KEYS = Keyring.parse(new_key("ours"))
pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def client(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Client]:
    settings = {"limit.historyCount.suggestContinueAsNew": LONG}
    with TemporalServer(tmp_path_factory.mktemp("temporal"), settings=settings) as server:
        yield await client_with(server, _KEYS)


async def tell(case: OpenCase, events: list[OrderEvent]) -> None:
    """All of them, as fast as the server takes them."""
    free = asyncio.Semaphore(_AT_ONCE)

    async def one(event: OrderEvent) -> None:
        async with free:
            await case.handle.signal(event.type.signal, event)

    await asyncio.gather(*map(one, events))


async def has_read(case: OpenCase, event: OrderEvent) -> Case:
    """The case, once it has taken note of that event."""

    async def read() -> Case | None:
        state = await case.state()
        return state if event.event_id in state.seen_events else None

    seen: Case = await until(read, _A_FLOOD)
    return seen


async def test_what_waited_for_a_worker_comes_at_once_and_the_next_decision_works(client: Client) -> None:
    """Each event tells of a newer version than the one before: all of them are news."""
    case = OpenCase.new(client)
    async with worker_with(client, case.world, case.queue):
        await case.start()
        task = await case.task()
        first_run = (await case.handle.describe()).run_id
    events = [case.event(EventType.ORDER_CHANGED, 2 + number) for number in range(1, SIGNALS + 1)]
    await tell(case, events)
    began = time.monotonic()
    async with worker_with(client, case.world, case.queue):
        state = await has_read(case, events[-1])
        took = time.monotonic() - began
        assert (await case.handle.describe()).run_id != first_run
        assert state.tasks[task.task_id].deadlines == task.deadlines
        assert len(state.seen_events) >= min(SIGNALS, 1000), "what it has seen was carried over"
        assert len(state.news) <= 1
        assert any(entry.action == "asked" for entry in state.audit), "its story was not pushed out"

        lines = state.audit_dropped + len(state.audit)
        await tell(case, events[-50:])  # copies: recognised in the new history, too
        await has_read(case, events[-1])
        decided = time.monotonic()
        receipt = await case.approve(await case.task())
        assert time.monotonic() - decided < _DECIDED_WITHIN
        assert receipt.task_state is TaskState.DONE
        assert (await case.handle.result()).outcome is CaseOutcome.RELEASED
        closed = await case.state()
    assert closed.audit_dropped + len(closed.audit) < lines + 20
    assert first_fault(trail_of(closed), receipts_of(closed)) is None
    assert case.world.calls.count("credit.release") == 1
    print(f"{SIGNALS} signals were taken up in {took:.1f} s")  # noqa: T201


async def test_a_cases_worker_does_not_take_a_busy_workflow_for_a_blocked_one(client: Client) -> None:
    """The SDK has no setting for it, and may keep it elsewhere one day."""
    worker = case_worker(client, "nobody", World().activities)
    assert worker._workflow_worker is not None
    assert 2 < (worker._workflow_worker._deadlock_timeout_seconds or 0) < 10
