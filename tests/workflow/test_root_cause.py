"""One cause, many orders: put to one person once, mended once, and each order resolved by its own rules."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from temporalio import activity
from temporalio.client import WorkflowHandle, WorkflowUpdateFailedError
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.exceptions import ApplicationError
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import Replayer, UnsandboxedWorkflowRunner, Worker

from activities.causes import CauseActivities
from domain.assessment import Assessment, Cause, Parameter
from domain.calls import (
    AssessRequest,
    Authorisation,
    AuthoriseRequest,
    CaseRef,
    StepCall,
    StepResult,
    Triage,
    TriageRequest,
)
from domain.case import Case, CaseOutcome, CaseStart, ClosingSummary
from domain.cause import SEPARATELY, CauseCase, CauseSummary, Settlement
from domain.events import EventType
from domain.identifiers import cause_workflow_id, workflow_id
from domain.order import Order, OrderStatus
from domain.tasks import Action, ApprovalOutcome, Receipt, TaskRequest
from tests.approvals.policies import approval_policy, authorised
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
        self.orders[call.case.order_id] = _free(known)
        return result.model_copy(update={"order_version": known.version + 1})


def _free(known: Order) -> Order:
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


@pytest.fixture
def company(environment: WorkflowEnvironment) -> Callable[[Orders], Any]:
    """A worker for one world's cases and causes."""

    @asynccontextmanager
    async def running(world: Orders, cause: str = CAUSE_ID) -> AsyncIterator[Company]:
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

    return running


async def skip(environment: WorkflowEnvironment, minutes: int) -> None:
    """So much time passes on the server's clock."""
    await let_pass(environment, timedelta(minutes=minutes))


async def test_one_answer_clears_every_order_and_is_on_each_ones_record(
    company: Any, environment: WorkflowEnvironment
) -> None:
    async with company(Orders("SO-1", "SO-2", "SO-3")) as here:
        await here.hold("SO-1", "SO-2", "SO-3")
        await eventually(here.about, lambda case: len(case.concerns) == 3)
        await skip(environment, 3)
        case = await here.asked(3)
        assert "holds 3 orders of 3,000.00 USD" in case.open_tasks[0].question
        assert case.open_tasks[0].amount.amount == 3000
        assert not [task for order_id in here.cases for task in (await here.case(order_id)).open_tasks]
        await here.answer(case)
        for order_id in here.cases:
            told = await eventually(partial(here.case, order_id), lambda seen: seen.outcome is not None)
            assert ("carla", "cause mended") in [(entry.actor, entry.action) for entry in told.audit]
        summaries, cause = await here.closed()
    assert [summary.outcome for summary in summaries] == [CaseOutcome.RELEASED] * 3
    assert [summary.exceptions[0].option for summary in summaries] == ["HONOR"] * 3
    assert cause.settlement is Settlement.MENDED
    assert (cause.decided_by, sorted(cause.orders)) == ("carla", ["SO-1", "SO-2", "SO-3"])
    assert here.world.done.count("credit.release:mend") == 1
    assert here.world.done.count("credit.release:own") == 3
    assert [notice.kind for notice in here.world.notices] == ["ASKED"]


async def test_an_order_alone_with_its_cause_asks_for_itself(company: Any, environment: WorkflowEnvironment) -> None:
    async with company(Orders("SO-1")) as here:
        await here.hold("SO-1")
        await eventually(here.about, lambda case: len(case.concerns) == 1)
        await skip(environment, 3)
        case = await eventually(lambda: here.case("SO-1"), lambda case: bool(case.open_tasks))
        assert case.open_tasks[0].choices == ("FIX", "ALONE")
        await here.answer(case, option="ALONE")
        summaries, cause = await here.closed()
    assert summaries[0].exceptions[0].option == "ALONE"
    assert cause.settlement is Settlement.SEPARATELY


async def test_a_rejected_common_answer_lets_every_order_ask_for_itself(
    company: Any, environment: WorkflowEnvironment
) -> None:
    async with company(Orders("SO-1", "SO-2")) as here:
        await here.hold("SO-1", "SO-2")
        await eventually(here.about, lambda case: len(case.concerns) == 2)
        await skip(environment, 3)
        await here.answer(await here.asked(2), option="SEPARATELY")
        for order_id in here.cases:
            case = await eventually(partial(here.case, order_id), lambda seen: bool(seen.open_tasks))
            await here.answer(case, option="ALONE")
        summaries, cause = await here.closed()
    assert {summary.exceptions[0].option for summary in summaries} == {"ALONE"}
    assert cause.settlement is Settlement.SEPARATELY
    assert "credit.release:mend" not in here.world.done


