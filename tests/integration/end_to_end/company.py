"""The whole product in an enterprise, and one held order in it with everything that can be asked about it."""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from random import Random
from typing import Any, TypeVar

from temporalio.client import Client, WorkflowExecutionDescription, WorkflowHandle, WorkflowHistory

from domain.audit import Fault, first_fault, receipts_of, trail_of
from domain.case import Case, ClosingSummary
from domain.identifiers import workflow_id
from domain.tasks import Action, Task, TaskRequest
from runtime.case_query import query_case
from runtime.encryption.conversion import data_converter
from sandbox.day.world import World
from sandbox.demo.cli import Approver, Said
from sandbox.demo.enterprise import Document
from sandbox.stack import ROOT, SERVICES, Stack
from sandbox.supervisor import Part, answers
from tests.integration.end_to_end.systems import Systems
from tests.signatures import dev_signer
from workflows.order_exception import OrderException

T = TypeVar("T")

PATIENCE = 240.0
"""Seconds until a test gives up waiting, on a machine that has other things to do."""


async def eventually(look: Callable[[], Awaitable[T]], condition: Callable[[T], object], what: str = "") -> T:
    """What `look` sees once it is as expected; AssertionError if that takes too long."""
    deadline = time.monotonic() + PATIENCE
    while True:
        seen = await look()
        if condition(seen):
            return seen
        assert time.monotonic() < deadline, f"{what or 'it'} stays as it is: {seen}"
        await asyncio.sleep(0.05)


@dataclass
class Company:
    """One stack for all tests. `opened` are the orders of the test that runs."""

    stack: Stack
    systems: Systems
    client: Client
    approver: Approver
    world: World
    opened: list[Order] = field(default_factory=list)

    @classmethod
    async def open(cls, stack: Stack, world: World) -> Company:
        """Connect to a running stack."""
        client = await Client.connect(stack.temporal.address, data_converter=data_converter(stack.keyring))
        systems = Systems(stack)
        await systems.learn(world)
        return cls(stack, systems, client, Approver(stack), world)

    async def enter(self, order: Document) -> Order:
        """Order entry at the ERP."""
        await self.systems.learn(self.world)
        entered = await self.systems.enter_order(order)
        return self.case_of(entered)

    def case_of(self, entered: Document) -> Order:
        """An order that the ERP has."""
        order = Order(self, entered)
        self.opened.append(order)
        return order

    async def start_worker(self, name: str, port: int, **settings: str) -> None:
        """One more worker process, with settings of its own."""
        bind = f"127.0.0.1:{port}"
        environment = self.stack.environment | {"HOLDFAST_OBSERVATION__HEALTH_BIND": bind} | settings
        command = [sys.executable, "worker.py"]
        await self.stack.supervisor.start(Part(name, command, environment, answers(f"http://{bind}/readyz"), ROOT))

    async def histories(self) -> AsyncIterator[WorkflowHistory]:
        """Every run of every case of the test's orders."""
        for order in self.opened:
            async for run in self.client.list_workflows(f"WorkflowId = '{order.workflow_id}'"):
                yield await self.client.get_workflow_handle(run.id, run_id=run.run_id).fetch_history()

    async def broken_chains(self) -> list[Fault]:
        """What is wrong with the audit chains of the test's orders."""
        cases: list[Case] = [
            await query_case(self.client, order.workflow_id, Case, run_id=run)
            for order in self.opened
            for run in await order.runs()
        ]
        faults = [first_fault(trail_of(case), receipts_of(case)) for case in cases]
        return [fault for fault in faults if fault]

    async def settle(self) -> None:
        """Let everything behave again, and forget the test's orders."""
        for service in SERVICES:
            await self.systems.repair(service)
        self.opened.clear()

    @property
    def fallen(self) -> list[str]:
        """Parts that ended by themselves."""
        return [name for name, process in self.stack.supervisor._running.items() if process.poll() is not None]


