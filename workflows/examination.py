"""Reading the order where it lives, and keeping the list of open holds true to it."""

from __future__ import annotations

from temporalio import workflow

from domain.calls import Triage, TriageRequest
from domain.case import Case, CaseOutcome, ExceptionCase
from domain.events import EventType, OrderEvent
from domain.order import Order
from workflows import pauses
from workflows.calls import Call, Calls, WayOut
from workflows.causes import Causes
from workflows.execution import Execution, fresh_news
from workflows.journal import record
from workflows.questions import Questions
from workflows.resolution import forget, look_again

ERP = "system:erp"
GIVE_UP = "GIVE_UP"
_NOT_THE_ORDER_ITSELF = {"version", "status", "holds", "cleared_holds", "changed_by"}


class Examination:
    """Looks at the order of one case. The ERP is right about it, and what we know follows."""

    def __init__(self, case: Case, calls: Calls, questions: Questions, execution: Execution, causes: Causes) -> None:
        self._case = case
        self._calls = calls
        self._questions = questions
        self._execution = execution
        self._causes = causes

    @property
    def is_due(self) -> bool:
        """Whether our own writes have changed the order since it was read."""
        return self._case.order_version != self._case.examined_version

    async def look(self) -> None:
        """Read the order, let go of holds that are gone and take in new ones. Once more, if letting go changed it."""
        news, self._case.news = fresh_news(self._case), []
        await self._look(news)
        if self.is_due and self._case.outcome is None:
            await self._look(news)

    async def _look(self, news: list[OrderEvent]) -> None:
        looked_at = workflow.now()
        answer = await self._read(GIVE_UP)
        if isinstance(answer, WayOut):
            await self._give_up(answer)
            return
        before, self._case.order, self._case.terms = self._case.order, answer.order, answer.terms
        self._case.order_version = max(self._case.order_version, answer.order.version)
        self._case.examined_version = self._case.order_version
        if answer.order.status.is_dead:  # whatever holds some ERPs leave on it
            answer = answer.model_copy(update={"exceptions": ()})
        held = {subject.hold.hold_id for subject in answer.exceptions}
        await self._let_go([hold_id for hold_id in self._case.exceptions if hold_id not in held], "gone from the ERP")
        self._take_in(answer, news, moved=before is not None and _differs(before, answer.order))
        await pauses.renew(self._case, looked_at)
        if not answer.exceptions:
            self._case.outcome = self._without_holds(answer.order)
            record(self._case, ERP, "nothing held", f"the order is {answer.order.status}")

    def _without_holds(self, order: Order) -> CaseOutcome:
        """How it ends if nothing is held. A hold that came and went takes nothing back from our release before it."""
        if order.status.is_dead:
            return CaseOutcome.WITHDRAWN
        return CaseOutcome.RELEASED if self._case.releases else CaseOutcome.NO_LONGER_HELD

    async def confirms(self, operation: str) -> bool:
        """Whether the ERP shows what a person says was done there by hand: `release_order` or `cancel_order`."""
        answer = await self._read()
        if isinstance(answer, WayOut):
            raise TypeError("nobody was offered a way round the ERP's own word")
        self._case.order_version = max(self._case.order_version, answer.order.version)
        dead = answer.order.status.is_dead
        return dead if operation == "cancel_order" else not (answer.exceptions or dead)

    async def _read(self, *ways_out: str) -> Triage | WayOut:
        return await self._calls.reach(
            Call(
                activity="triage.examine_order",
                system="erp",
                argument=TriageRequest(case=self._case.ref, opened_at=self._case.opened_at),
                result=Triage,
                summary=f"Examine order {self._case.ref.order_id}",
                ways_out=ways_out,
            )
        )

    async def _give_up(self, way_out: WayOut) -> None:
        record(self._case, way_out.decision.decided_by, "given up", "the order cannot be examined")
        await self._execution.undo(None, "the case was given up")
        await self._let_go(list(self._case.exceptions), "the case was given up")
        self._case.outcome = CaseOutcome.GIVEN_UP

    async def _let_go(self, hold_ids: list[str], reason: str) -> None:
        """Holds that are no longer ours: their questions are taken back and what was done for them is undone."""
        for hold_id in hold_ids:
            why = f"hold {hold_id}: {reason}"
            exception = self._case.exceptions.pop(hold_id)
            exception.resolved_at = workflow.now()
            exception.decision = None
            self._case.settled.append(exception)
            record(self._case, ERP, "hold cleared", why)
            await self.call_off(exception, why)
            await self._execution.undo(hold_id, why)

    async def call_off(self, exception: ExceptionCase, why: str) -> None:
        """Nobody needs to answer about this hold any more, neither here nor together with other orders'."""
        self._questions.withdraw(exception.task_id, why)
        await self._causes.leave(exception, why)

    def _take_in(self, triage: Triage, news: list[OrderEvent], *, moved: bool) -> None:
        """New holds join; with news, or with another order than before, what was known of the others is read again."""
        for subject in triage.exceptions:
            known = self._case.exceptions.get(subject.hold.hold_id)
            if known is None:
                self._case.exceptions[subject.hold.hold_id] = ExceptionCase(subject=subject, opened_at=workflow.now())
                continue
            known.subject = subject
            if any(event.type is not EventType.HOLD_PLACED for event in news):
                look_again(known, news)
            elif moved and known.waiting is None:
                forget(known)


def _differs(before: Order, now: Order) -> bool:
    """Whether more than its version, status and holds changed: facts were asked for with what it said before."""
    return before.model_dump(exclude=_NOT_THE_ORDER_ITSELF) != now.model_dump(exclude=_NOT_THE_ORDER_ITSELF)
