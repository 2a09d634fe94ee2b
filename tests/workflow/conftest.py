"""The time-skipping server, one a test: it has one clock for everybody."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from temporalio.api.enums.v1 import IndexedValueType
from temporalio.api.operatorservice.v1 import AddSearchAttributesRequest
from temporalio.client import WorkflowHandle
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import Replayer, UnsandboxedWorkflowRunner, Worker

from domain.audit import first_fault, receipts_of, trail_of
from domain.calls import CaseRef
from domain.case import Case, CaseStart, ClosingSummary
from domain.events import EventData, EventType, OrderEvent
from domain.identifiers import workflow_id
from domain.tasks import Action, Receipt, Task, TaskRequest
from tests.signatures import signed
from tests.workflow.server import PATIENCE, let_pass, started
from tests.workflow.world import World
from workflows import search_attributes
from workflows.order_exception import OrderException

REF = CaseRef(tenant="acme", order_id="SO-1", workflow_id=workflow_id("acme", "SO-1"))


def event(kind: EventType, version: int = 0, event_id: str | None = None, **data: Any) -> OrderEvent:
    """An event about the order of these tests."""
    return OrderEvent(
        event_id=event_id or f"{kind}-{version}-{sorted(data)}",
        type=kind,
        source="/erp",
        occurred_at=datetime.now(UTC),
        data=EventData(tenant="acme", order_id="SO-1", order_version=version, **data),
    )


class OpenCase:
    """A running case and the world around it."""

    def __init__(self, environment: WorkflowEnvironment, world: World, task_queue: str) -> None:
        self.environment = environment
        self.world = world
        self._task_queue = task_queue
        self._replayer = Replayer(
            debug_mode=True,  # a slow machine is no deadlock
            workflows=[OrderException],
            data_converter=pydantic_data_converter,
            workflow_runner=UnsandboxedWorkflowRunner(),
        )
        self.handle: WorkflowHandle[OrderException, ClosingSummary]

    async def open(self) -> OpenCase:
        """The hold event arrives."""
        self.handle = await self.environment.client.start_workflow(
            OrderException.run,
            CaseStart(ref=REF),
            id=REF.workflow_id,
            task_queue=self._task_queue,
            start_signal="hold_placed",
            start_signal_args=[event(EventType.HOLD_PLACED, 2)],
        )
        return self

    async def tell(self, kind: EventType, version: int = 0, **data: Any) -> None:
        """Another event arrives."""
        await self.handle.signal(kind.signal, event(kind, version, **data))

    async def state(self) -> Case:
        """The case as a query shows it."""
        return await self.handle.query(OrderException.case)

    async def let_pass(self, **span: float) -> None:
        """So much time passes on the server's clock."""
        await let_pass(self.environment, timedelta(**span))

    async def until(self, condition: Callable[[Case], bool]) -> Case:
        """The case, once it is as expected. Real time passes meanwhile, not the server's."""
        deadline = time.monotonic() + PATIENCE
        while not condition(case := await self.state()):
            assert time.monotonic() < deadline, f"the case stays as it is: {case.model_dump_json(indent=1)}"
            await asyncio.sleep(0.02)
        return case

    async def task(self, role: str = "credit_manager") -> Task:
        """The open question to that role."""
        case = await self.until(lambda case: any(task.role == role for task in case.open_tasks))
        return next(task for task in case.open_tasks if task.role == role)

    async def act(self, task: Task, action: Action, actor: str, **more: Any) -> Receipt:
        """A person acts on a task, as the CLI would."""
        name = {Action.CLAIM: "claim", Action.RELEASE_CLAIM: "release_claim", Action.COMMENT: "comment"}
        request = signed(
            TaskRequest(
                **{"task_id": task.task_id, "task_revision": task.revision, "action": action, "actor": actor, **more}
            )
        )
        receipt: Receipt = await self.handle.execute_update(name.get(action, "decide"), request, result_type=Receipt)
        return receipt

    async def closed(self) -> ClosingSummary:
        """The end of the case; the server skips the time until then. What happened must replay the same."""
        summary = await self.handle.result()
        history = await self.handle.fetch_history()
        await self._replayer.replay_workflow(history)
        case = await self.state()
        assert first_fault(trail_of(case), receipts_of(case)) is None
        return summary


@pytest.fixture
async def environment() -> AsyncIterator[WorkflowEnvironment]:
    async with await started() as environment:
        await environment.client.operator_service.add_search_attributes(
            AddSearchAttributesRequest(
                namespace=environment.client.namespace,
                search_attributes={
                    key.name: IndexedValueType.ValueType(key.indexed_value_type) for key in search_attributes.ALL
                },
            )
        )
        yield environment


@pytest.fixture
async def open_case(environment: WorkflowEnvironment) -> AsyncIterator[Callable[[World], Awaitable[OpenCase]]]:
    """Opens a case in a world, with a worker that serves it until the test ends."""
    workers: list[Worker] = []

    async def opened(world: World) -> OpenCase:
        task_queue = f"queue-{len(workers)}"
        worker = Worker(
            environment.client,
            task_queue=task_queue,
            workflows=[OrderException],
            activities=world.activities,
            workflow_runner=UnsandboxedWorkflowRunner(),
        )
        await worker.__aenter__()
        workers.append(worker)
        return await OpenCase(environment, world, task_queue).open()

    yield opened
    for worker in workers:
        await worker.__aexit__(None, None, None)
