"""A case on a stage: the real workflow in a small enterprise, and the command line as people run it."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Callable, Coroutine, Iterator, Mapping
from concurrent.futures import Future
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from time import monotonic
from typing import Any, TypeVar

from temporalio import activity
from temporalio.client import Client
from temporalio.common import SearchAttributePair, TypedSearchAttributes
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.exceptions import ApplicationError
from temporalio.worker import UnsandboxedWorkflowRunner, Worker
from typer.testing import CliRunner

from approver import app
from domain.assessment import Ask, Assessment, Disposition, Option, Parameter, Plan, RuleHit, Step
from domain.calls import AssessRequest, Authorisation, AuthoriseRequest, CaseRef
from domain.case import Case, CaseStart
from domain.events import EventData, EventType, OrderEvent
from domain.identifiers import workflow_id
from domain.order import HoldClass
from domain.tasks import Refusal
from tests.orders import LONG_AGO, hold, order
from tests.workflow.world import World, usd
from workflows import search_attributes as keys
from workflows.order_exception import OrderException

T = TypeVar("T")
PATIENCE = 120.0
"""Seconds until a test gives up waiting, on a machine that has other things to do."""
SAID_WITHIN = 40.0
"""Seconds: ten are promised (`tests/unit/runtime/test_patience.py` has what we wait for ourselves), the rest is the
machine's, which may have to start a program first.
"""
PEOPLE = """subject,roles,email
clerk,assistant_credit_manager,clerk@example.com
carla,credit_manager,carla@example.com
conrad,controller|credit_manager,conrad@example.com
irene,integration_oncall,irene@example.com
"""
HOSTILE = "pay\x1b[2J now\u202e\n[red]or else[/red]"


class Enterprise(World):
    """A world whose authority refuses a request for the reason that its comment names."""

    @activity.defn(name="authorisation.authorise")
    async def authorise(self, request: AuthoriseRequest) -> Authorisation:
        reason = request.request.comment
        if reason in Refusal.__members__:
            raise ApplicationError(f"a test of {reason}", type=reason, non_retryable=True)
        return await super().authorise(request)


def credit_question(request: AssessRequest) -> Assessment:
    """What the credit playbook would ask: release once up to an amount that can be adjusted, or reject."""
    amount = Decimal(request.adjustments.get("RELEASE_ONCE", {}).get("amount", "1000"))
    release = Option(
        code="RELEASE_ONCE",
        title="Release this order once",
        reason="12 % over the limit, the oldest item is 21 days overdue",
        cost=usd(0),
        amount=usd(str(amount)),
        role="credit_manager",
        customer_effect="the order ships as promised",
        plan=Plan(steps=(Step(step_id="a", system="credit", operation="release", undo="reblock", summary="Release"),)),
        parameters=(Parameter(name="amount", meaning="the highest value released", kind="decimal", value=str(amount)),),
    )
    reject = Option(
        code="REJECT",
        title="Cancel the order",
        reason="the customer is told to pay first",
        cost=usd(150),
        amount=usd(1000),
        role="credit_manager",
        disposition=Disposition.CANCEL_ORDER,
        customer_effect="the order is cancelled",
    )
    return Assessment(
        exception_type=request.exception_type,
        hold_id=request.hold.hold_id,
        options=(release, reject),
        recommended="RELEASE_ONCE",
        reason="a good customer a little over the limit",
        ask=Ask(role="credit_manager", amount=usd(str(amount)), question=f"Release {usd(str(amount))}?"),
        rules=(RuleHit(table="credit_rules", row=7, rule="over-10-percent"),),
        findings={"exposure": "56,000.00 USD", "limit": "50,000.00 USD"},
        amount_at_risk=request.order.value,
        policy_version="test",
        assessed_at=LONG_AGO,
    )


@dataclass(frozen=True)
class Said:
    """What a command printed, and how it ended."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        """Its JSON."""
        return json.loads(self.out)


class Stage:
    """Runs the asynchronous side in a thread of its own, so that tests can run the command line as it is."""

    def __init__(self, address: str) -> None:
        self.address = address
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._open = AsyncExitStack()
        self.client = self.run(Client.connect(address, data_converter=pydantic_data_converter))

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """The result of `work`."""
        return self.begin(work).result(PATIENCE)

    def begin(self, work: Coroutine[Any, Any, T]) -> Future[T]:
        """Have `work` done meanwhile."""
        return asyncio.run_coroutine_threadsafe(work, self._loop)

    def close(self) -> None:
        """End the workers."""
        self.run(self._open.aclose())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(PATIENCE)

    def worker(self, world: World, queue: str) -> Callable[[], None]:
        """Serve `queue` with `world`; the answer ends that early."""
        worker = Worker(
            self.client,
            task_queue=queue,
            workflows=[OrderException],
            activities=world.activities,
            workflow_runner=UnsandboxedWorkflowRunner(),
        )
        self.run(self._open.enter_async_context(worker))
        return lambda: self.run(worker.shutdown())

    def start(self, order_id: str, queue: str) -> str:
        """What the door does with a hold event."""
        ref = CaseRef(tenant="acme", order_id=order_id, workflow_id=workflow_id("acme", order_id))
        self.run(self._start(ref, queue))
        return ref.workflow_id

    async def _start(self, ref: CaseRef, queue: str) -> None:
        data = EventData(tenant="acme", order_id=ref.order_id, order_version=2)
        happened = datetime.now(UTC)
        event = OrderEvent(event_id="e", type=EventType.HOLD_PLACED, source="/erp", occurred_at=happened, data=data)
        attributes: list[SearchAttributePair[Any]] = [
            SearchAttributePair(keys.ORDER_ID, ref.order_id),
            SearchAttributePair(keys.HELD_SINCE, happened),
        ]
        await self.client.start_workflow(
            OrderException.run,
            CaseStart(ref=ref),
            id=ref.workflow_id,
            task_queue=queue,
            start_signal="hold_placed",
            start_signal_args=[event],
            search_attributes=TypedSearchAttributes(attributes),
        )

    def state(self, workflow: str) -> Case:
        """The case as the workflow has it."""
        case: Case = self.run(self.client.get_workflow_handle(workflow).query("case", result_type=Case))
        return case

    def until(self, workflow: str, condition: Callable[[Case], object]) -> Case:
        """The case, once it is as expected."""
        return eventually(lambda: self.state(workflow), condition)


def eventually(look: Callable[[], T], condition: Callable[[T], object], seconds: float = PATIENCE) -> T:
    """What `look` sees, once it is as expected; AssertionError if that takes too long."""
    deadline = monotonic() + seconds
    while True:
        seen = look()
        if condition(seen):
            return seen
        assert monotonic() < deadline, f"it stays as it is: {seen}"


@dataclass
class Opened:
    """One case, and the command line pointed at it."""

    stage: Stage
    world: Enterprise
    order_id: str
    workflow: str
    environment: Mapping[str, str]
    stop_worker: Callable[[], None]

    def approver(self, *arguments: str, as_: str | None = None) -> Said:
        """Run `approver.py` in this process, with the order's id for every `CASE`."""
        named = [self.order_id if argument == "CASE" else argument for argument in arguments]
        who = {"HOLDFAST_USER": as_} if as_ else {}
        ended = CliRunner().invoke(app, named, env={**self.environment, **who})
        if ended.exception and not isinstance(ended.exception, SystemExit):
            raise ended.exception
        return Said(ended.exit_code, ended.stdout, ended.stderr)

    def state(self, condition: Callable[[Case], object] = lambda _: True) -> Case:
        """The case, once it is as expected."""
        return self.stage.until(self.workflow, condition)

    def asked(self) -> Opened:
        """The same case, once it asks somebody and the inbox knows."""
        self.state(lambda case: case.open_tasks)
        eventually(
            lambda: self.approver("inbox", "--all", "--limit", "10000", "--json").document["rows"],
            lambda rows: any(row["order_id"] == self.order_id and row["awaiting_roles"] for row in rows),
        )
        return self


def enterprise(order_id: str, *, holds: int = 1) -> Enterprise:
    """A world with one order, held for credit, whose hold has a hostile reason."""
    held = [
        hold(f"H{number}", HoldClass.SYSTEM).model_copy(update={"reason": HOSTILE}) for number in range(1, holds + 1)
    ]
    return Enterprise(
        order=order(*held).model_copy(update={"order_id": order_id}),
        judge=credit_question,
        reminders=(),
        expire_after=60,
    )


def order_ids(prefix: str) -> Iterator[str]:
    """Order ids that no other test of this run has."""
    number = 0
    while True:
        number += 1
        yield f"{prefix}-{number}"
