"""All decisions of a case together, in the order of dependency, up to the step that lets the order go or ends it."""

from __future__ import annotations

import asyncio

from temporalio import workflow

from domain.assessment import Disposition
from domain.case import Case, CaseOutcome, ExceptionCase
from domain.order import HoldClass
from domain.tasks import Decision
from workflows.examination import Examination
from workflows.execution import Execution
from workflows.failures import Contradicted, DecidedAnew, FactsMoved
from workflows.leaving import Leaving
from workflows.resolution import Resolution, chosen


def ending(case: Case) -> ExceptionCase | None:
    """The hold whose decision ends the order: nobody needs to be asked about the others. None if there is none, or if
    automation would thereby settle a HARD hold.
    """
    for exception in case.in_order:
        if _ends_order(exception) and (_by_person(exception) or not any(map(_is_hard, case.exceptions.values()))):
            return exception
    return None


class CarryingOut:
    """Carries decisions out. Raises FactsMoved if the order is another by now, DecidedAnew if a decision has fallen,
    PlanAbandoned if a person gave a plan up.
    """

    def __init__(self, case: Case, resolution: Resolution, execution: Execution, examination: Examination) -> None:
        self._case = case
        self._resolution = resolution
        self._execution = execution
        self._examination = examination

    async def all_decisions(self) -> None:
        """Hold them against fresh facts, and then either carry out each and release the order, or end it."""
        last = ending(self._case)
        deciding = self._case.in_order if last is None else [last]
        for exception in deciding:
            if not exception.carried_out and not await self._still_stands(exception):
                why = f"the decision for hold {exception.hold_id} no longer stands"
                raise DecidedAnew(why) if any(other.carried_out for other in deciding) else FactsMoved(why)
        if last is not None:
            await self._end_order(last)
        else:
            await self._release_order()

    async def _release_order(self) -> None:
        exceptions = self._case.in_order
        for exception in exceptions:
            await self._carry_out_one(exception)
        if exceptions[-1].decision is not None:
            await self._pivot("release_order", "all holds are resolved", exceptions[-1].decision)
        self._case.released_at = workflow.now()
        self._case.contradictions = 0
        self._case.releases += 1
        self._settle(CaseOutcome.RELEASED)

    async def _end_order(self, last: ExceptionCase) -> None:
        """One decision ends the order: its own plan is carried out, and what was done for other holds undone."""
        await self._execution.undo(None, "the order is cancelled")
        for exception in self._case.in_order:
            exception.carried_out = False
        if chosen(last).plan.steps:
            await self._carry_out_one(last)
        elif self._examination.is_due:
            await self._look_in_between(last)
        if last.decision is not None:
            await self._pivot("cancel_order", chosen(last).reason, last.decision)
        for exception in self._case.in_order:
            if exception is not last:
                exception.decision = None  # whatever it was, it was not done
                await self._examination.call_off(exception, "the order has ended")
        self._settle(CaseOutcome.ORDER_CANCELLED)

    async def _carry_out_one(self, exception: ExceptionCase) -> None:
        """One plan. If an earlier one changed the order, this decision is first held against the order as it is now."""
        if exception.carried_out:
            return
        if exception.assessed_version != self._case.order_version:
            await self._look_in_between(exception)
        if exception.decision is not None:
            await self._execution.carry_out(exception, chosen(exception), exception.decision)
            exception.carried_out = True

    async def _look_in_between(self, exception: ExceptionCase) -> None:
        """The order as the plans before this one left it. What others did to it concerns those plans, too."""
        self._execution.stop_if_news()
        ours, together = self._case.order_version, set(self._case.exceptions)
        await self._examination.look()
        if together != set(self._case.exceptions):
            raise FactsMoved("the holds changed while their resolutions were carried out")
        if ours != self._case.order_version:
            raise Contradicted("the order changed while its resolutions were carried out")
        if not await self._still_stands(exception):
            raise DecidedAnew(f"an earlier resolution changed what hold {exception.hold_id} rests on")

    async def _still_stands(self, exception: ExceptionCase) -> bool:
        """Whether the decision stands on fresh facts. A silent system must not keep us from what happens to the order
        meanwhile: then FactsMoved.
        """
        checking = asyncio.create_task(self._resolution.recheck(exception))
        with Leaving(checking.cancel):
            await workflow.wait_condition(
                lambda: checking.done() or self._execution.is_stopped or workflow.info().is_continue_as_new_suggested()
            )
            if checking.done():
                return await checking
        raise FactsMoved("there was news before it was known whether the decisions still stand")

    async def _pivot(self, operation: str, reason: str, decision: Decision) -> None:
        """The step after which we only go forward. Whoever says that it was done by hand is taken at the ERP's word."""
        by_hand = await self._execution.pivot(operation, self._case.in_order, reason, decision)
        if by_hand and not await self._examination.confirms(operation):
            raise Contradicted(f"the ERP does not show the {operation} that was said to be done by hand")

    def _settle(self, outcome: CaseOutcome) -> None:
        """After the pivot: nothing is undone any more, every open exception is resolved."""
        self._case.executed.clear()
        for exception in self._case.in_order:
            exception.resolved_at = workflow.now()
            self._case.settled.append(exception)
        self._case.exceptions.clear()
        self._case.outcome = outcome
        self._case.customer_told = False


def _ends_order(exception: ExceptionCase) -> bool:
    decision, assessment = exception.decision, exception.assessment
    option = assessment.option(decision.option) if decision and assessment else None
    return option is not None and option.disposition is Disposition.CANCEL_ORDER


def _by_person(exception: ExceptionCase) -> bool:
    return exception.decision is not None and exception.decision.by_person


def _is_hard(exception: ExceptionCase) -> bool:
    return exception.subject.hold.hold_class is HoldClass.HARD
