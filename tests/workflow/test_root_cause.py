"""One cause, many orders: put to one person once, mended once, and each order resolved by its own rules."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest
from temporalio import activity
from temporalio.client import WorkflowUpdateFailedError
from temporalio.exceptions import ApplicationError
from temporalio.testing import WorkflowEnvironment

from domain.calls import (
    Authorisation,
    AuthoriseRequest,
)
from domain.case import CaseOutcome
from domain.cause import SEPARATELY, CauseSummary, Settlement
from domain.events import EventType
from domain.tasks import Action, ApprovalOutcome
from tests.approvals.policies import approval_policy, authorised
from tests.workflow.cause_stage import Orders, eventually, free, skip, staged
from tests.workflow.conftest import event


@pytest.fixture
def company(environment: WorkflowEnvironment) -> Any:
    """A worker for one world's cases and their cause."""
    return partial(staged, environment)


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
            here.world.orders[order_id] = free(here.world.orders[order_id])
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
