"""One hold on its way to a decision: gather the facts, assess them, wait or ask."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from temporalio import workflow

from domain.approvals.acts import void_approvals
from domain.assessment import Assessment, Disposition, Option, Wait
from domain.calls import AssessRequest, FactCall, RecheckRequest
from domain.case import Case, CaseState, ExceptionCase
from domain.cause import Joining
from domain.events import EventType, OrderEvent
from domain.facts.fact import Fact, FactRequest
from domain.order import HoldClass, Order
from domain.tasks import Decision
from workflows import board, judgement, pauses
from workflows.calls import Call, Calls
from workflows.causes import Causes, common_cause, joining
from workflows.choosing import (
    ENTER_BY_HAND,
    FALL_BACK,
    POLICY,
    amount_of,
    decided_by_policy,
    in_place_of,
    question_about,
    text_of,
)
from workflows.execution import Execution
from workflows.failures import Contradicted, FactsMoved, JudgementRefused, PlanAbandoned
from workflows.journal import record
from workflows.questions import Questions
from workflows.stalemate import Stalemate, remember_abandoned


class Resolution:
    """Brings every hold of a case to a decision. All it knows is in the case: it can be cancelled at any await, except
    during a write, and starts again where it stood.
    """

    def __init__(self, case: Case, calls: Calls, questions: Questions, execution: Execution, causes: Causes) -> None:
        self._case = case
        self._causes = causes
        self._calls = calls
        self._questions = questions
        self._execution = execution
        self._stalemate = Stalemate(case, calls)
        self.writing = asyncio.Lock()
        self._keeping = False

    @property
    def is_busy(self) -> bool:
        """Whether a write is under way that must be let finish: its own echo from the ERP is no news. What only keeps
        stock can be called off when its system is silent, because nobody knows how long.
        """
        return self.writing.locked() and not (self._keeping and self._case.outages)

    async def decide(self, exception: ExceptionCase) -> None:
        """Leave a decision on the exception that says what is to be carried out together with the other holds'.

        Where our own rules cannot answer (no row fits, say), somebody mends them; the other holds go on meanwhile.
        """
        while True:
            try:
                return await self._decide(exception)
            except JudgementRefused as refused:
                await self._calls.mend("assessment", f"Decide hold {exception.hold_id}", refused, exception.hold_id)
            forget(exception)

    async def _decide(self, exception: ExceptionCase) -> None:
        while not exception.carried_out:
            if exception.decision is None:
                await self._give_back(exception)
                exception.approved = None
                exception.decision = self._answer(exception)
            if exception.decision is None:
                await self._wait_out(exception)
                await self.understand(exception)
                await self._judge(exception, _assessed(exception))
            elif settles_nothing(exception):
                await self._carry_out_first(exception)
            elif await self._keep(exception):
                return

    async def _carry_out_first(self, exception: ExceptionCase) -> None:
        """The plan of an option that settles nothing yet, if its decision still stands."""
        await self._not_for_ever(exception)
        if not await self.recheck(exception) or exception.decision is None:
            return
        await self.writing.acquire()
        if exception.assessed_version != self._case.order_version:  # another hold's plan was before us
            self.writing.release()
            return
        await asyncio.shield(self._carry_out_now(exception, chosen(exception), exception.decision))

    async def _keep(self, exception: ExceptionCase) -> bool:
        """While other holds are open, have done at once what keeps the plan possible (stock, say). False if the
        decision has to be looked at again first.
        """
        others = [other for other in self._case.exceptions.values() if other is not exception]
        early = any(step.early for step in chosen(exception).plan.steps)
        if not early or not any(other.decision is None or settles_nothing(other) for other in others):
            return True
        await self._not_for_ever(exception)
        if not await self.recheck(exception) or exception.decision is None:
            return False
        async with self.writing:
            if exception.assessed_version != self._case.order_version:
                return False
            self._keeping = True
            try:
                await self._execution.keep(exception, chosen(exception), exception.decision)
            except Contradicted:
                self._case.contradictions += 1
                forget(exception)
            except PlanAbandoned as abandoned:
                remember_abandoned(self._case, exception, abandoned.decision)
            else:
                return True
            finally:
                self._keeping = False
        return False

    async def _give_back(self, exception: ExceptionCase) -> None:
        """What was kept for a decision that has fallen."""
        if any(executed.kept and executed.hold_id == exception.hold_id for executed in self._case.executed):
            async with self.writing:
                await self._execution.give_back(exception.hold_id, "what it was kept for is not decided any more")

    async def _not_for_ever(self, exception: ExceptionCase) -> None:
        if self._stalemate.is_reached:
            why = "the systems keep refusing what their own answers had promised"
            await self._stalemate.settle(f"Resolve hold {exception.hold_id}", why, [exception], exception.hold_id)

    def _answer(self, exception: ExceptionCase) -> Decision | None:
        """What was answered while everybody was called away to look again; it rests on the assessment then shown."""
        task = self._case.tasks.get(exception.task_id or "")
        return task.decision if task else None

    async def _judge(self, exception: ExceptionCase, assessment: Assessment) -> None:
        if self._answer(exception) is not None:
            return
        cause = common_cause(exception, assessment)
        if cause is None:
            await self._causes.leave(exception, "its facts say something else now")
        if assessment.wait_first is not None:
            _begin_wait(exception, assessment.wait_first)
        elif cause is not None:
            await self._causes.wait_for_answer(exception, cause, lambda: self._joining(exception, assessment))
        else:
            exception.decision = await self._choose(exception, assessment)

    def _joining(self, exception: ExceptionCase, assessment: Assessment) -> Joining:
        return joining(self._case, self._order, exception, assessment, self.request(exception))

    async def understand(self, exception: ExceptionCase) -> None:
        """Facts and assessment, unless both are there already and rest on the order as it is."""
        if exception.assessment is not None and exception.assessed_version == self._case.order_version:
            return
        missing = [request for request in exception.subject.fact_requests if request.name not in exception.facts]
        if missing:
            facts = await asyncio.gather(*(self._read(exception, request) for request in missing))
            exception.facts.update({fact.name: fact for fact in facts})
        assessment = await self._assess(exception)
        if self._answer(exception) is None:
            self.adopt(exception, assessment)

    async def _assess(self, exception: ExceptionCase) -> Assessment:
        """The playbook's answer. If it cannot answer (a value entered by hand does not fit, say), a person mends the
        cause, and facts and all are looked at again.
        """
        try:
            return await judgement.assess(self.request(exception))
        except JudgementRefused as refused:
            await self._calls.mend("assessment", f"Assess {exception.exception_type}", refused, exception.hold_id)
        forget(exception)
        await self.understand(exception)
        return _assessed(exception)

    def adopt(self, exception: ExceptionCase, assessment: Assessment) -> None:
        """Take over a new assessment; an open question that reads differently now becomes a new revision of itself."""
        before = exception.assessment
        exception.assessment = assessment
        exception.assessed_version = self._case.order_version
        task = self._case.tasks.get(exception.task_id or "")
        if task is None or not task.state.is_open or (before is not None and before.digest == assessment.digest):
            return
        task.revision += 1
        task.question = text_of(assessment)
        task.amount = amount_of(assessment)
        task.choices = tuple(option.code for option in assessment.options)
        task.recommended = assessment.recommended
        task.levels = assessment.recommended_option.levels
        voided = void_approvals(task)
        record(self._case, POLICY, "asked anew", f"{task.task_id} revision {task.revision}: {assessment.reason}")
        first, asked = assessment.first_role, before.first_role if before else None
        if first is not None and asked is not None and (voided or first != asked):
            self._questions.pass_on(task, first)

    async def _read(self, exception: ExceptionCase, request: FactRequest) -> Fact:
        ways_out = (FALL_BACK, ENTER_BY_HAND) if request.optional else (ENTER_BY_HAND,)
        answer = await self._calls.reach(
            Call(
                activity=request.activity,
                system=request.system,
                argument=FactCall(case=self._case.ref, request=request),
                result=Fact,
                summary=f"{request.name} for {exception.exception_type}",
                ways_out=ways_out,
                hold_id=exception.hold_id,
            )
        )
        return answer if isinstance(answer, Fact) else in_place_of(request, answer)

    def request(self, exception: ExceptionCase) -> AssessRequest:
        """Everything a playbook judges this exception by."""
        return AssessRequest(
            case=self._case.ref,
            order=self._order,
            hold=exception.subject.hold,
            exception_type=exception.exception_type,
            facts=exception.gathered,
            waited_for=tuple(exception.waited_for),
            adjustments=exception.adjustments,
        )

    @property
    def _order(self) -> Order:
        if self._case.order is None:
            raise RuntimeError(f"order {self._case.ref.order_id} was not examined yet")
        return self._case.order

    async def _wait_out(self, exception: ExceptionCase) -> None:
        """Until the wait's end. Its events end it too: they are news, and news makes everybody look again."""
        wait = exception.waiting
        if wait is None:
            return
        record(
            self._case, POLICY, "waiting", f"{exception.hold_id} until {wait.until:%Y-%m-%d %H:%M:%S}Z: {wait.reason}"
        )
        pauses.begin(self._case)
        board.show(self._case, CaseState.WAITING)
        remaining = wait.until - workflow.now()
        if remaining > timedelta(0):
            await workflow.sleep(remaining, summary=f"{exception.hold_id}: {wait.reason}"[:200])
        end_wait(exception, wait)
        await pauses.resume(self._case, workflow.now())

    async def _choose(self, exception: ExceptionCase, assessment: Assessment) -> Decision:
        option = assessment.recommended_option
        role = assessment.ask.role if assessment.ask else _instead_of_policy(exception, option)
        if role is None and exception.subject.hold.hold_class is HoldClass.HARD:
            message = f"a playbook wants to release the HARD hold {exception.hold_id} without a person"
            raise JudgementRefused("POLICY", message)
        if role is None:
            self._questions.withdraw(exception.task_id, f"policy now resolves it: {option.code}")
            return decided_by_policy(exception, assessment, option)
        question = question_about(exception, assessment, role)

        def adopt(task_id: str) -> None:
            if exception.task_id != task_id:
                exception.questions += 1
            exception.task_id = task_id

        return await self._questions.ask(question, exception.task_id, adopt)

    async def _carry_out_now(self, exception: ExceptionCase, option: Option, decision: Decision) -> None:
        """The plan of an option that settles nothing yet: its steps, then its wait, then another look. The caller holds
        `writing`; nothing is raised, because whoever waits for this may have been called away.
        """
        try:
            await self._execution.carry_out(exception, option, decision)
            if option.plan.wait is not None:
                _begin_wait(exception, option.plan.wait)
            self._case.contradictions = 0
            self._execution.let_stand(exception.hold_id)
        except FactsMoved as moved:
            self._case.contradictions += isinstance(moved, Contradicted)
            await self._execution.undo(exception.hold_id, str(moved), what_stands=False)
            if decision.task_id is not None:  # what people decided is held against the new facts, not asked again
                return
        except PlanAbandoned as abandoned:
            remember_abandoned(self._case, exception, abandoned.decision)
            await self._execution.undo(exception.hold_id, str(abandoned), what_stands=False)
        finally:
            forget(exception)
            self.writing.release()
        exception.decision = None
        exception.task_id = None

    async def recheck(self, exception: ExceptionCase) -> bool:
        """Whether the exception's decision still stands, on facts that are fresh enough.

        If it does not, the decision is void and the question is open again, with what changed.
        """
        decision, approved = exception.decision, exception.approved or chosen(exception)
        if self._still_fresh(exception) or decision is None:
            return decision is not None
        exception.approved = approved
        forget(exception)
        facts = await asyncio.gather(*(self._read(exception, r) for r in exception.subject.fact_requests))
        exception.facts.update({fact.name: fact for fact in facts})
        try:
            answer = await judgement.recheck(RecheckRequest(assess=self.request(exception), approved=approved))
        except JudgementRefused as refused:
            await self._calls.mend("assessment", f"Recheck {decision.option}", refused, exception.hold_id)
            return await self.recheck(exception)
        self.adopt(exception, answer.assessment)
        if answer.stands:
            return True
        record(
            self._case, POLICY, "decision void", f"{exception.hold_id} {decision.option}: {'; '.join(answer.changes)}"
        )
        exception.decision = None
        exception.task_id = None
        return False

    def _still_fresh(self, exception: ExceptionCase) -> bool:
        if self._case.terms is None or exception.assessed_version != self._case.order_version:
            return False
        oldest = min((fact.read_at for fact in exception.facts.values()), default=workflow.now())
        return workflow.now() - oldest <= self._case.terms.recheck_after


