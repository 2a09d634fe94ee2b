"""The watch as it runs: a Schedule of a real Temporal, encrypted. Nothing is lost, whatever is missed or fails."""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from pydantic import SecretStr
from temporalio.client import (
    Client,
    ScheduleActionExecutionStartWorkflow,
    ScheduleHandle,
    ScheduleOverlapPolicy,
    WorkflowFailureError,
)
from temporalio.worker import Worker

from activities.watching import WatchActivities
from domain.events import CloudEvent, EventType
from domain.watching import WatchCursor
from runtime.encryption.keyring import new_key
from runtime.schedules import ensure_schedules, watch
from runtime.settings import EncryptionSettings
from runtime.temporal import connect
from sandbox.temporal_server import TemporalServer
from tests.contract.house import House
from workflows.hold_watch import HoldWatch

PATIENCE = 120.0
NEVER_BY_ITSELF = timedelta(days=30)
ENCRYPTION = EncryptionSettings(keys=SecretStr(new_key("tests")))


class Outage(httpx.AsyncBaseTransport):
    """A network that nothing gets through while `is_on`."""

    def __init__(self) -> None:
        self.is_on = False
        self._inner = httpx.AsyncHTTPTransport()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if self.is_on:
            raise httpx.ConnectError("nobody is there", request=request)
        return await self._inner.handle_async_request(request)

    async def aclose(self) -> None:
        await self._inner.aclose()


@dataclass
class Watched:
    """A house under watch, and what was heard."""

    client: Client
    queue: str
    outage: Outage
    heard: list[CloudEvent] = field(default_factory=list)

    @property
    def schedule(self) -> ScheduleHandle:
        """The watch's."""
        return self.client.get_schedule_handle(watch(NEVER_BY_ITSELF).schedule_id(self.queue))

    async def hear(self, event: CloudEvent) -> None:
        """As the intake would."""
        self.heard.append(event)

    def told(self, order_id: str) -> list[EventType]:
        """What was heard about an order since the last time it was asked for."""
        found = [event.type for event in self.heard if event.data.order_id == order_id]
        self.heard = [event for event in self.heard if event.data.order_id != order_id]
        return found

    async def look(self) -> WatchCursor | None:
        """One poll to its end, after those under way: the cursor then, or None if it failed."""
        deadline = time.monotonic() + PATIENCE
        while not await self._rests():
            assert time.monotonic() < deadline, "the schedule never comes to rest"
            await asyncio.sleep(0.05)
        before = await self._last_run()
        await self.schedule.trigger(overlap=ScheduleOverlapPolicy.BUFFER_ONE)
        while (run := await self._last_run()) == before or run is None:
            assert time.monotonic() < deadline, "the schedule started nothing"
            await asyncio.sleep(0.05)
        handle = self.client.get_workflow_handle(
            run.workflow_id, run_id=run.first_execution_run_id, result_type=WatchCursor
        )
        try:
            cursor: WatchCursor = await handle.result()
        except WorkflowFailureError:
            return None
        return cursor

    async def _rests(self) -> bool:
        """Whether the schedule knows how its last run ended. Asked for the next one before, it may hand over the cursor
        of the run before that.
        """
        info = (await self.schedule.describe()).info
        return bool(info.recent_actions) and not info.running_actions

    async def _last_run(self) -> ScheduleActionExecutionStartWorkflow | None:
        actions = (await self.schedule.describe()).info.recent_actions
        last = actions[-1].action if actions else None
        return last if isinstance(last, ScheduleActionExecutionStartWorkflow) else None


@pytest.fixture(scope="module")
def temporal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TemporalServer]:
    directory: Path = tmp_path_factory.mktemp("temporal")
    with TemporalServer(directory) as server:
        yield server


@pytest.fixture
async def watched(house: House, temporal: TemporalServer, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Watched]:
    monkeypatch.setenv("TEMPORAL_ADDRESS", temporal.address)
    client = await connect("tests", ENCRYPTION, patience=timedelta(seconds=PATIENCE))
    watched = Watched(client, f"watched-{uuid.uuid4().hex[:8]}", Outage())
    looking = WatchActivities(house.ports(watched.outage).erp, watched.hear, tenant="acme", source="watch")
    await ensure_schedules(client, watched.queue, [watch(NEVER_BY_ITSELF)])
    async with Worker(
        client, task_queue=watched.queue, workflows=[HoldWatch], activities=[looking.watch_holds], debug_mode=True
    ):
        yield watched
    await watched.schedule.delete()


async def test_what_happens_between_two_polls_is_told_by_the_next_that_succeeds(house: House, watched: Watched) -> None:
    first = await watched.look()
    assert first is not None
    order_id = house.held_order()
    known = await watched.look()
    assert known is not None
    assert known.polls == first.polls + 1
    assert set(watched.told(order_id)) == {EventType.HOLD_PLACED}

    missed = house.held_order()
    house.mend(order_id)
    watched.outage.is_on = True
    assert await watched.look() is None
    assert not watched.told(missed)
    watched.outage.is_on = False

    caught_up = await watched.look()
    assert caught_up is not None
    assert caught_up.polls == known.polls + 1
    assert set(watched.told(missed)) == {EventType.HOLD_PLACED}
    assert set(watched.told(order_id)) == {EventType.HOLD_CLEARED}


async def test_a_worker_that_starts_keeps_the_cursor_and_a_pause(house: House, watched: Watched) -> None:
    before = await watched.look()
    assert before is not None
    await watched.schedule.pause(note="the ERP is being moved")
    await ensure_schedules(watched.client, watched.queue, [watch(NEVER_BY_ITSELF / 2)])
    described = await watched.schedule.describe()
    assert described.schedule.state.paused
    assert described.schedule.spec.intervals[0].every == NEVER_BY_ITSELF / 2
    order_id = house.held_order()
    after = await watched.look()
    assert after is not None
    assert after.polls == before.polls + 1
    assert watched.told(order_id) == [EventType.HOLD_PLACED]
    assert order_id not in before.orders
