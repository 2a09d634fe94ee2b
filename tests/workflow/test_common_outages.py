"""A system that stays silent towards many orders at work: one person is asked once, for all of them."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest
from temporalio.exceptions import ApplicationError
from temporalio.testing import WorkflowEnvironment

from domain.assessment import Assessment
from domain.calls import AssessRequest
from domain.case import CaseOutcome
from domain.cause import SEPARATELY, CauseCase, Settlement
from domain.tasks import KEEP_WAITING, TaskKind
from tests.workflow.cause_stage import Company, Orders, eventually, skip, staged
from tests.workflow.world import assessment, option, write


class Silent(Orders):
    """Credit does not answer about any order. What is wrong with each is settled by policy once it does."""

    def __init__(self, *order_ids: str) -> None:
        super().__init__(*order_ids)
        self.asked_together = True
        self.failures["credit.position"] = [ApplicationError("credit answers 503", type="TRANSIENT")] * 10_000

    def look(self, request: AssessRequest) -> Assessment:
        return assessment(request, option("HONOR", write("own"), automatic=True))

    def answer_again(self) -> None:
        self.failures["credit.position"].clear()


@pytest.fixture
def company(environment: WorkflowEnvironment) -> Any:
    """A worker for one world's cases and the silence that they have in common."""
    return partial(staged, environment, cause="silence:credit")


async def all_wait(here: Company, environment: WorkflowEnvironment, count: int) -> CauseCase:
    """The question about all of them, once the policy's patience is over and they were gathered."""
    for order_id in here.cases:
        await eventually(partial(here.case, order_id), lambda case: bool(case.outages))
    await skip(environment, 11)
    await eventually(here.about, lambda case: len(case.concerns) == count)
    await skip(environment, 3)
    return await here.asked(count)


async def test_one_person_is_asked_once_and_every_order_goes_when_the_system_is_back(
    company: Any,
    environment: WorkflowEnvironment,
) -> None:
    async with company(Silent("SO-1", "SO-2", "SO-3")) as here:
        await here.hold("SO-1", "SO-2", "SO-3")
        case = await all_wait(here, environment, 3)
        [task] = case.open_tasks
        assert (task.kind, task.role) == (TaskKind.CAUSE, "integration_oncall")
        assert task.choices == (KEEP_WAITING, SEPARATELY)
        assert "credit has been unreachable since" in task.question
        assert "3 orders wait for it" in task.question
        assert not [task for order_id in here.cases for task in (await here.case(order_id)).open_tasks]
        here.world.answer_again()
        summaries, cause = await here.closed()
    assert [summary.outcome for summary in summaries] == [CaseOutcome.RELEASED] * 3
    assert (cause.settlement, cause.orders) == (Settlement.SEPARATELY, ()), "nobody was left who wanted to know"
    assert [(notice.kind, notice.role) for notice in here.world.notices] == [
        ("ASKED", "integration_oncall"),
        ("WITHDRAWN", "integration_oncall"),
    ]


async def test_whoever_keeps_waiting_does_so_for_all_and_is_asked_again_in_time(
    company: Any,
    environment: WorkflowEnvironment,
) -> None:
    async with company(Silent("SO-1", "SO-2")) as here:
        await here.hold("SO-1", "SO-2")
        await here.answer(await all_wait(here, environment, 2), actor="irene", option=KEEP_WAITING)
        assert (await here.cause.result()).settlement is Settlement.BORNE
        for order_id in here.cases:
            told = await here.case(order_id)
            assert ("irene", "cause borne") in [(entry.actor, entry.action) for entry in told.audit]
            assert not told.open_tasks
        again = await all_wait(here, environment, 2)
        assert len(again.open_tasks) == 1
        here.world.answer_again()
        summaries, _ = await here.closed()
    assert [summary.outcome for summary in summaries] == [CaseOutcome.RELEASED] * 2


async def test_separately_lets_every_order_ask_with_the_ways_out_that_it_has(
    company: Any,
    environment: WorkflowEnvironment,
) -> None:
    async with company(Silent("SO-1", "SO-2")) as here:
        await here.hold("SO-1", "SO-2")
        await here.answer(await all_wait(here, environment, 2), actor="irene", option=SEPARATELY)
        for order_id in here.cases:
            case = await eventually(partial(here.case, order_id), lambda seen: bool(seen.open_tasks))
            [task] = case.open_tasks
            assert (task.kind, task.choices) == (TaskKind.OUTAGE, (KEEP_WAITING, "ENTER_BY_HAND"))
            value = {"value": '{"limit": "5"}'}
            await here.answer(case, actor="irene", option="ENTER_BY_HAND", adjustments=value)
        summaries, cause = await here.closed()
    assert [summary.outcome for summary in summaries] == [CaseOutcome.RELEASED] * 2
    assert cause.settlement is Settlement.SEPARATELY
