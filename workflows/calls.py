"""Calls to other systems whose outages everybody can see.

The first attempt is plain. If it fails for a passing reason the case says so at once (system, since when, attempt, next
try) while Temporal retries with back-off; when the policy's patience is over a person is asked, and the retry goes on.
What a system refuses for good goes to a person, never round in circles.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Generic, TypeVar

from temporalio import workflow
from temporalio.common import Priority, RetryPolicy
from temporalio.exceptions import ActivityError, is_cancelled_exception

from domain.base import Model
from domain.calls import CaseRef
from domain.case import Case, Outage
from domain.cause import Settlement
from domain.exception_types import IntegrationErrorKind
from domain.money import NO_CURRENCY, Money
from domain.tasks import KEEP_WAITING, Decision, TaskKind
from workflows import board, judgement
from workflows.called_away import outcome_of, result_of, until
from workflows.common_outages import CommonOutages
from workflows.failures import CallRefused, Failure, JudgementRefused, failure_of
from workflows.journal import record
from workflows.leaving import Leaving
from workflows.questions import Question, Questions

T = TypeVar("T", bound=Model)

_ANSWER_WITHIN = timedelta(seconds=10)
_FIRST_DELAY = timedelta(seconds=1)
_ONCE = RetryPolicy(maximum_attempts=1)
_PATIENT = RetryPolicy(initial_interval=timedelta(seconds=2), maximum_interval=timedelta(seconds=30))
_AT_ONCE = workflow.ActivityCancellationType.TRY_CANCEL
_WHEN_OVER = workflow.ActivityCancellationType.WAIT_CANCELLATION_COMPLETED
_URGENCY = {"CRITICAL": 1, "HIGH": 2, "MEDIUM": 3, "LOW": 4}

RETRY = "RETRY"


@dataclass(frozen=True)
class Call(Generic[T]):
    """One call of an activity.

    `ways_out` are the choices, besides waiting, that a person has when the system stays silent or refuses.
    `once_more` is the argument of every attempt after the first, whose outcome may not be known.
    """

    activity: str
    system: str
    argument: Model
    result: type[T]
    summary: str
    ways_out: tuple[str, ...]
    hold_id: str | None = None
    once_more: Model | None = None
    conflict_is_news: bool = False
    """Whether CONFLICT is for the caller to handle, not for a person."""

    @property
    def place(self) -> str:
        """Where in the case the call is made: two holds may wait for the same system."""
        return f"{self.hold_id or 'order'}/{self.activity}"


@dataclass(frozen=True)
class WayOut:
    """What a person chose instead of the system's answer."""

    decision: Decision
    values: dict[str, str] = field(default_factory=dict)


