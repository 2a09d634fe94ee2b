"""The life of a root cause: many orders are held for one reason, and one person decides once for all of them."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress

from pydantic import ValidationError
from temporalio import workflow
from temporalio.common import RawValue
from temporalio.exceptions import ActivityError, TemporalError

from domain.approvals.acts import void_approvals
from domain.assessment import Option, Plan
from domain.audit import anchor_of
from domain.calls import OpenException
from domain.case import CaseState, ExceptionCase
from domain.cause import (
    SEPARATELY,
    CauseCase,
    CauseSettled,
    CauseStart,
    CauseSummary,
    CauseTerms,
    CauseTermsRequest,
    Concern,
    Joining,
    Left,
    Settlement,
)
from domain.money import Money
from domain.tasks import Decision, TaskKind, TaskRequest
from workflows import board, judgement
from workflows.calls import Calls
from workflows.cause_offers import CauseOffers
from workflows.desk import Desk
from workflows.execution import Execution
from workflows.failures import FactsMoved, PlanAbandoned
from workflows.gate import Gate
from workflows.journal import record
from workflows.leaving import Leaving
from workflows.letters import Letters, Receiver
from workflows.notices import Notices
from workflows.questions import Question, Questions
from workflows.stalemate import mark_faulted
from workflows.task_updates import TaskUpdates

POLICY = "system:policy"


@workflow.defn(name="RootCause", failure_exception_types=[ValidationError])
class RootCause(TaskUpdates):
    """Gathers the orders that one cause holds, has it mended once, and tells them all."""

    @workflow.init
    def __init__(self, start: CauseStart) -> None:
        self._case = start.carried or CauseCase(ref=start.ref, opened_at=workflow.now())
        self._notices = Notices(self._case)
        self._questions = Questions(self._case, self._notices)
        self._execution = Execution(self._case, Calls(self._case, self._questions))
        self._offers = CauseOffers(self._case)
        self._gate = Gate(self._case, Desk(self._case, self._offers, self._questions))
        self._letters = Letters(
            self._case,
            {
                "concern_joined": Receiver(Joining, self._joined),
                "concern_left": Receiver(Left, self._left),
                "decision": Receiver(TaskRequest, self._gate.signalled),
            },
        )

    @workflow.run
    async def run(self, start: CauseStart) -> CauseSummary:  # noqa: ARG002 - taken by __init__
        """The process, as its business draws it."""
        self._notices.resume()
        await workflow.wait_condition(lambda: self._case.cause is not None)
        try:
            if self._case.settled_as is None and await self._gather():
                await self._decide()
            while not await self._all_told():
                await self._carry_over_if_long()
        except ActivityError as error:
            # As an order's case, it never fails: what nobody foresaw blocks it visibly.
            raise RuntimeError(f"unforeseen failure of an activity: {error.cause or error}") from error
        return self._close()

    async def _gather(self) -> bool:
        """Wait a while for others with the same cause. False if there are too few to be asked about together."""
        terms = await self._terms()
        self._case.collected_at = self._case.collected_at or workflow.now() + terms.collect_for
        board.show(self._case, CaseState.GATHERING)
        remaining = self._case.collected_at - workflow.now()
        if remaining.total_seconds() > 0:
            await workflow.sleep(remaining, summary="gathering the orders concerned")
        if self._case.task_id is not None or len(self._case.concerns) >= terms.at_least:
            return True
        self._settle(Settlement.SEPARATELY, None, f"only {len(self._case.concerns)} had this cause")
        return False

    async def _decide(self) -> None:
        """One question about all of them, until it is answered or nobody is left who wants to know."""
        while self._case.settled_as is None:
            known = set(self._case.concerns)
            decision = await self._ask(await self._terms(), known)
            if decision is None:
                self._settle(Settlement.SEPARATELY, None, "no order is held for it any more")
            elif decision.option == SEPARATELY:
                self._settle(Settlement.SEPARATELY, decision, "every order is to be looked at by itself")
            else:
                await self._mend(decision)

    async def _ask(self, terms: CauseTerms, known: set[str]) -> Decision | None:
        """The answer; None if all orders left before it came. Whoever joins meanwhile is part of the question, which at
        first is about those `known`.
        """
        asking = asyncio.create_task(self._questions.ask(self._question(terms), self._case.task_id, self._adopt))
        with Leaving(asking.cancel):
            while not asking.done():
                await workflow.wait_condition(lambda known=known: asking.done() or self._changed(known))  # type: ignore[misc]
                known = set(self._case.concerns)
                if not asking.done():
                    await self._carry_over_if_long()
                    if not self._case.concerns:
                        self._questions.withdraw(self._case.task_id, "no order is held for it any more")
                        return None
                    await self._ask_anew()
            return await asking

    def _changed(self, known: set[str]) -> bool:
        return self._case.concerns.keys() != known or workflow.info().is_continue_as_new_suggested()

    async def _ask_anew(self) -> None:
        """The open question says how many orders there are by now. Others get it if they are worth too much; what was
        approved in part was approved of another amount.
        """
        terms = await self._terms()
        task = self._case.tasks.get(self._case.task_id or "")
        if task is None or not task.state.is_open:
            return
        before, amount = task.amount, self._amount()
        task.question, task.amount = self._text(), amount
        other_chain = terms.levels != task.levels or (amount != before and bool(task.approvals))
        other_role = not task.levels and terms.role != task.role and not task.stands_in
        if other_chain or other_role:
            void_approvals(task)
            task.levels = terms.levels
            task.revision += 1
            record(self._case, POLICY, "asked anew", f"{task.task_id} revision {task.revision}: {task.question}")
            self._questions.pass_on(task, terms.role)

    async def _mend(self, decision: Decision) -> None:
        """The steps that mend the cause, done once. If they cannot be done, every order is looked at by itself."""
        if self._case.fix is None:
            raise RuntimeError(f"cause {self._case.ref.order_id} has no way to be mended")
        if self._case.question is None:
            self._settle(Settlement.BORNE, decision, f"{self._case.fix.title} for all")
            return
        fix = mending(self._case.fix)
        try:
            await self._execution.carry_out(self._lead(), fix, decision)
        except (FactsMoved, PlanAbandoned) as failed:
            await self._execution.undo(None, str(failed))
            mark_faulted(self._case, decision.task_id, fix.code)
            self._settle(Settlement.SEPARATELY, decision, f"{fix.code} could not be done: {failed}")
            return
        self._case.executed.clear()
        self._settle(Settlement.MENDED, decision, fix.code)

    def _lead(self) -> ExceptionCase:
        """The hold by which the fix was judged."""
        question = self._case.question
        if question is None or self._case.exception_type is None:
            raise RuntimeError(f"cause {self._case.ref.order_id} was never joined")
        subject = OpenException(
            hold=question.hold, exception_type=self._case.exception_type, owning_team="", fact_requests=()
        )
        return ExceptionCase(subject=subject, opened_at=self._case.opened_at)

    async def _terms(self) -> CauseTerms:
        cause, exception_type = self._case.cause, self._case.exception_type
        if cause is None or exception_type is None:
            raise RuntimeError(f"cause {self._case.ref.order_id} was never joined")
        return await judgement.cause_terms(
            CauseTermsRequest(
                tenant=self._case.ref.tenant,
                system=cause.system,
                exception_type=exception_type,
                role=self._case.role,
                amount=self._amount(),
            )
        )

    def _question(self, terms: CauseTerms) -> Question:
        question = self._case.question
        fix = self._case.fix.code if self._case.fix else SEPARATELY
        return Question(
            kind=TaskKind.CAUSE,
            text=self._text(),
            role=terms.role,
            amount=self._amount(),
            choices=(fix, SEPARATELY),
            recommended=fix,
            by_silence=frozenset({SEPARATELY}),
            levels=terms.levels,
            system=self._case.cause.system if self._case.cause else None,
            exception_type=self._case.exception_type,
            service_level=str(self._case.service_level),
            site=question.order.warehouse if question else "*",
        )

    def _text(self) -> str:
        count, value = len(self._case.concerns), self._case.value_at_risk
        title = self._case.cause.title if self._case.cause else ""
        if self._case.question is None:
            waiting = len({concern.case.order_id for concern in self._case.concerns.values()})
            return f"{title}. {waiting} order{'s' if waiting != 1 else ''} wait for it. Keep waiting, for all of them?"
        return f"{title}. It holds {count} order{'s' if count != 1 else ''} of {value} together. Mend it for all?"

    def _amount(self) -> Money:
        """All orders together, or the one by which the fix was judged if all have left."""
        if self._case.amount is not None:
            return self._case.amount
        if self._case.fix is None:
            raise RuntimeError(f"cause {self._case.ref.order_id} was never joined")
        return self._case.fix.amount

    def _adopt(self, task_id: str) -> None:
        self._case.task_id = task_id

    def _settle(self, settlement: Settlement, decision: Decision | None, reason: str) -> None:
        self._case.settled_as = CauseSettled(
            key=self._case.cause.key if self._case.cause else "",
            workflow_id=self._case.ref.workflow_id,
            settlement=settlement,
            decision=decision,
            reason=reason,
        )
        self._case.untold = dict(self._case.concerns)
        record(self._case, decision.decided_by if decision else POLICY, f"cause {settlement.lower()}", reason)

    async def _all_told(self) -> bool:
        """Tell whoever has not heard yet. False if somebody joined meanwhile, or the history has grown long."""
        while self._case.untold:
            key, concern = next(iter(self._case.untold.items()))
            await self._tell(concern)
            self._case.untold.pop(key, None)
            await self._carry_over_if_long()
        await workflow.wait_condition(
            lambda: bool(self._case.untold) or self._is_quiet() or workflow.info().is_continue_as_new_suggested()
        )
        return not self._case.untold and self._is_quiet()

    async def _tell(self, concern: Concern) -> None:
        """A case that has closed meanwhile needs no answer any more."""
        with suppress(TemporalError):
            handle = workflow.get_external_workflow_handle(concern.case.workflow_id)
            await handle.signal("cause_settled", self._case.settled_as)

    async def _carry_over_if_long(self) -> None:
        if not workflow.info().is_continue_as_new_suggested():
            return
        await self._notices.hand_over()
        await self._gate.close()
        workflow.continue_as_new(CauseStart(ref=self._case.ref, carried=self._case))

    def _close(self) -> CauseSummary:
        settled = self._case.settled_as
        if settled is None:
            raise RuntimeError(f"cause {self._case.ref.order_id} is not settled")
        self._case.closed_at = workflow.now()
        board.show(self._case, CaseState.CLOSED)
        summary = CauseSummary(
            key=settled.key,
            settlement=settled.settlement,
            decided_by=settled.decision.decided_by if settled.decision else None,
            orders=tuple(concern.case.order_id for concern in self._case.concerns.values()),
            amount=self._case.amount,
            opened_at=self._case.opened_at,
            closed_at=self._case.closed_at,
        )
        workflow.upsert_memo({"closing": summary, "audit": anchor_of(self._case)})
        return summary

    @workflow.signal(dynamic=True)
    async def receive(self, name: str, args: Sequence[RawValue]) -> None:
        """`concern_joined` and `concern_left`, from the orders concerned, and `decision`."""
        await self._letters.receive(name, args)

    def _joined(self, joining: Joining) -> None:
        """An order's hold has this cause. One that comes after the answer hears it at once."""
        case, concern = self._case, joining.concern
        if case.cause is None:
            case.cause, case.exception_type = joining.cause, joining.exception_type
            case.role, case.fix, case.question = joining.role, joining.fix, joining.question
        case.concerns[concern.key] = concern
        if case.settled_as is not None:
            case.untold[concern.key] = concern
        record(case, POLICY, "joined", f"{concern.key} with {concern.amount}")

    def _left(self, left: Left) -> None:
        """An order's hold is no longer due to this cause, or does not wait for it."""
        if self._case.settled_as is None and self._case.concerns.pop(left.key, None) is not None:
            record(self._case, POLICY, "left", f"{left.key}: {left.reason}")

    @workflow.query
    def case(self) -> CauseCase:
        """Everything about the cause, as it stands."""
        return self._case


def mending(fix: Option) -> Option:
    """Only the steps that mend the cause; the others are each order's own."""
    steps = tuple(step for step in fix.plan.steps if step.mends_cause)
    return fix.model_copy(update={"plan": Plan(steps=steps)})
