"""Cases of some orders, and the workflow of what they have in common."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

from temporalio import activity
from temporalio.client import WorkflowHandle
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import Replayer, UnsandboxedWorkflowRunner, Worker

from activities.causes import CauseActivities
from domain.assessment import Assessment, Cause, Parameter
from domain.calls import (
    AssessRequest,
    CaseRef,
    StepCall,
    StepResult,
    Triage,
    TriageRequest,
)
from domain.case import Case, CaseStart, ClosingSummary
from domain.cause import CauseCase, CauseSummary
from domain.events import EventType
from domain.identifiers import cause_workflow_id, workflow_id
from domain.order import Order, OrderStatus
from domain.tasks import Action, Receipt, TaskRequest
from tests.orders import hold, order
from tests.signatures import signed
from tests.unit.activities.policies import company_policies
from tests.workflow.conftest import event
from tests.workflow.server import PATIENCE, let_pass
from tests.workflow.world import World, assessment, option, write
from workflows.order_exception import OrderException
from workflows.root_cause import RootCause

CAUSE = Cause(key="price-record/PR-7", system="pricing", title="Price record PR-7 is not the contract's", fix="FIX")
CAUSE_ID = "price-record:PR-7:USD"
MEND = write("mend").model_copy(update={"mends_cause": True})


class Orders(World):
    """Several orders, all held because of one record. Once it is mended, every one is right by itself."""

    def __init__(self, *order_ids: str, value: int = 1000) -> None:
        super().__init__(judge=self.look)
        self.orders = {order_id: order(hold()).model_copy(update={"order_id": order_id}) for order_id in order_ids}
        self.value = value
        self.mended_helps = True

    @property
    def is_mended(self) -> bool:
        return "credit.release:mend" in self.done

    def look(self, request: AssessRequest) -> Assessment:
        """Automatic once the record is right; before, a question that others have in common."""
        if self.is_mended and self.mended_helps:
            return assessment(request, option("HONOR", write("own"), automatic=True))
        better = request.adjustments.get("FIX", {}).get("price", "10")
        fix = option("FIX", MEND.model_copy(update={"arguments": {"price": better}}), write("own"), amount=self.value)
        fix = fix.model_copy(
            update={"parameters": (Parameter(name="price", meaning="the right one", kind="decimal", value=better),)}
        )
        return assessment(request, fix, option("ALONE", write("own")), person=True, cause=CAUSE)

    @activity.defn(name="triage.examine_order")
    async def examine_order(self, request: TriageRequest) -> Triage:
        self.order = self.orders[request.case.order_id]
        return await super().examine_order(request)

    @activity.defn(name="erp.release_order")
    async def release_order(self, call: StepCall) -> StepResult:
        known = self.orders[call.case.order_id]
        result = await self._write(f"release {call.case.order_id}", call)
        self.orders[call.case.order_id] = free(known)
        return result.model_copy(update={"order_version": known.version + 1})


def free(known: Order) -> Order:
    return known.model_copy(update={"version": known.version + 1, "status": OrderStatus.RELEASED, "holds": ()})


class Company:
    """The cases of some orders and the workflow of what they have in common."""

    def __init__(self, environment: WorkflowEnvironment, world: Orders, cause: str) -> None:
        self._cause = cause
        self.client = environment.client
        self.world = world
        self.cases: dict[str, WorkflowHandle[OrderException, ClosingSummary]] = {}

    async def hold(self, *order_ids: str) -> None:
        """The hold events arrive."""
        for order_id in order_ids:
            ref = CaseRef(tenant="acme", order_id=order_id, workflow_id=workflow_id("acme", order_id))
            self.cases[order_id] = await self.client.start_workflow(
                OrderException.run,
                CaseStart(ref=ref),
                id=ref.workflow_id,
                task_queue="causes",
                start_signal="hold_placed",
                start_signal_args=[event(EventType.HOLD_PLACED, 2, order_id)],
            )

    @property
    def cause(self) -> WorkflowHandle[RootCause, CauseSummary]:
        return self.client.get_workflow_handle_for(RootCause.run, cause_workflow_id("acme", self._cause))

    async def asked(self, count: int) -> CauseCase:
        """The cause, once it asks about that many orders."""
        seen: CauseCase = await eventually(
            self.about, lambda case: bool(case.open_tasks) and len(case.concerns) == count
        )
        return seen

    async def about(self) -> CauseCase:
        seen: CauseCase = await self.cause.query(RootCause.case)
        return seen

    async def case(self, order_id: str) -> Case:
        return await self.cases[order_id].query(OrderException.case)

    async def answer(self, case: Case, action: Action = Action.APPROVE, actor: str = "carla", **more: Any) -> Receipt:
        """A person answers the open question of a case."""
        [task] = case.open_tasks
        fields: dict[str, Any] = {
            "task_id": task.task_id,
            "task_revision": task.revision,
            "reason_code": "BECAUSE",
            **more,
        }
        request = signed(TaskRequest(action=action, actor=actor, **fields))
        handle = self.client.get_workflow_handle(case.ref.workflow_id)
        receipt: Receipt = await handle.execute_update("decide", request, result_type=Receipt)
        return receipt

    async def closed(self) -> tuple[list[ClosingSummary], CauseSummary]:
        """The end of all of them; what happened must replay the same."""
        summaries = [await handle.result() for handle in self.cases.values()]
        cause = await self.cause.result()
        replayer = Replayer(
            debug_mode=True,  # a slow machine is no deadlock
            workflows=[OrderException, RootCause],
            data_converter=pydantic_data_converter,
            workflow_runner=UnsandboxedWorkflowRunner(),
        )
        handles: list[WorkflowHandle[Any, Any]] = [*self.cases.values(), self.cause]
        for handle in handles:
            await replayer.replay_workflow(await handle.fetch_history())
        return summaries, cause


async def eventually(look: Callable[[], Awaitable[Any]], condition: Callable[[Any], bool]) -> Any:
    """What is seen, once it is as expected. Real time passes meanwhile, not the server's."""
    seen = None
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        try:
            seen = await look()
            if condition(seen):
                return seen
        except Exception as error:  # noqa: BLE001 - it may not have been started yet
            seen = error
        await asyncio.sleep(0.02)
    raise AssertionError(f"it stays as it is: {seen}")


@asynccontextmanager
async def staged(environment: WorkflowEnvironment, world: Orders, cause: str = CAUSE_ID) -> AsyncIterator[Company]:
    """A worker for one world's cases and for the workflow of that cause."""
    causes = CauseActivities(company_policies)
    activities: Sequence[Callable[..., Any]] = [*world.activities, causes.join, causes.terms]
    async with Worker(
        environment.client,
        task_queue="causes",
        workflows=[OrderException, RootCause],
        activities=activities,
        workflow_runner=UnsandboxedWorkflowRunner(),
    ):
        yield Company(environment, world, cause)


async def skip(environment: WorkflowEnvironment, minutes: int) -> None:
    """So much time passes on the server's clock."""
    await let_pass(environment, timedelta(minutes=minutes))
