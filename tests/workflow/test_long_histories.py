"""Cases whose history grows long: carried over to a new run with everything they know."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from pathlib import Path

import pytest
from temporalio.client import Client, WorkflowExecutionStatus, WorkflowHandle, WorkflowUpdateFailedError
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.service import RPCError
from temporalio.worker import UnsandboxedWorkflowRunner, Worker

from domain.audit import first_fault, receipts_of, trail_of
from domain.case import Case, CaseOutcome, CaseStart, ClosingSummary
from domain.events import EventType
from domain.tasks import Action, Receipt, TaskRequest
from runtime.worker_process import be_patient_with_workflows
from sandbox.temporal_server import TemporalServer
from tests.approvals.world import PolicyWorld
from tests.signatures import signed
from tests.workflow.conftest import REF, event
from tests.workflow.server import PATIENCE
from tests.workflow.test_questions import ask_a_person
from tests.workflow.world import World
from workflows import notices
from workflows.order_exception import OrderException

LONG = 300


@pytest.fixture
async def client(tmp_path: Path) -> AsyncIterator[Client]:
    """A real server that suggests to continue as new after few events: the time-skipping one never does."""
    with TemporalServer(tmp_path, settings={"limit.historyCount.suggestContinueAsNew": LONG}) as server:
        yield await Client.connect(server.address, data_converter=pydantic_data_converter)


async def once(condition: Callable[[Case], object], handle: WorkflowHandle[OrderException, ClosingSummary]) -> Case:
    """The case, once it is as expected."""
    deadline = time.monotonic() + PATIENCE
    while not condition(case := await handle.query(OrderException.case)):
        assert time.monotonic() < deadline, "the case stays as it is"
        await asyncio.sleep(0.05)
    return case


async def asked(handle: WorkflowHandle[OrderException, ClosingSummary]) -> Case:
    """The case, once its question is open."""
    return await once(lambda case: case.open_tasks, handle)


async def carried_over(handle: WorkflowHandle[OrderException, ClosingSummary], first_run: str) -> None:
    """The case goes on in another run than its first."""
    deadline = time.monotonic() + PATIENCE
    while (await handle.describe()).run_id == first_run:
        assert time.monotonic() < deadline, "it was not carried over"
        await asyncio.sleep(0.05)


@asynccontextmanager
async def held(client: Client, world: World) -> AsyncIterator[WorkflowHandle[OrderException, ClosingSummary]]:
    """The case of a held order, and a worker for it."""
    worker = Worker(
        client,
        task_queue="long",
        workflows=[OrderException],
        activities=world.activities,
        workflow_runner=UnsandboxedWorkflowRunner(),
    )
    be_patient_with_workflows(worker)
    async with worker:
        yield await client.start_workflow(
            OrderException.run,
            CaseStart(ref=REF),
            id=REF.workflow_id,
            task_queue="long",
            start_signal="hold_placed",
            start_signal_args=[event(EventType.HOLD_PLACED, 2)],
        )


async def test_many_signals_carry_the_case_over_and_an_honest_decision_still_works(client: Client) -> None:
    world = World(judge=ask_a_person)
    async with held(client, world) as handle:
        first_run = handle.first_execution_run_id
        for batch in range(4):
            stale = [event(EventType.ORDER_CHANGED, 1, f"old-{batch}-{n}") for n in range(LONG // 2)]
            await asyncio.gather(*(handle.signal("order_changed", old) for old in stale))
        current: WorkflowHandle[OrderException, ClosingSummary] = client.get_workflow_handle(
            REF.workflow_id, result_type=ClosingSummary
        )
        await carried_over(current, str(first_run))
        case = await asked(current)
        assert "old-3-0" in case.seen_events
        assert "old-0-0" in case.seen_events
        [task] = case.open_tasks
        request = TaskRequest(task_id=task.task_id, task_revision=task.revision, action=Action.APPROVE, actor="carla")
        await current.execute_update("decide", signed(request), result_type=Receipt)
        summary: ClosingSummary = await current.result()
        assert summary.outcome is CaseOutcome.RELEASED
        assert (await current.describe()).status is WorkflowExecutionStatus.COMPLETED
        assert world.done == ["credit.release:a", "erp.release_order:release_order"]
        assert {notice.kind for notice in world.notices} == {"ASKED"}
        assert len({notice.message_id for notice in world.notices}) == 1


async def test_a_settled_case_that_waits_for_the_mail_server_is_carried_over_too(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    mail_is_back = asyncio.Event()
    monkeypatch.setattr(notices, "_A_MOMENT", timedelta(seconds=0.2))
    world = World(judge=ask_a_person)

    async def no_mail() -> None:
        world.during["notification.notify_role"] = no_mail
        await mail_is_back.wait()

    world.during["notification.notify_role"] = no_mail
    async with held(client, world) as handle:
        [task] = (await asked(handle)).open_tasks
        request = TaskRequest(task_id=task.task_id, task_revision=1, action=Action.APPROVE, actor="carla")
        await handle.execute_update("decide", signed(request), result_type=Receipt)
        await once(lambda case: case.outcome, handle)
        old = (event(EventType.ORDER_CHANGED, 1, f"old-{n}") for n in range(LONG + 50))
        await asyncio.gather(*(handle.signal("order_changed", each) for each in old))
        current: WorkflowHandle[OrderException, ClosingSummary] = client.get_workflow_handle(
            REF.workflow_id, result_type=ClosingSummary
        )
        await carried_over(current, str(handle.first_execution_run_id))
        mail_is_back.set()
        assert (await current.result()).outcome is CaseOutcome.RELEASED
        assert {(notice.kind, notice.task.task_id) for notice in world.notices} == {("ASKED", "T1")}
        assert len({notice.message_id for notice in world.notices}) == 1


async def test_refused_updates_without_end_do_not_keep_a_case_from_being_carried_over(client: Client) -> None:
    world = World(judge=ask_a_person)
    async with held(client, world) as handle:
        [task] = (await asked(handle)).open_tasks
        carried_over = asyncio.Event()
        current: WorkflowHandle[OrderException, ClosingSummary] = client.get_workflow_handle(
            REF.workflow_id, result_type=ClosingSummary
        )
        request = TaskRequest(task_id=task.task_id, task_revision=1, action=Action.APPROVE, actor="clerk")

        async def throw(thrower: int) -> None:
            number = 0
            while not carried_over.is_set():
                number += 1
                mine = request.model_copy(update={"comment": f"{thrower}-{number}"})
                with suppress(WorkflowUpdateFailedError, RPCError):
                    await current.execute_update("decide", signed(mine))

        throwing = [asyncio.create_task(throw(thrower)) for thrower in range(8)]
        for _ in range(3000):
            if (await current.describe()).run_id != handle.first_execution_run_id:
                break
            await asyncio.sleep(0.1)
        carried_over.set()
        await asyncio.gather(*throwing)
        honest = request.model_copy(update={"actor": "carla"})
        receipt: Receipt = await current.execute_update("decide", signed(honest), result_type=Receipt)
        assert receipt.message == "APPROVED: RELEASE_ONCE"
        assert (await current.result()).outcome is CaseOutcome.RELEASED
        case = await current.query(OrderException.case)
        assert first_fault(trail_of(case), receipts_of(case)) is None
        assert case.unlisted["refused"]
        assert (await current.describe()).run_id != handle.first_execution_run_id


FLOOD, AT_ONCE, EVERY, OFTEN = 12_000, 100, 500, 1_500


async def seen(handle: WorkflowHandle[OrderException, ClosingSummary], event_id: str) -> Case:
    """The case, once it has taken note of that event."""
    return await once(lambda case: event_id in case.seen_events, handle)


@pytest.fixture
async def flooded(tmp_path: Path) -> AsyncIterator[Client]:
    """A server whose cases continue as new a few times in the flood; a run takes 10,000 signals at most."""
    with TemporalServer(tmp_path, settings={"limit.historyCount.suggestContinueAsNew": OFTEN}) as server:
        yield await Client.connect(server.address, data_converter=pydantic_data_converter)


async def test_row_13_twelve_thousand_signals_lose_nothing_that_was_decided(flooded: Client) -> None:
    world = PolicyWorld(amount=700_000, asked="cfo")
    async with held(flooded, world) as started:
        current: WorkflowHandle[OrderException, ClosingSummary] = flooded.get_workflow_handle(
            REF.workflow_id, result_type=ClosingSummary
        )
        await asked(current)
        first = TaskRequest(task_id="T1", task_revision=1, action=Action.APPROVE, actor="bob.tanaka")
        accepted = await current.execute_update("decide", signed(first), result_type=Receipt)
        for begin in range(0, FLOOD, AT_ONCE):
            signals = (event(EventType.ORDER_CHANGED, 1, f"old-{begin + n}") for n in range(AT_ONCE))
            await asyncio.gather(*(current.signal("order_changed", old) for old in signals))
            if begin % EVERY == 0:  # a server takes 10,000 signals a run, and a slow machine must keep up with them
                await seen(current, f"old-{begin}")
        case = await seen(current, f"old-{FLOOD - 1}")
        assert (await current.describe()).run_id != started.first_execution_run_id
        assert [each.subject for each in case.open_tasks[0].approvals] == ["bob.tanaka"]
        assert await current.execute_update("decide", signed(first), result_type=Receipt) == accepted
        for revision, actor in ((2, "carol.singh"), (3, "dan.weber")):
            honest = first.model_copy(update={"task_revision": revision, "actor": actor})
            await current.execute_update("decide", signed(honest), result_type=Receipt)
        summary: ClosingSummary = await current.result()
        assert summary.outcome is CaseOutcome.RELEASED
        assert world.done == ["credit.release:a", "erp.release_order:release_order"]
