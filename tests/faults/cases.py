"""One real server, workers as `worker.py` runs them around an enterprise inside the test, and encrypted cases."""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from temporalio.api.enums.v1 import EventType as HistoryEventType
from temporalio.client import Client, WorkflowHandle

from domain.calls import CaseRef
from domain.case import Case, CaseStart, ClosingSummary
from domain.events import EventData, EventType, OrderEvent
from domain.identifiers import workflow_id
from domain.order import Order
from domain.tasks import Action, Receipt, Task, TaskRequest
from runtime.case_query import query_case
from runtime.encryption.conversion import data_converter
from runtime.encryption.keyring import Keyring
from runtime.worker_process import case_worker
from sandbox.temporal_server import TemporalServer
from tests.orders import hold, order
from tests.signatures import signed
from tests.workflow.test_questions import ask_a_person
from tests.workflow.world import World
from workflows.order_exception import OrderException

PATIENCE = 40.0
"""Seconds of real time that a slow machine may take for what takes a fraction of one."""


async def client_with(server: TemporalServer, keys: Keyring | None) -> Client:
    return await client_at(server.address, keys)


async def client_at(address: str, keys: Keyring | None) -> Client:
    return await Client.connect(address, data_converter=data_converter(keys))


@asynccontextmanager
async def worker_with(client: Client, world: World, queue: str) -> AsyncIterator[None]:
    async with case_worker(client, queue, world.activities):
        yield


async def until(condition: Callable[[], Awaitable[Any]], patience: float = PATIENCE) -> Any:
    deadline = time.monotonic() + patience
    while not (found := await condition()):
        assert time.monotonic() < deadline, "it did not come about"
        await asyncio.sleep(0.05)
    return found


@dataclass
class OpenCase:
    """A case that asks somebody, on its own task queue."""

    client: Client
    world: World
    order_id: str
    queue: str

    @classmethod
    def new(cls, client: Client) -> OpenCase:
        name = f"SO-{uuid.uuid4().hex[:8]}"
        return cls(client, World(judge=ask_a_person, order=order_named(name)), name, f"queue-{name}")

    @property
    def workflow_id(self) -> str:
        return workflow_id("acme", self.order_id)

    @property
    def handle(self) -> WorkflowHandle[OrderException, ClosingSummary]:
        return self.client.get_workflow_handle_for(OrderException.run, self.workflow_id)

    def event(self, kind: EventType = EventType.HOLD_PLACED, version: int = 2) -> OrderEvent:
        data = EventData(tenant="acme", order_id=self.order_id, order_version=version)
        return OrderEvent(event_id=uuid.uuid4().hex, type=kind, source="/erp", occurred_at=datetime.now(UTC), data=data)

    async def start(self) -> None:
        ref = CaseRef(tenant="acme", order_id=self.order_id, workflow_id=self.workflow_id)
        await self.client.start_workflow(
            OrderException.run,
            CaseStart(ref=ref),
            id=self.workflow_id,
            task_queue=self.queue,
            start_signal="hold_placed",
            start_signal_args=[self.event()],
        )

    async def state(self) -> Case:
        return await query_case(self.client, self.workflow_id, Case)

    async def task(self) -> Task:
        async def asked() -> Task | None:
            tasks = (await self.state()).open_tasks
            return tasks[0] if tasks else None

        task: Task = await until(asked)
        return task

    def approval(self, task: Task) -> TaskRequest:
        answer = TaskRequest(task_id=task.task_id, task_revision=task.revision, action=Action.APPROVE, actor="carla")
        return signed(answer, self.workflow_id)

    async def approve(self, task: Task) -> Receipt:
        receipt: Receipt = await self.handle.execute_update("decide", self.approval(task), result_type=Receipt)
        return receipt

    async def failed_tasks(self) -> list[str]:
        """The causes of failed workflow tasks: what blocks a case."""
        history = await self.handle.fetch_history()
        return [
            str(event.workflow_task_failed_event_attributes.failure.message)
            for event in history.events
            if event.event_type == HistoryEventType.EVENT_TYPE_WORKFLOW_TASK_FAILED
        ]


def order_named(order_id: str) -> Order:
    return order(hold()).model_copy(update={"order_id": order_id})
