"""The order ends: what is done before, what the customer reads, and what is undone if it cannot end after all."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import pytest
from temporalio.exceptions import ApplicationError

from domain.assessment import Assessment, Disposition, Option
from domain.calls import AssessRequest
from domain.case import CaseOutcome
from domain.tasks import Action
from tests.workflow.conftest import OpenCase
from tests.workflow.world import World, assessment, hold, option, order, write

Open = Callable[[World], Awaitable[OpenCase]]
MERGE = "MERGE_AS_CHANGE"


def merging(request: AssessRequest) -> Assessment:
    """Hold H1 asks for a merge, by a person; any other is released by its own plan."""
    if request.hold.hold_id == "H1":
        merged = option(MERGE, write("merge"), disposition=Disposition.CANCEL_ORDER)
        return assessment(request, merged.model_copy(update={"covered_by": "SO-0"}), person=True)
    return assessment(request, option("RELEASE_ONCE", write("other"), automatic=True))


async def test_a_plan_is_carried_out_before_the_order_ends_and_its_customer_does_not_read_of_a_cancellation(
    open_case: Open,
) -> None:
    """Nothing is done for the other holds: the order ends."""
    case = await open_case(World(order=order(hold("H1"), hold("H2")), judge=merging))
    await case.act(await case.task(), Action.APPROVE, "carla")
    summary = await case.closed()
    assert summary.outcome is CaseOutcome.ORDER_CANCELLED
    assert case.world.done == ["credit.release:merge", "erp.cancel_order:cancel_order"]
    assert [notice.outcome for notice in case.world.told] == ["ORDER_COVERED"]


async def test_what_was_done_is_undone_if_the_order_has_changed_before_it_could_end(open_case: Open) -> None:
    """Looked at again, the order ends by a second round of the same plan."""
    moved = ApplicationError("another version", type="CONFLICT", non_retryable=True)
    case = await open_case(World(judge=merging, refuse_steps={"cancel_order": moved}))
    await case.act(await case.task(), Action.APPROVE, "carla")
    summary = await case.closed()
    assert summary.outcome is CaseOutcome.ORDER_CANCELLED
    assert case.world.undone == ["credit.release:merge"]
    assert case.world.done == ["credit.release:merge", "erp.cancel_order:cancel_order"]


async def test_a_merge_that_is_given_up_ends_nothing(open_case: Open) -> None:
    """The other order has gone: the person who gave up is asked about the hold again."""
    refused = ApplicationError("the other order has shipped", type="VALIDATION", non_retryable=True)
    case = await open_case(World(judge=merging, refuse_steps={"merge": refused}))
    await case.act(await case.task(), Action.APPROVE, "carla")
    await case.act(await case.task("integration_oncall"), Action.APPROVE, "irene", option="GIVE_UP")
    await case.act(await case.task(), Action.APPROVE, "carla")
    summary = await case.closed()
    assert summary.outcome is CaseOutcome.ORDER_CANCELLED
    assert case.world.done == ["credit.release:merge", "erp.cancel_order:cancel_order"]


@pytest.mark.parametrize(("covered_by", "frame"), [("SO-0", "ORDER_COVERED"), (None, "ORDER_CANCELLED")])
async def test_a_copy_that_policy_drops_asks_nobody(open_case: Open, covered_by: str | None, frame: str) -> None:
    """And only what another order delivers reads as such."""

    def judge(request: AssessRequest) -> Assessment:
        dropped: Option = option("CANCEL_NEW", automatic=True, disposition=Disposition.CANCEL_ORDER)
        return assessment(request, dropped.model_copy(update={"covered_by": covered_by}))

    case = await open_case(World(judge=judge))
    summary = await case.closed()
    assert (summary.outcome, summary.exceptions[0].questions) == (CaseOutcome.ORDER_CANCELLED, 0)
    assert [notice.outcome for notice in case.world.told] == [frame]