@dataclass
class Order:
    """One order, as it entered, and its case."""

    company: Company
    entered: Document

    @property
    def order_id(self) -> str:
        """Its id in the ERP."""
        return str(self.entered["order_id"])

    @property
    def customer_id(self) -> str:
        """Who ordered."""
        return str(self.entered["customer_id"])

    @property
    def workflow_id(self) -> str:
        """Its case."""
        return workflow_id(self.company.stack.enterprise.tenant, self.order_id)

    @property
    def handle(self) -> WorkflowHandle[OrderException, ClosingSummary]:
        """Its case, for Temporal's client."""
        return self.company.client.get_workflow_handle_for(OrderException.run, self.workflow_id)

    async def erp(self) -> Document:
        """The order as the ERP has it now."""
        return await self.company.systems.order(self.order_id)

    async def case(self) -> Case:
        """The case as a query shows it."""
        return await query_case(self.company.client, self.workflow_id, Case)

    async def runs(self) -> list[str]:
        """The runs of its case."""
        found = self.company.client.list_workflows(f"WorkflowId = '{self.workflow_id}'")
        return [run.run_id async for run in found]

    async def describe(self) -> WorkflowExecutionDescription:
        """The case as Temporal lists it."""
        return await self.handle.describe()

    async def history(self) -> WorkflowHistory:
        """What happened in the case."""
        return await self.handle.fetch_history()

    async def is_open(self) -> Order:
        """The order, once it has a case."""
        await eventually(self.runs, bool, f"order {self.order_id}")
        return self

    async def until(self, condition: Callable[[Case], object]) -> Case:
        """The case, once it is as expected."""
        await self.is_open()
        return await eventually(self.case, condition, f"the case of {self.order_id}")

    async def asked(self, role: str) -> Task:
        """The open question to a role."""
        case = await self.until(lambda case: any(task.role == role for task in case.open_tasks))
        return next(task for task in case.open_tasks if task.role == role)

    async def approval(self, task: Task, actor: str) -> TaskRequest:
        """The signed approval of what is recommended."""
        fields = {"task_id": task.task_id, "task_revision": task.revision, "action": Action.APPROVE}
        request = TaskRequest.model_validate(fields | {"actor": actor})
        return dev_signer(actor).sign(await self.case(), task, request)

    async def released(self) -> Document:
        """How it was released, once it was: the ERP's only release of it."""
        releases = await eventually(lambda: self.company.systems.releases_of(self.order_id), bool, self.order_id)
        assert len(releases) == 1, releases
        return releases[0]

    async def closed(self) -> ClosingSummary:
        """The case's last word, once it is said."""
        await self.is_open()
        return await asyncio.wait_for(self.handle.result(), PATIENCE)

    async def effects(self) -> dict[str, list[str]]:
        """What we did about it, by service."""
        return await self.company.systems.effects(self.order_id)

    async def mails_to_customer(self) -> list[Document]:
        """What its customer was written."""
        address = self.company.world.contacts[self.customer_id]["email"]
        return await self.company.systems.mails(address, self.entered["po_number"])

    async def mails_to(self, subject: str) -> list[str]:
        """The first words of what a person of ours was written about it."""
        mails = await self.company.systems.mails(f"{subject}@meridian.example", self.order_id)
        return [mail["subject"] for mail in mails]

    async def approver(self, command: str, *arguments: str, as_: str | None = None) -> Said:
        """`approver.py COMMAND ORDER ...` in a process of its own."""
        who = ("--as", as_) if as_ else ()
        return await self.company.approver.run(command, self.order_id, *arguments, *who)

    async def show(self) -> dict[str, Any]:
        """`approver.py show`."""
        said = await self.approver("show")
        assert said.done, said
        return said.document


def new_world() -> World:
    """A world with the warehouses and taxes of the demo, and the item that is always there."""
    world = World(Random(20), datetime.now(UTC))  # noqa: S311 - a play, not a secret
    world.plenty()
    return world
