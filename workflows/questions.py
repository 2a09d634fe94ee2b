"""Questions to people: asked, reminded, escalated, and settled by policy when nobody answers."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from temporalio import workflow

from domain.approvals import acts
from domain.approvals.gate import LATE, LONGEST_EXTENSION
from domain.approvals.records import Approval, Level
from domain.base import digest
from domain.calls import DeadlineRequest, NoticeKind, ProceedRequest
from domain.case import Case, CaseState
from domain.exception_types import ExceptionType
from domain.money import Money
from domain.tasks import ApprovalOutcome, Deadlines, Decision, Task, TaskKind, TaskState
from workflows import board, judgement
from workflows.called_away import until
from workflows.journal import record
from workflows.notices import Notices

SLA = "system:sla"


@dataclass(frozen=True)
class Question:
    """What is asked of whom. `by_silence` are the choices that the table may take when nobody answers; `levels` is the
    chain of approvals that the recommended choice takes, if it takes one.
    """

    kind: TaskKind
    text: str
    role: str
    amount: Money
    choices: tuple[str, ...]
    recommended: str | None
    by_silence: frozenset[str] = field(default_factory=frozenset)
    hold_id: str | None = None
    system: str | None = None
    exception_type: ExceptionType | None = None
    levels: tuple[Level, ...] = ()
    segment: str = "*"
    policy_version: str = ""
    service_level: str = "STANDARD"
    site: str = "*"
    """The last two count where the case has no order of its own."""


def deadline_request(
    case: Case, task: Task, role: str, opened_at: datetime, approval: Approval | None = None
) -> DeadlineRequest:
    """What is asked of policy when that role is awaited from then on, once `approval` is there."""
    approvals = [*task.approvals, *([approval] if approval else [])]
    return DeadlineRequest(
        case=case.ref,
        kind=task.kind,
        exception_type=task.exception_type,
        role=role,
        amount=task.amount,
        segment=task.segment,
        service_level=task.service_level,
        site=task.site,
        opened_at=opened_at,
        level=task.level,
        barred=(*case.requesters, *(person for each in approvals for person in each.persons)),
    )


class Questions:
    """The open questions of one case."""

    def __init__(self, case: Case, notices: Notices) -> None:
        self._case = case
        self._notices = notices

    async def ask(self, question: Question, task_id: str | None, adopt: Callable[[str], None]) -> Decision:
        """The answer of a person, or of the table if nobody answers.

        `task_id` is the task that already asks it, after a restart. `adopt` is told the id of the task that asks it
        now, because silence can pass the question on to another role.
        """
        task = self._case.tasks.get(task_id) if task_id else None
        if task is None:
            task = await self._open(question)
        while True:
            adopt(task.task_id)
            decision = await self._await_answer(task, question)
            if decision is not None:
                return decision
            task = await self._open(question, before=task)

    async def _open(self, question: Question, before: Task | None = None) -> Task:
        """A new task; after silence it is put to the next role as it read at last, with the approvals that it has."""
        task = self._first_task(question) if before is None else _next_task(before, f"T{self._case.asked + 1}")
        self._case.asked += 1
        task.opened_at = task.running_since = workflow.now()
        task.deadlines = await judgement.deadlines(deadline_request(self._case, task, task.role, task.opened_at))
        self._case.tasks[task.task_id] = task
        record(self._case, "system:policy", "asked", f"{task.task_id} to {task.role}: {task.question}")
        self._notices.post(task, NoticeKind.ASKED, task.question)
        board.show(self._case, CaseState.AWAITING_DECISION)
        return task

    def _first_task(self, question: Question) -> Task:
        order = self._case.order
        return Task(
            task_id=f"T{self._case.asked + 1}",
            kind=question.kind,
            hold_id=question.hold_id,
            exception_type=question.exception_type,
            system=question.system,
            question=question.text,
            role=question.role,
            asked_role=question.role,
            amount=question.amount,
            choices=question.choices,
            recommended=question.recommended,
            levels=question.levels,
            segment=question.segment,
            service_level=str(order.service_level) if order else question.service_level,
            site=order.warehouse if order else question.site,
            opened_at=workflow.now(),
            deadlines=Deadlines.unknown(workflow.now(), question.role),
        )

    async def _await_answer(self, task: Task, question: Question) -> Decision | None:
        """The decision, or None when the time is up and another role must be asked."""
        while task.decision is None:
            due, act = self._next_deadline(task, question)
            remaining = due - workflow.now()
            if remaining > timedelta(0):
                moved = await until(
                    lambda due=due: task.decision is not None or self._next_deadline(task, question)[0] != due,  # type: ignore[misc]
                    remaining,
                    f"{task.task_id}: {act.__doc__}",
                )
                if not moved:
                    continue
            elif task.state.is_being_answered:
                await workflow.wait_condition(lambda: not task.state.is_being_answered)
            else:
                await act()
            if task.state is TaskState.EXPIRED and task.decision is None:
                return None
        return task.decision

    def _next_deadline(self, task: Task, question: Question) -> tuple[datetime, Callable[[], Awaitable[None]]]:
        """When something is due on this task, and what."""

        async def remind() -> None:
            """Reminder"""
            self._remind(task)

        async def escalate() -> None:
            """Escalation"""
            self._escalate(task)

        async def expire() -> None:
            """Expiry"""
            self._expire(task, question)

        async def proceed() -> None:
            """Information awaited"""
            await self._proceed(task)

        if task.is_paused:
            return task.due_at, proceed
        due: list[tuple[datetime, Callable[[], Awaitable[None]]]] = [(task.deadlines.expires_at, expire)]
        if task.reminders_sent < len(task.deadlines.reminders):
            due.append((task.deadlines.reminders[task.reminders_sent], remind))
        if task.escalation_level < len(task.deadlines.escalations):
            due.append((task.deadlines.escalations[task.escalation_level].at, escalate))
        return min(due, key=lambda entry: entry[0])

    async def _proceed(self, task: Task) -> None:
        """Nobody answered in the time that policy gives: the clock goes on by itself."""
        enquiry = task.open_enquiry
        deadlines = await self.clock_going_on(task)
        if task.open_enquiry is not enquiry or not task.state.is_open:  # answered, or settled meanwhile
            return
        acts.proceed(task, deadlines, workflow.now())
        record(self._case, SLA, "clock goes on", f"{task.task_id}: nobody answered")
        self._notices.post(task, NoticeKind.REMINDER, task.question)
        board.show(self._case)

    def clock_going_on(self, task: Task) -> Awaitable[Deadlines]:
        """The deadlines if the clock goes on now, or went on when the pause was over."""
        if task.rest is None:
            raise RuntimeError(f"the clock of task {task.task_id} does not stand still")
        return judgement.proceed(
            ProceedRequest(
                case=self._case.ref,
                deadlines=task.deadlines,
                rest=task.rest,
                at=min(workflow.now(), task.due_at),
                site=task.site,
            )
        )

    def grant_grace(self, task: Task) -> None:
        """Extend a deadline, once, if we handle it more than 60 s late: an outage of ours costs nobody the decision.

        The extension is the lateness, at most 30 minutes.
        """
        lateness = workflow.now() - task.deadlines.expires_at
        if lateness > LATE and not task.extended:
            task.deadlines = task.deadlines.later(min(lateness, LONGEST_EXTENSION))
            task.extended = True
            until = f"{task.deadlines.expires_at:%Y-%m-%d %H:%M:%S}Z"
            record(self._case, SLA, "deadline extended", f"{task.task_id} until {until}")

    def _remind(self, task: Task) -> None:
        task.reminders_sent += 1
        record(self._case, SLA, "reminded", f"{task.task_id} to {task.role}")
        self._notices.post(task, NoticeKind.REMINDER, task.question)

    def _escalate(self, task: Task) -> None:
        escalation = task.deadlines.escalations[task.escalation_level]
        task.escalation_level += 1
        task.pass_to(escalation.role, stands_in=True)
        record(self._case, SLA, "escalated", f"{task.task_id} to {task.role}")
        self._notices.post(task, NoticeKind.ESCALATED, task.question)
        board.show(self._case)

    def _expire(self, task: Task, question: Question) -> None:
        self.grant_grace(task)
        if workflow.now() < task.deadlines.expires_at:
            return
        task.state = TaskState.EXPIRED
        task.decision = self._by_silence(task, question)
        done = task.decision.option if task.decision else f"{task.deadlines.at_expiry.ask_role} is asked"
        record(self._case, SLA, "expired", f"{task.task_id}: {done}")
        self._notices.post(task, NoticeKind.EXPIRED, f"Nobody answered: {done}")

    def _by_silence(self, task: Task, question: Question) -> Decision | None:
        """The table's default, if the table allows it for this amount and silence may choose it at all."""
        default = task.deadlines.at_expiry
        if default.option is None or default.option not in question.by_silence:
            return None
        stake = self._at_stake(task, default.option)
        if stake is None:
            return None
        if default.max_amount is not None and not all(_covers(default.max_amount, m) for m in (task.amount, stake)):
            return None
        return Decision(
            task_id=task.task_id,
            outcome=ApprovalOutcome.EXPIRED,
            option=default.option,
            decided_by=SLA,
            amount=stake,
            decided_at=workflow.now(),
            digest=digest(task.task_id, task.revision, default.option, SLA),
            policy_version=question.policy_version,
        )

    def _at_stake(self, task: Task, code: str) -> Money | None:
        """What that choice commits as last assessed, which need not be what the question is about; None if it is not
        offered any more.
        """
        exception = self._case.exceptions.get(task.hold_id or "") if task.kind is TaskKind.RESOLUTION else None
        if exception is None or exception.assessment is None:
            return task.amount
        option = exception.assessment.option(code)
        return option.amount if option else None

    def pass_on(self, task: Task, role: str) -> None:
        """The question is another role's now, by policy. A claim is dropped; the clock runs on."""
        task.asked_role = role
        task.pass_to(role, stands_in=False)
        self.tell(task, NoticeKind.ASKED, task.question)
        board.show(self._case)

    def tell(self, task: Task, kind: NoticeKind, headline: str, people: tuple[str, ...] = ()) -> None:
        """Write to whoever is awaited, or to these people."""
        self._notices.post(task, kind, headline, people)

    def withdraw(self, task_id: str | None, why: str) -> None:
        """Take a question back: nobody needs to answer it any more."""
        task = self._case.tasks.get(task_id) if task_id else None
        if task is None or not task.state.is_open:
            return
        task.state, task.withdrawn = TaskState.WITHDRAWN, why
        record(self._case, "system:policy", "withdrawn", f"{task.task_id}: {why}")
        self._notices.post(task, NoticeKind.WITHDRAWN, why)
        board.show(self._case)


def _next_task(before: Task, task_id: str) -> Task:
    """The same question to the role that is asked when nobody answered."""
    role = before.deadlines.at_expiry.ask_role
    return Task(
        **before.model_dump(
            include={
                "kind",
                "hold_id",
                "exception_type",
                "system",
                "question",
                "amount",
                "choices",
                "recommended",
                "levels",
                "segment",
                "service_level",
                "site",
                "approvals",
                "adjusters",
                "comments",
            }
        ),
        task_id=task_id,
        role=role,
        asked_role=role,
        stands_in=True,
        opened_at=before.opened_at,
        deadlines=before.deadlines,
        level=before.level + 1,
    )


def _covers(limit: Money, amount: Money) -> bool:
    return limit.currency == amount.currency and amount <= limit
