"""Whoever is called away goes, also when what he waits for comes at that very moment."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from temporalio import activity, workflow
from temporalio.api.enums.v1 import EventType as HistoryEvent
from temporalio.api.enums.v1 import PendingActivityState
from temporalio.client import WorkflowHandle
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import UnsandboxedWorkflowRunner, Worker

from domain.cause import Left
from domain.events import EventType
from tests.orders import hold, order
from tests.workflow.cause_stage import eventually
from tests.workflow.conftest import OpenCase
from tests.workflow.test_questions import ask_a_person
from tests.workflow.world import World
from workflows.called_away import outcome_of, result_of, until
from workflows.causes import leave
from workflows.order_exception import OrderException

QUEUE = "called-away"
LONG = timedelta(hours=1)


@dataclass
class Gone:
    """How it ended: whether the task was cancelled, and what it had come to know."""

    cancelled: bool
    knew: list[str]


@workflow.defn
class CalledAway:
    """Calls a task away as soon as a signal comes. What the task waits for is named by `by`."""

    def __init__(self) -> None:
        self._called = False

    @workflow.run
    async def run(self, by: str) -> Gone:
        """Wait, be called away, and tell."""
        knew: list[str] = []
        waiting = asyncio.create_task(self._wait(by, knew))
        await workflow.wait_condition(lambda: self._called)
        waiting.cancel()
        await asyncio.wait([waiting])
        return Gone(waiting.cancelled(), knew)

    async def _wait(self, by: str, knew: list[str]) -> None:
        if by == "condition":
            knew.append(str(await until(lambda: self._called, LONG, "a condition")))
        elif by == "word":
            await workflow.wait([leave("order-exception/acme/nobody", Left(key="SO-1/H1", reason="called away"))])
        else:
            started = workflow.start_activity(
                "probe",
                result_type=str,
                start_to_close_timeout=LONG,
                cancellation_type=workflow.ActivityCancellationType.WAIT_CANCELLATION_COMPLETED
                if by == "outcome"
                else workflow.ActivityCancellationType.TRY_CANCEL,
            )
            knew.append(await (outcome_of(started) if by == "outcome" else result_of(started)))
        await workflow.sleep(LONG)

    @workflow.signal
    def call(self) -> None:
        """Now."""
        self._called = True


class Probe:
    """An activity that ends when it is told to."""

    def __init__(self) -> None:
        self.under_way, self.may_end = asyncio.Event(), asyncio.Event()

    @activity.defn(name="probe")
    async def run(self) -> str:
        """Says what was done."""
        self.under_way.set()
        await self.may_end.wait()
        return "written"


@asynccontextmanager
async def workflows_of(environment: WorkflowEnvironment, *kinds: type) -> AsyncIterator[None]:
    """A worker that knows workflows, and nobody else does. It remembers none, so that the next one is asked at once."""
    async with Worker(
        environment.client,
        task_queue=QUEUE,
        workflows=kinds,
        workflow_runner=UnsandboxedWorkflowRunner(),
        max_cached_workflows=0,
    ):
        yield


@asynccontextmanager
async def activities(environment: WorkflowEnvironment, *calls: Callable[..., Any]) -> AsyncIterator[None]:
    """A worker that knows activities only: it goes on while that of the workflows is away."""
    async with Worker(environment.client, task_queue=QUEUE, activities=calls):
        yield


@asynccontextmanager
async def called(environment: WorkflowEnvironment, by: str) -> AsyncIterator[tuple[WorkflowHandle[Any, Gone], Probe]]:
    """A workflow that was called away while the activity was under way, which goes on."""
    probe = Probe()
    async with activities(environment, probe.run), workflows_of(environment, CalledAway):
        handle = await environment.client.start_workflow(CalledAway.run, by, id=by, task_queue=QUEUE)
        await probe.under_way.wait()
        await handle.signal(CalledAway.call)
        yield handle, probe


async def under_way(handle: WorkflowHandle[Any, Any], state: PendingActivityState.ValueType | None) -> None:
    """The server has the one call in this state, or none any more."""

    async def states() -> list[PendingActivityState.ValueType]:
        return [each.state for each in (await handle.describe()).raw_description.pending_activities]

    await eventually(states, lambda found: found == ([] if state is None else [state]))


@pytest.mark.parametrize(("by", "knew"), [("result", []), ("outcome", ["written"])])
async def test_a_result_that_comes_with_the_call_keeps_nobody(
    environment: WorkflowEnvironment, by: str, knew: list[str]
) -> None:
    probe = Probe()
    async with activities(environment, probe.run):
        async with workflows_of(environment, CalledAway):
            handle = await environment.client.start_workflow(CalledAway.run, by, id=by, task_queue=QUEUE)
            await probe.under_way.wait()
        await handle.signal(CalledAway.call)
        probe.may_end.set()
        await under_way(handle, None)
        async with workflows_of(environment, CalledAway):
            assert await handle.result() == Gone(cancelled=True, knew=knew)


async def test_what_is_read_is_not_waited_for_by_whoever_is_called_away(environment: WorkflowEnvironment) -> None:
    async with called(environment, "result") as (handle, probe):
        assert await handle.result() == Gone(cancelled=True, knew=[])
        probe.may_end.set()


async def test_what_is_written_is_waited_for_by_whoever_is_called_away(environment: WorkflowEnvironment) -> None:
    async with called(environment, "outcome") as (handle, probe):
        await under_way(handle, PendingActivityState.PENDING_ACTIVITY_STATE_CANCEL_REQUESTED)
        probe.may_end.set()
        assert await handle.result() == Gone(cancelled=True, knew=["written"])


async def test_a_word_to_another_case_that_is_under_way_keeps_nobody(environment: WorkflowEnvironment) -> None:
    """Called in the first workflow task: the server cannot have answered yet."""
    async with workflows_of(environment, CalledAway):
        handle = await environment.client.start_workflow(
            CalledAway.run, "word", id="word", task_queue=QUEUE, start_signal="call"
        )
        assert await handle.result() == Gone(cancelled=True, knew=[])
        sent = [event.event_type async for event in handle.fetch_history_events()]
    assert HistoryEvent.EVENT_TYPE_SIGNAL_EXTERNAL_WORKFLOW_EXECUTION_INITIATED in sent


async def test_a_condition_that_comes_true_with_the_call_keeps_nobody(environment: WorkflowEnvironment) -> None:
    async with workflows_of(environment, CalledAway):
        handle = await environment.client.start_workflow(CalledAway.run, "condition", id="true", task_queue=QUEUE)
        await handle.signal(CalledAway.call)
        assert await handle.result() == Gone(cancelled=True, knew=[])


async def test_an_assessment_that_comes_together_with_news_does_not_hide_them(environment: WorkflowEnvironment) -> None:
    probe = Probe()

    async def meanwhile() -> None:
        probe.under_way.set()
        await probe.may_end.wait()

    world = World(order=order(hold("H1"), hold("H2")), judge=ask_a_person, during={"assessment.assess": meanwhile})
    case = OpenCase(environment, world, QUEUE)
    async with activities(environment, *world.activities):
        async with workflows_of(environment, OrderException):
            await case.open()
            await probe.under_way.wait()
            await case.until(lambda seen: len(seen.open_tasks) == 1)
        world.order = order(hold("H1"), hold("H2"), hold("H3"), version=3)
        await case.tell(EventType.HOLD_PLACED, 3)
        probe.may_end.set()
        await under_way(case.handle, None)
        async with workflows_of(environment, OrderException):
            asked = await case.until(lambda seen: len(seen.open_tasks) == 3)
    assert {task.hold_id for task in asked.open_tasks} == {"H1", "H2", "H3"}