async def test_whoever_joins_while_the_question_is_open_is_part_of_it(
    company: Any, environment: WorkflowEnvironment
) -> None:
    async with company(Orders("SO-1", "SO-2", "SO-3", value=90_000)) as here:
        await here.hold("SO-1", "SO-2")
        await eventually(here.about, lambda case: len(case.concerns) == 2)
        await skip(environment, 3)
        first = await here.asked(2)
        assert first.open_tasks[0].role == "credit_manager"
        await here.hold("SO-3")
        grown = await eventually(here.about, lambda case: bool(case.open_tasks) and case.open_tasks[0].revision == 2)
        assert grown.open_tasks[0].role == "controller"
        assert grown.open_tasks[0].amount.amount == 270_000
        with pytest.raises(WorkflowUpdateFailedError) as stale:
            await here.answer(first)
        assert isinstance(stale.value.cause, ApplicationError)
        assert stale.value.cause.type == "STALE"
        await here.answer(grown, actor="conrad")
        summaries, cause = await here.closed()
    assert [summary.outcome for summary in summaries] == [CaseOutcome.RELEASED] * 3
    assert len(cause.orders) == 3


class StrictOrders(Orders):
    """The authority is the company's policies."""

    @activity.defn(name="authorisation.authorise")
    async def authorise(self, request: AuthoriseRequest) -> Authorisation:
        return authorised(request, approval_policy())


async def test_orders_that_are_large_together_take_the_chain_of_their_sum(
    company: Any, environment: WorkflowEnvironment
) -> None:
    """What two would have to approve for one order is not one person's to approve for many."""
    async with company(StrictOrders("SO-1", "SO-2", "SO-3", value=300_000)) as here:
        await here.hold("SO-1", "SO-2")
        await eventually(here.about, lambda case: len(case.concerns) == 2)
        await skip(environment, 3)
        asked = await here.asked(2)
        assert [level.role for level in asked.open_tasks[0].levels] == ["credit_manager", "controller", "cfo"]
        await here.answer(asked, actor="bob.tanaka")
        second = await here.about()
        assert (second.open_tasks[0].role, second.settled_as) == ("controller", None)
        await here.hold("SO-3")
        grown = await eventually(here.about, lambda case: len(case.concerns) == 3 and case.open_tasks[0].revision > 2)
        assert (grown.open_tasks[0].role, grown.open_tasks[0].approvals) == ("credit_manager", [])
        await here.answer(grown, actor="bob.tanaka")
        with pytest.raises(WorkflowUpdateFailedError) as twice:
            await here.answer(await here.about(), actor="bob.tanaka", comment="and again")
        assert isinstance(twice.value.cause, ApplicationError)
        assert twice.value.cause.type == "SEGREGATION"
        await here.answer(await here.about(), actor="dan.weber", on_behalf_of="carol.singh")
        await here.answer(await here.about(), actor="erin.okafor")
        summaries, cause = await here.closed()
    assert [summary.outcome for summary in summaries] == [CaseOutcome.RELEASED] * 3
    assert (cause.settlement, cause.decided_by) == (Settlement.MENDED, "erin.okafor")


async def test_large_orders_left_to_themselves_are_one_persons_word(
    company: Any, environment: WorkflowEnvironment
) -> None:
    async with company(StrictOrders("SO-1", "SO-2", value=300_000)) as here:
        await here.hold("SO-1", "SO-2")
        await eventually(here.about, lambda case: len(case.concerns) == 2)
        await skip(environment, 3)
        await here.answer(await here.asked(2), actor="bob.tanaka", option=SEPARATELY)
        cause: CauseSummary = await here.cause.result()
        assert (cause.settlement, cause.decided_by) == (Settlement.SEPARATELY, "bob.tanaka")
        for order_id in here.cases:
            case = await eventually(partial(here.case, order_id), lambda seen: bool(seen.open_tasks))
            await here.answer(case, option="ALONE", actor="carol.singh")
        await here.closed()


async def test_the_one_who_entered_an_order_cannot_decide_about_its_cause(
    company: Any, environment: WorkflowEnvironment
) -> None:
    world = Orders("SO-1", "SO-2")
    world.orders["SO-2"] = world.orders["SO-2"].model_copy(update={"entered_by": "carla"})
    async with company(world) as here:
        await here.hold("SO-1", "SO-2")
        await eventually(here.about, lambda case: len(case.concerns) == 2)
        await skip(environment, 3)
        case = await here.asked(2)
        with pytest.raises(WorkflowUpdateFailedError) as refused:
            await here.answer(case)
        assert isinstance(refused.value.cause, ApplicationError)
        assert refused.value.cause.type == "SEGREGATION"
        await here.answer(case, actor="conrad")
        await here.closed()