class Calls:
    """The case's calls to the world."""

    def __init__(self, case: Case, questions: Questions, common: CommonOutages | None = None) -> None:
        self._case = case
        self._questions = questions
        self._common = common
        self._writes: dict[workflow.ActivityHandle[Any], None] = {}

    async def landed(self) -> None:
        """Wait until every write is over: one that nobody waits for any more may still reach its system, and that must
        not be after it was looked for to be undone.
        """
        await workflow.wait_condition(lambda: not self._writes)

    async def reach(self, call: Call[T]) -> T | WayOut:
        """The system's answer, or the way out that a person chose.

        Raises CallRefused for a CONFLICT that the caller wants to know of.
        """
        try:
            return await self._try_once(call, call.argument)
        except ActivityError as error:
            failure = _failure(error)
        while True:
            answer = await (self._bear_with(call, failure) if failure.passes else self._ask_for_repair(call, failure))
            if not isinstance(answer, Failure):
                return answer
            failure = answer

    async def _try_once(self, call: Call[T], argument: Model) -> T:
        started = self._start(call, argument, _ONCE)
        return await (result_of(started) if call.once_more is None else outcome_of(started))

    def _start(self, call: Call[T], argument: Model, retry_policy: RetryPolicy) -> workflow.ActivityHandle[T]:
        order = self._case.order
        is_write = call.once_more is not None
        started = workflow.start_activity(
            call.activity,
            argument,
            result_type=call.result,
            start_to_close_timeout=_ANSWER_WITHIN,
            retry_policy=retry_policy,
            cancellation_type=_WHEN_OVER if is_write else _AT_ONCE,
            summary=call.summary,
            priority=Priority(
                priority_key=_URGENCY[board.jeopardy(self._case)],
                fairness_key=order.customer_id[:64] if order else None,
            ),
        )
        if is_write:
            self._writes[started] = None
            started.add_done_callback(self._writes.pop)
        return started

    async def _bear_with(self, call: Call[T], failure: Failure) -> T | WayOut | Failure:
        """Retry until the system answers, a person chooses a way out, or the failure becomes final."""
        outage = self._declare(call, failure)
        with Leaving(lambda: self._end(call, outage)):
            try:
                await workflow.sleep(outage.next_try_at - workflow.now(), summary=f"next try of {call.system}")
                attempt = self._start(call, call.once_more or call.argument, _PATIENT)
                with Leaving(attempt.cancel):
                    return await self._whichever_first(call, outage, attempt)
            except ActivityError as error:
                return _failure(error)

    async def _whichever_first(self, call: Call[T], outage: Outage, attempt: workflow.ActivityHandle[T]) -> T | WayOut:
        """The answer, or a person's way out once the policy's patience is over."""
        patience = await judgement.outage_policy(call.system)
        common = self._common if patience.together else None
        while True:
            ask_at = workflow.now() + patience.ask_after
            if await until(attempt.done, ask_at - workflow.now(), f"{call.system} may be silent until then"):
                return await attempt
            if common is not None:
                settled = await common.answer(call.place, outage, patience.role, attempt)
                if settled is None:
                    return await attempt
                if settled is Settlement.SEPARATELY:
                    common = None
                else:
                    continue
            question = self._question(
                call,
                TaskKind.OUTAGE,
                patience.role,
                f"{call.system} has been unreachable "
                f"since {outage.since:%H:%M:%S}Z ({outage.message}). {call.summary}: what now?",
                KEEP_WAITING,
            )
            asking = asyncio.create_task(self._questions.ask(question, outage.task_id, _noting(outage)))
            with Leaving(lambda: self._stop_waiting_for(outage)), Leaving(asking.cancel):
                await workflow.wait([attempt, asking], return_when=asyncio.FIRST_COMPLETED)
                if attempt.done():
                    return await attempt
                decision = await asking
            outage.task_id = None
            if decision.option != KEEP_WAITING:
                return self._way_out(decision)

    def _stop_waiting_for(self, outage: Outage) -> None:
        self._questions.withdraw(outage.task_id, f"{outage.system} is no longer waited for here")

    async def _ask_for_repair(self, call: Call[T], failure: Failure) -> T | WayOut | Failure:
        """A refusal for good: a person repairs the cause and has the call tried again, or chooses a way out."""
        if failure.kind is IntegrationErrorKind.CONFLICT and call.conflict_is_news:
            raise CallRefused(call.activity, failure)
        record(self._case, f"system:{call.system}", "refused", f"{call.activity}: {failure.kind} {failure.message}")
        decision = await self._ask(call, failure)
        if decision.option != RETRY:
            return self._way_out(decision)
        try:
            return await self._try_once(call, call.once_more or call.argument)
        except ActivityError as error:
            return _failure(error)

    async def mend(
        self,
        system: str,
        summary: str,
        refused: JudgementRefused,
        hold_id: str | None = None,
        ways_out: tuple[str, ...] = (),
    ) -> Decision:
        """Return when a person says that the cause of a refusal of our own rules is mended, or chooses a way out."""
        call = Call(system, system, self._case.ref, CaseRef, summary, ways_out, hold_id)
        record(self._case, f"system:{system}", "refused", refused.message)
        return await self._ask(call, Failure(kind=IntegrationErrorKind.VALIDATION, message=refused.message))

    async def _ask(self, call: Call[T], failure: Failure) -> Decision:
        """The decision of a person about a call that was refused for good."""
        patience = await judgement.outage_policy(call.system)
        text = f"{call.summary} was refused ({failure.kind}): {failure.message}"
        question = self._question(call, TaskKind.REPAIR, patience.role, text, RETRY)
        same = (task for task in self._case.open_tasks if (task.question, task.hold_id) == (text, call.hold_id))
        known = next((task.task_id for task in same), None)
        asked: list[str] = []
        with Leaving(lambda: self._questions.withdraw(asked[-1] if asked else None, "no longer needed")):
            return await self._questions.ask(question, known, asked.append)

    def _question(self, call: Call[T], kind: TaskKind, role: str, text: str, default: str) -> Question:
        order = self._case.order
        return Question(
            kind=kind,
            text=text,
            role=role,
            amount=order.value if order else Money.zero(NO_CURRENCY),
            choices=(default, *call.ways_out),
            recommended=default,
            by_silence=frozenset({KEEP_WAITING}),
            hold_id=call.hold_id,
            system=call.system,
        )

    def _way_out(self, decision: Decision) -> WayOut:
        task = self._case.tasks[decision.task_id] if decision.task_id else None
        return WayOut(decision=decision, values=dict(task.values) if task else {})

    def _declare(self, call: Call[T], failure: Failure) -> Outage:
        now = workflow.now()
        known = self._case.outages.get(call.place)
        outage = Outage(
            system=call.system,
            activity=call.activity,
            since=known.since if known else now,
            kind=failure.kind,
            message=failure.message[:200],
            attempt=1,
            next_try_at=now + (failure.retry_after or _FIRST_DELAY),
            task_id=known.task_id if known else None,
        )
        self._case.outages[call.place] = outage
        record(self._case, f"system:{call.system}", "unreachable", f"{call.activity}: {failure.kind} {outage.message}")
        board.show(self._case)
        return outage

    def _end(self, call: Call[T], outage: Outage) -> None:
        if self._case.outages.get(call.place) is outage:
            del self._case.outages[call.place]
        record(self._case, f"system:{call.system}", "no longer retried", call.activity)


def _failure(error: ActivityError) -> Failure:
    """What failed; a cancelled call is no failure of the system, but its caller's own cancellation."""
    if is_cancelled_exception(error):
        raise asyncio.CancelledError from error
    return failure_of(error)


def _noting(outage: Outage) -> Callable[[str], None]:
    def note(task_id: str) -> None:
        outage.task_id = task_id

    return note
