"""The life of a held order: one workflow, from the hold event to the invoice."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress

from pydantic import ValidationError
from temporalio import workflow
from temporalio.common import RawValue
from temporalio.exceptions import ActivityError

from domain.case import Case, CaseOutcome, CaseStart, CaseState, ClosingSummary
from domain.cause import CauseSettled
from domain.events import EventType
from domain.tasks import TaskRequest
from workflows import board, closing
from workflows.calls import Calls
from workflows.carrying_out import CarryingOut, ending
from workflows.causes import Causes
from workflows.common_outages import CommonOutages
from workflows.desk import Desk
from workflows.examination import ERP, Examination
from workflows.execution import Execution, fresh_news
from workflows.failures import Contradicted, DecidedAnew, FactsMoved, PlanAbandoned
from workflows.gate import Gate
from workflows.intake import take_note
from workflows.journal import record
from workflows.leaving import Leaving
from workflows.letters import Letters, Receiver, events
from workflows.notices import Notices
from workflows.offers import HoldOffers
from workflows.questions import Questions
from workflows.resolution import Resolution, forget
from workflows.stalemate import Stalemate, remember_abandoned
from workflows.task_updates import TaskUpdates


@workflow.defn(name="OrderException", failure_exception_types=[ValidationError])
class OrderException(TaskUpdates):
    """Takes charge of one held order until it is released or will never be, and follows it to its end."""

    @workflow.init
    def __init__(self, start: CaseStart) -> None:
        self._case = start.carried or Case(ref=start.ref, opened_at=workflow.now())
        self._notices = Notices(self._case)
        self._questions = Questions(self._case, self._notices)
        self._calls = Calls(self._case, self._questions, CommonOutages(self._case))
        self._execution = Execution(self._case, self._calls)
        self._causes = Causes(self._case)
        self._resolution = Resolution(self._case, self._calls, self._questions, self._execution, self._causes)
        self._examination = Examination(self._case, self._calls, self._questions, self._execution, self._causes)
        self._carrying_out = CarryingOut(self._case, self._resolution, self._execution, self._examination)
        self._stalemate = Stalemate(self._case, self._calls)
        desk = Desk(self._case, HoldOffers(self._case, self._resolution), self._questions)
        self._gate = Gate(self._case, desk)
        self._letters = Letters(
            self._case,
            {
                **events(lambda event: take_note(self._case, event)),
                "cause_settled": Receiver(CauseSettled, self._causes.settle),
                "decision": Receiver(TaskRequest, self._gate.signalled),
            },
        )

    @workflow.run
    async def run(self, start: CaseStart) -> ClosingSummary:  # noqa: ARG002 - taken by __init__
        """The process, as its business draws it."""
        self._notices.resume()
        try:
            while True:
                while self._case.outcome is None:
                    await self._clear_holds()
                await self._tell_customer()
                await self._follow()
                if self._case.outcome is not None and await self._at_rest():
                    return closing.close(self._case)
        except ActivityError as error:
            # A case never fails: what nobody foresaw blocks it visibly, until a version that knows better is deployed.
            raise RuntimeError(f"unforeseen failure of an activity: {error.cause or error}") from error

    async def _clear_holds(self) -> None:
        """From a look at the order to its release, or to the news that make everybody look again."""
        try:
            await self._look()
            if self._case.outcome is not None or not await self._all_decided():
                return
            await self._carrying_out.all_decisions()
        except FactsMoved as moved:
            await self._step_back(str(moved))
            await self._not_for_ever(moved)
        except PlanAbandoned as abandoned:
            await self._take_plan_back(abandoned)
        except DecidedAnew as anew:
            record(self._case, ERP, "decided anew", str(anew))

    async def _look(self) -> None:
        """Read the order. Plans in effect rest on it as it was: if others changed it, they are taken back."""
        in_effect = any(exception.carried_out for exception in self._case.exceptions.values())
        if in_effect:
            self._execution.stop_if_news()
        ours = self._case.order_version
        await self._examination.look()
        if in_effect and ours != self._case.order_version:
            raise FactsMoved("the order changed while resolutions were in effect")

    async def _all_decided(self) -> bool:
        """Bring all holds to a decision, side by side, or one of them to that which ends the order. False if news came
        first.
        """
        if not self._case.open_tasks:
            board.note(self._case, CaseState.GATHERING)
        deciding = [asyncio.create_task(self._resolution.decide(exception)) for exception in self._case.in_order]
        with Leaving(lambda: [task.cancel() for task in deciding]):
            await workflow.wait_condition(
                lambda: (
                    all(task.done() for task in deciding)
                    or any(map(_failed, deciding))
                    or self._must_look()
                    or (ending(self._case) is not None and not self._resolution.is_busy)
                )
            )
        for outcome in await asyncio.gather(*deciding, return_exceptions=True):
            if isinstance(outcome, BaseException) and not isinstance(outcome, asyncio.CancelledError):
                raise outcome
        async with self._resolution.writing:
            await self._continue_as_new_if_suggested()
        return not fresh_news(self._case) and not self._examination.is_due

    def _must_look(self) -> bool:
        """Whether the order is not what the open questions rest on: by others' doing, or by that of a plan of ours."""
        return self._interrupted() or (self._examination.is_due and not self._resolution.is_busy)

    def _interrupted(self) -> bool:
        """Whether something happened that the open questions should know."""
        if self._resolution.is_busy:
            return False
        return bool(fresh_news(self._case)) or workflow.info().is_continue_as_new_suggested()

    async def _step_back(self, why: str) -> None:
        """Undo what was done before the pivot, and let everything be looked at again."""
        record(self._case, ERP, "looking again", why)
        await self._execution.undo(None, why, what_stands=False)
        for exception in self._case.exceptions.values():
            exception.waiting = None
            exception.carried_out = False
            forget(exception)

    async def _not_for_ever(self, moved: FactsMoved) -> None:
        """After looking again in vain a few times, a person is asked; news of the order is an answer, too."""
        contradicted = isinstance(moved, Contradicted)
        self._case.contradictions = self._case.contradictions + 1 if contradicted else 0
        if not self._stalemate.is_reached:
            return
        settling = self._stalemate.settle("Carry out what was decided", str(moved), self._case.in_order)
        asking = asyncio.create_task(settling)
        with Leaving(asking.cancel):
            await workflow.wait_condition(lambda: asking.done() or self._interrupted())
            if asking.done():
                await asking

    async def _take_plan_back(self, abandoned: PlanAbandoned) -> None:
        """A plan was given up: undo, and put its question to a person."""
        exception = self._case.exceptions.get(abandoned.hold_id)
        if exception is not None:
            remember_abandoned(self._case, exception, abandoned.decision)
        await self._step_back(str(abandoned))

    async def _tell_customer(self) -> None:
        """One message for the whole order, about what was decided in it. If it is held again before the message could
        go, that comes first: the next message tells of both.
        """
        notice = closing.customer_notice(self._case)
        if notice is None or self._case.customer_told:
            return
        telling = asyncio.create_task(closing.tell_customer(self._case, self._calls, notice))
        with Leaving(telling.cancel):
            await workflow.wait_condition(
                lambda: telling.done() or self._concerned_again() or workflow.info().is_continue_as_new_suggested()
            )
            if telling.done():
                await telling
        await self._continue_as_new_if_suggested()

    async def _follow(self) -> None:
        """Stay with a released order until policy lets go, or it concerns us again: then there is no outcome yet."""
        case, terms = self._case, self._case.terms
        if case.outcome is not CaseOutcome.RELEASED or terms is None or case.released_at is None:
            return
        if not closing.reached(case, terms.follow_until):
            board.show(case, CaseState.FOLLOWING)
        until = case.released_at + terms.follow_for
        while not closing.reached(case, terms.follow_until) and workflow.now() < until:
            with suppress(TimeoutError):
                await workflow.wait_condition(
                    lambda: closing.reached(case, terms.follow_until) or self._interrupted(),
                    timeout=until - workflow.now(),
                    timeout_summary=f"followed until {terms.follow_until}",
                )
            await self._continue_as_new_if_suggested()
            if self._concerned_again():
                self._reopen()
                return
            case.news.clear()

    def _reopen(self) -> None:
        what = ", ".join(sorted({event.type.signal for event in fresh_news(self._case)}))
        record(self._case, ERP, "taken up again", f"{what} after the order was {self._case.outcome}")
        self._case.outcome = None

    def _concerned_again(self) -> bool:
        """Whether a settled order was put on hold again, or one that we released was cancelled by others."""
        released = self._case.outcome is CaseOutcome.RELEASED
        concerning = (EventType.HOLD_PLACED, EventType.ORDER_CANCELLED) if released else (EventType.HOLD_PLACED,)
        return any(event.type in concerning for event in fresh_news(self._case))

    async def _continue_as_new_if_suggested(self) -> None:
        """Carry the case over to a fresh history when this one has grown long."""
        if not workflow.info().is_continue_as_new_suggested():
            return
        await self._calls.landed()
        await self._notices.hand_over()
        await self._gate.close()
        workflow.continue_as_new(CaseStart(ref=self._case.ref, carried=self._case))

    async def _at_rest(self) -> bool:
        """Wait for what is on its way, days if no mail goes out. False if the order concerns us again: that event must
        not be lost.
        """
        await workflow.wait_condition(
            lambda: self._concerned_again() or self._is_quiet() or workflow.info().is_continue_as_new_suggested()
        )
        if self._concerned_again():
            self._reopen()
            return False
        if not self._is_quiet():
            await self._continue_as_new_if_suggested()
        return self._is_quiet()

    @workflow.signal(dynamic=True)
    async def receive(self, name: str, args: Sequence[RawValue]) -> None:
        """What systems tell (`hold_placed` and the other events), `cause_settled`, and `decision`."""
        await self._letters.receive(name, args)

    @workflow.query
    def case(self) -> Case:
        """Everything about the case, as it stands."""
        return self._case


def _failed(deciding: asyncio.Task[None]) -> bool:
    """Whether it ended by what nobody foresaw: that must show at once, not when the last of the others is decided."""
    return deciding.done() and not deciding.cancelled() and deciding.exception() is not None