def _instead_of_policy(exception: ExceptionCase, option: Option) -> str | None:
    """Who is asked about what policy would do by itself, because it was given up before: whoever may decide it, or
    the one who gave it up if it names nobody.
    """
    gave_up = exception.abandoned.get(option.code)
    return gave_up and (option.role or gave_up)


def chosen(exception: ExceptionCase) -> Option:
    """The option that the exception's decision names, as last assessed."""
    option = _assessed(exception).option(exception.decision.option) if exception.decision else None
    if option is None:
        raise RuntimeError(f"hold {exception.hold_id} has no decision that its assessment knows")
    return option


def settles_nothing(exception: ExceptionCase) -> bool:
    """Whether what was decided leaves the hold open: after its plan the facts are judged again."""
    return chosen(exception).disposition is Disposition.REASSESS


def forget(exception: ExceptionCase) -> None:
    """Make the facts old news: the next look reads them again."""
    exception.facts.clear()
    exception.assessed_version = 0


def _begin_wait(exception: ExceptionCase, wait: Wait) -> None:
    until = exception.wait_ends.setdefault(wait.name, wait.until)
    exception.waiting = wait.model_copy(update={"until": until})


def look_again(exception: ExceptionCase, news: list[OrderEvent]) -> None:
    """What was known about this exception is old; a wait ends when what it waited for happened or the order changed."""
    wait = exception.waiting
    if wait is None:
        forget(exception)
    elif any(event.type in (*wait.events, EventType.ORDER_CHANGED) for event in news):
        exception.waiting = None
        forget(exception)


def end_wait(exception: ExceptionCase, wait: Wait) -> None:
    """The wait is over, and what it was for is judged anew."""
    exception.waiting = None
    exception.waited_for.append(wait.name)
    forget(exception)


def _assessed(exception: ExceptionCase) -> Assessment:
    if exception.assessment is None:
        raise RuntimeError(f"hold {exception.hold_id} was not assessed yet")
    return exception.assessment
