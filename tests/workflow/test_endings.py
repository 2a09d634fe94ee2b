"""The order ends: what is done before, what the customer reads, and what is undone if it cannot end after all."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Awaitable, Callable

import pytest
from temporalio import activity
from temporalio.exceptions import ApplicationError

from domain.assessment import Assessment, Disposition, Option
from domain.calls import AssessRequest, StepCall, StepResult, UndoCall
from domain.case import CaseOutcome
from domain.order import HoldClass, OrderStatus
from domain.recheck import compare
from domain.tasks import Action
from tests.orders import hold, order
from tests.workflow.conftest import OpenCase
from tests.workflow.world import World, assessment, option, write

Open = Callable[[World], Awaitable[OpenCase]]
MERGE = "MERGE_AS_CHANGE"
NO = ApplicationError("no", type="VALIDATION", non_retryable=True)


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
    state = await case.state()
    assert [task.state for task in state.tasks.values()] == ["FAULTED", "DONE", "DONE"]
    assert [entry.detail for entry in state.audit if entry.action == "faulted"] == [
        f"T1: {MERGE} could not be carried out"
    ]
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


async def test_nobody_is_waited_for_once_the_order_is_to_end(open_case: Open) -> None:
    """The question about the other hold is taken back, and the customer reads only of the end."""

    def judge(request: AssessRequest) -> Assessment:
        if request.hold.hold_id == "H1":
            return assessment(request, option("CANCEL_NEW", automatic=True, disposition=Disposition.CANCEL_ORDER))
        return assessment(request, option("RELEASE_ONCE", write("other")), person=True)

    case = await open_case(World(order=order(hold("H1"), hold("H2")), judge=judge))
    summary = await case.closed()
    assert summary.outcome is CaseOutcome.ORDER_CANCELLED
    assert {one.hold_id: one.option for one in summary.exceptions} == {"H1": "CANCEL_NEW", "H2": None}
    assert case.world.done == ["erp.cancel_order:cancel_order"]
    assert [message.template for message in case.world.told[0].messages] == ["cancel_new"]


async def test_the_end_of_an_order_does_not_settle_a_hard_hold_without_a_person(open_case: Open) -> None:
    """Automation may not, so whoever is asked about the HARD hold is waited for."""

    def judge(request: AssessRequest) -> Assessment:
        if request.hold.hold_id == "H1":
            return assessment(request, option("CANCEL_NEW", automatic=True, disposition=Disposition.CANCEL_ORDER))
        return assessment(request, option("REJECT", disposition=Disposition.CANCEL_ORDER), person=True)

    case = await open_case(World(order=order(hold("H1"), hold("H2", HoldClass.HARD)), judge=judge))
    await case.act(await case.task(), Action.APPROVE, "carla")
    summary = await case.closed()
    assert {one.hold_id: one.decided_by for one in summary.exceptions} == {"H1": None, "H2": "carla"}


class Amending(World):
    """A world in which releasing credit, and taking that back, changes the order."""

    @activity.defn(name="credit.release")
    async def credit_release(self, call: StepCall) -> StepResult:
        return self._amended(await self._write("credit.release", call))

    @activity.defn(name="credit.reblock")
    async def reblock(self, call: UndoCall) -> StepResult:
        return self._amended(self._undo("credit.reblock", call))

    def _amended(self, result: StepResult) -> StepResult:
        self.order = order(*self.order.holds, version=self.order.version + 1)
        return result.model_copy(update={"order_version": self.order.version})


async def test_a_plan_that_was_undone_for_an_end_that_did_not_come_is_carried_out_again(open_case: Open) -> None:
    """The first plan changes the order so that the second hold would end it; undone, it would not any more."""

    def judge(request: AssessRequest) -> Assessment:
        if request.hold.hold_id == "H1":
            return assessment(request, option("RELEASE_ONCE", write("a"), automatic=True))
        if request.order.version == 3:
            merge = option("MERGE", write("m"), automatic=True, disposition=Disposition.CANCEL_ORDER)
            return assessment(request, merge)
        return assessment(request, option("RELEASE_ONCE", write("b"), automatic=True))

    def stands(now: Assessment, approved: Option) -> tuple[str, ...]:
        return tuple(str(change) for change in compare(approved, approved.amount, now) if change.worse)

    case = await open_case(Amending(order=order(hold("H1"), hold("H2")), judge=judge, stands=stands))
    summary = await case.closed()
    assert summary.outcome is CaseOutcome.RELEASED
    assert "credit.release:a" in case.world.done


async def test_a_release_that_is_said_to_be_done_by_hand_is_believed_only_if_the_erp_shows_it(open_case: Open) -> None:
    """The order is still held: it is released after all, and only then does the customer hear of it."""
    world = World(failures=defaultdict(list, {"erp.release_order": [NO]}))
    case = await open_case(world)
    await case.act(await case.task("integration_oncall"), Action.APPROVE, "irene", option="DONE_BY_HAND")
    summary = await case.closed()
    assert (summary.outcome, world.order.holds) == (CaseOutcome.RELEASED, ())


async def test_a_release_that_was_done_by_hand_is_not_done_again(open_case: Open) -> None:
    """What its plan wrote stands."""
    world = World(failures=defaultdict(list, {"erp.release_order": [NO]}))
    case = await open_case(world)
    task = await case.task("integration_oncall")
    world.order = order(version=9, status=OrderStatus.RELEASED)
    await case.act(task, Action.APPROVE, "irene", option="DONE_BY_HAND")
    summary = await case.closed()
    assert (summary.outcome, world.done) == (CaseOutcome.RELEASED, ["credit.release:a"])