async def test_an_order_that_is_no_longer_held_leaves_and_the_last_one_closes_the_question(
    company: Any, environment: WorkflowEnvironment
) -> None:
    async with company(Orders("SO-1", "SO-2")) as here:
        await here.hold("SO-1", "SO-2")
        await eventually(here.about, lambda case: len(case.concerns) == 2)
        await skip(environment, 3)
        await here.asked(2)
        for order_id, handle in here.cases.items():
            here.world.orders[order_id] = _free(here.world.orders[order_id])
            await handle.signal("hold_cleared", event(EventType.HOLD_CLEARED, 3, f"cleared-{order_id}"))
        summaries, cause = await here.closed()
    assert [summary.outcome for summary in summaries] == [CaseOutcome.NO_LONGER_HELD] * 2
    assert cause.settlement is Settlement.SEPARATELY
    assert cause.orders == ()
    assert [notice.kind for notice in here.world.notices] == ["ASKED", "WITHDRAWN"]


async def test_an_order_that_the_mended_cause_does_not_help_asks_for_itself_and_only_once(
    company: Any, environment: WorkflowEnvironment
) -> None:
    world = Orders("SO-1", "SO-2")
    world.mended_helps = False
    async with company(world) as here:
        await here.hold("SO-1", "SO-2")
        await eventually(here.about, lambda case: len(case.concerns) == 2)
        await skip(environment, 3)
        await here.answer(await here.asked(2))
        for order_id in here.cases:
            case = await eventually(partial(here.case, order_id), lambda seen: bool(seen.open_tasks))
            await here.answer(case, option="ALONE")
        summaries, cause = await here.closed()
    assert cause.settlement is Settlement.MENDED
    assert {summary.exceptions[0].option for summary in summaries} == {"ALONE"}


async def test_a_better_value_is_taken_over_by_the_fix(company: Any, environment: WorkflowEnvironment) -> None:
    async with company(Orders("SO-1", "SO-2")) as here:
        await here.hold("SO-1", "SO-2")
        await eventually(here.about, lambda case: len(case.concerns) == 2)
        await skip(environment, 3)
        case = await here.asked(2)
        await here.answer(case, Action.ADJUST, option="FIX", adjustments={"price": "12"})
        better = await here.about()
        assert better.fix is not None
        assert better.fix.plan.steps[0].arguments == {"price": "12"}
        await here.answer(better)
        _, cause = await here.closed()
        settled = (await here.about()).settled_as
    assert cause.settlement is Settlement.MENDED
    assert settled is not None
    assert settled.decision is not None
    assert settled.decision.outcome is ApprovalOutcome.APPROVED_WITH_CHANGES


async def test_a_fix_that_cannot_be_done_leaves_nothing_behind(company: Any, environment: WorkflowEnvironment) -> None:
    world = Orders("SO-1", "SO-2")
    world.refuse_steps = {"mend": ApplicationError("another version", type="CONFLICT", non_retryable=True)}
    async with company(world) as here:
        await here.hold("SO-1", "SO-2")
        await eventually(here.about, lambda case: len(case.concerns) == 2)
        await skip(environment, 3)
        await here.answer(await here.asked(2))
        for order_id in here.cases:
            case = await eventually(partial(here.case, order_id), lambda seen: bool(seen.open_tasks))
            await here.answer(case, option="ALONE")
        _, cause = await here.closed()
    assert cause.settlement is Settlement.SEPARATELY
    assert "credit.release:mend" not in here.world.done


async def test_a_case_does_not_wait_for_ever_for_the_common_answer(
    company: Any, environment: WorkflowEnvironment
) -> None:
    async with company(Orders("SO-1", "SO-2")) as here:
        await here.hold("SO-1", "SO-2")
        await eventually(here.about, lambda case: len(case.concerns) == 2)
        await skip(environment, 3)
        await here.asked(2)
        await here.cause.terminate("a test")
        await skip(environment, 9 * 60)
        for order_id in here.cases:
            case = await eventually(partial(here.case, order_id), lambda seen: bool(seen.open_tasks))
            await here.answer(case, option="ALONE")
        outcomes = [(await handle.result()).outcome for handle in here.cases.values()]
    assert outcomes == [CaseOutcome.RELEASED] * 2
