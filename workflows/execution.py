"""Carrying out plans: step by step, each undone if a later one cannot be done, up to the pivot."""

from __future__ import annotations

from collections.abc import Sequence

from domain.assessment import Option, Step
from domain.calls import ReleaseResolution, StepCall, StepResult, UndoCall
from domain.case import Case, CaseState, ExceptionCase, ExecutedStep
from domain.events import EventType, OrderEvent
from domain.identifiers import idempotency_key
from domain.tasks import Decision
from workflows import board
from workflows.calls import Call, Calls, WayOut
from workflows.failures import CallRefused, Contradicted, FactsMoved, PlanAbandoned
from workflows.journal import record

DONE_BY_HAND = "DONE_BY_HAND"
GIVE_UP = "GIVE_UP"
_STOPS = frozenset({EventType.ORDER_CANCELLED, EventType.ORDER_CHANGED, EventType.HOLD_PLACED, EventType.HOLD_CLEARED})


def fresh_news(case: Case) -> list[OrderEvent]:
    """The events that tell us something. One about an order no newer than we know is late, or our own write's echo."""
    known = range(1, case.order_version + 1)
    return [event for event in case.news if event.data.order_version not in known]


class Execution:
    """The writes of one case."""

    def __init__(self, case: Case, calls: Calls) -> None:
        self._case = case
        self._calls = calls

    async def carry_out(self, exception: ExceptionCase, option: Option, decision: Decision) -> None:
        """The steps of an option, in order.

        Raises FactsMoved if the order changed under our hands or a system says that the facts are others by now,
        PlanAbandoned if a person gives up. What was done until then is on the list of executed steps, to be undone.
        What was kept for the plan already is not done again; what was kept for what the plan was before is given back.
        """
        await self.give_back(exception.hold_id, "the plan is another now", option.plan.steps)
        self._case.rounds += 1
        board.show(self._case, CaseState.EXECUTING)
        for step in option.plan.steps:
            if step in self._kept(exception.hold_id):
                continue
            self.stop_if_news()
            await self._run(exception.hold_id, step, decision, option.reason)

    async def keep(self, exception: ExceptionCase, option: Option, decision: Decision) -> None:
        """Of an option's steps, those that only keep what the rest is going to need. News is for the caller to notice.

        Raises Contradicted if a system says that it cannot be had any more, PlanAbandoned if a person gives up.
        """
        await self.give_back(exception.hold_id, "the plan is another now", option.plan.steps)
        kept = self._kept(exception.hold_id)
        missing = [step for step in option.plan.steps if step.early and step not in kept]
        self._case.rounds += bool(missing)
        for step in missing:
            await self._run(exception.hold_id, step, decision, option.reason, kept=True)

    def _kept(self, hold_id: str) -> list[Step]:
        return [executed.step for executed in self._case.executed if executed.kept and executed.hold_id == hold_id]

    async def give_back(self, hold_id: str, why: str, needed: Sequence[Step] = ()) -> None:
        """Reverse what was kept for a hold, except what is needed; if it is not certain that it was done, that, too."""
        kept = [executed for executed in self._case.executed if executed.kept and executed.hold_id == hold_id]
        await self._take_back([executed for executed in kept if not executed.done or executed.step not in needed], why)

    async def pivot(self, operation: str, decided: list[ExceptionCase], reason: str, decision: Decision) -> bool:
        """The step after which we only go forward: `release_order` or `cancel_order`, with a resolution for every hold:
        its own decision, or `decision` where an order ends without one.

        True if a person says that it was done by hand, which the ERP has not confirmed. Raises FactsMoved as
        `carry_out` does; a person may do this step by hand, but not give it up half-way.
        """
        self.stop_if_news()
        resolutions = [
            ReleaseResolution.of(
                exception.hold_id, _reason(exception) or reason, exception.decision or decision
            ).model_dump(mode="json")
            for exception in decided
        ]
        step = Step(
            step_id=operation,
            system="erp",
            operation=operation,
            arguments={"resolutions": resolutions, "reason_code": decision.reason_code or decision.option},
            summary=f"{operation.replace('_', ' ').capitalize()} {self._case.ref.order_id}",
            pivot=True,
        )
        await self._run("order", step, decision, reason)
        return self._case.executed[-1].result is None

    async def _run(self, hold_id: str, step: Step, decision: Decision, reason: str, *, kept: bool = False) -> None:
        # The holds are part of it: an order held again later is another matter, even if the same answer is given.
        meaning = f"{'+'.join(sorted(self._case.exceptions))}:{decision.digest}:{self._case.rounds}"
        key = idempotency_key(self._case.ref.workflow_id, meaning, f"{hold_id}/{step.step_id}")
        executed = ExecutedStep(hold_id=hold_id, step=step, idempotency_key=key, kept=kept)
        self._case.executed.append(executed)
        call = StepCall(
            case=self._case.ref,
            order_version=self._case.order_version,
            step_id=step.step_id,
            arguments=step.arguments,
            idempotency_key=key,
            reason=reason,
            decided_by=decision.decided_by,
        )
        answer = await self._write(step, call, hold_id)
        if isinstance(answer, WayOut):
            self._accept(executed, answer.decision)
            return
        executed.result, executed.done = answer, True
        self._case.order_version = max(self._case.order_version, answer.order_version or 0)
        record(self._case, decision.decided_by, "done", step.summary)

    async def _write(self, step: Step, call: StepCall, hold_id: str) -> StepResult | WayOut:
        try:
            return await self._calls.reach(
                Call(
                    activity=step.activity,
                    system=step.system,
                    argument=call,
                    once_more=call.model_copy(update={"may_have_happened": True}),
                    result=StepResult,
                    summary=step.summary,
                    ways_out=(DONE_BY_HAND,) if step.pivot else (DONE_BY_HAND, GIVE_UP),
                    hold_id=hold_id,
                    conflict_is_news=True,
                )
            )
        except CallRefused as refused:
            record(self._case, f"system:{step.system}", "facts moved", f"{step.summary}: {refused.failure.message}")
            raise Contradicted(str(refused)) from refused

    def _accept(self, executed: ExecutedStep, decision: Decision) -> None:
        """A person says that the step was done by hand, or gives the plan up."""
        if decision.option == GIVE_UP:
            raise PlanAbandoned(executed.hold_id, decision)
        executed.done = True
        record(self._case, decision.decided_by, "done by hand", executed.step.summary)

    @property
    def is_stopped(self) -> bool:
        """Whether something happened to the order that plans must not be carried out against."""
        return any(event.type in _STOPS for event in fresh_news(self._case))

    def stop_if_news(self) -> None:
        """Before the pivot, what happened to the order meanwhile comes first."""
        if self.is_stopped:
            raise FactsMoved("the order changed while its resolutions were carried out")

    def let_stand(self, hold_id: str) -> None:
        """The plan just carried out for a hold is over: going back on a later one does not reverse it."""
        for executed in self._case.executed:
            executed.stands = executed.stands or executed.hold_id == hold_id

    async def undo(self, hold_id: str | None, why: str, *, what_stands: bool = True) -> None:
        """Reverse what was done (for one hold, or for all), the last step first. A step whose outcome is not known is
        looked for by its key; a refused undo is a person's business and is asked for until it is settled.
        """
        steps = [step for step in self._case.executed if hold_id in (None, step.hold_id)]
        if not what_stands:
            steps = [step for step in steps if not step.stands]
        if steps:
            board.show(self._case, CaseState.UNDOING)
        await self._take_back(steps, why)

    async def _take_back(self, steps: list[ExecutedStep], why: str) -> None:
        if steps:
            await self._calls.landed()
        for executed in reversed(steps):
            if executed.step.undo_activity is not None:
                await self._reverse(executed, why)
            self._case.executed.remove(executed)

    async def _reverse(self, executed: ExecutedStep, why: str) -> None:
        activity = executed.step.undo_activity
        assert activity is not None  # noqa: S101 - the caller looked
        argument = UndoCall(
            case=self._case.ref,
            step_id=executed.step.step_id,
            reference=executed.idempotency_key,
            idempotency_key=f"{executed.idempotency_key}-undo",
            reason=why,
        )
        answer = await self._calls.reach(
            Call(
                activity=activity,
                system=executed.step.system,
                argument=argument,
                result=StepResult,
                summary=f"Undo: {executed.step.summary}",
                ways_out=(DONE_BY_HAND,),
                hold_id=executed.hold_id,
            )
        )
        if isinstance(answer, StepResult):
            self._case.order_version = max(self._case.order_version, answer.order_version or 0)
        record(self._case, "system:policy", "undone", f"{executed.step.summary}: {why}")


def _reason(exception: ExceptionCase) -> str:
    decision, assessment = exception.decision, exception.assessment
    option = assessment.option(decision.option) if decision and assessment else None
    return option.reason if option else ""
