"""Questions to people: asked, reminded, escalated, and settled by policy when nobody answers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from temporalio import workflow

from domain.base import digest
from domain.calls import DeadlineRequest, NoticeKind
from domain.case import Case, CaseState
from domain.exception_types import ExceptionType
from domain.money import Money
from domain.tasks import ApprovalOutcome, Decision, Task, TaskKind, TaskState
from workflows import board, judgement
from workflows.journal import record
from workflows.notices import Notices

SLA = "system:sla"
LATE = timedelta(seconds=60)
LONGEST_EXTENSION = timedelta(minutes=30)


@dataclass(frozen=True)
class Question:
    """What is asked of whom. `by_silence` are the choices that the table may take when nobody answers."""

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
    segment: str = "*"
    policy_version: str = ""
    service_level: str = "STANDARD"
    site: str = "*"
    """The last two count where the case has no order of its own."""


def grant_grace(case: Case, task: Task) -> None:
    """Extend a deadline, once, if we handle it more than 60 s late: an outage of ours costs nobody the decision.

    The extension is the lateness, at most 30 minutes.
    """
    lateness = workflow.now() - task.deadlines.expires_at
    if lateness > LATE and not task.extended:
        task.deadlines = task.deadlines.later(min(lateness, LONGEST_EXTENSION))
        task.extended = True
        record(case, SLA, "deadline extended", f"{task.task_id} until {task.deadlines.expires_at:%Y-%m-%d %H:%M:%S}Z")


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
            task = await self._open(question, question.role, level=0)
        while True:
            adopt(task.task_id)
            decision = await self._await_answer(task, question)
            if decision is not None:
                return decision
            task = await self._open(question, task.deadlines.at_expiry.ask_role, task.level + 1)

    async def _open(self, question: Question, role: str, level: int) -> Task:
        now = workflow.now()
        order = self._case.order
        self._case.asked += 1
        task_id = f"T{self._case.asked}"
        schedule = await judgement.deadlines(
            DeadlineRequest(
                case=self._case.ref,
                kind=question.kind,
                exception_type=question.exception_type,
                role=role,
                amount=question.amount,
                segment=question.segment,
                service_level=str(order.service_level) if order else question.service_level,
                site=order.warehouse if order else question.site,
                opened_at=now,
                level=level,
            )
        )
        task = Task(
            task_id=task_id,
            kind=question.kind,
            hold_id=question.hold_id,
            exception_type=question.exception_type,
            system=question.system,
            question=question.text,
            role=role,
            amount=question.amount,
            choices=question.choices,
            recommended=question.recommended,
            opened_at=now,
            deadlines=schedule,
            level=level,
        )
        self._case.tasks[task_id] = task
        record(self._case, "system:policy", "asked", f"{task_id} to {role}: {question.text}")
        self._notices.post(task, NoticeKind.ASKED, question.text)
        board.show(self._case, CaseState.AWAITING_DECISION)
        return task

    async def _await_answer(self, task: Task, question: Question) -> Decision | None:
        """The decision, or None when the time is up and another role must be asked."""
        while task.decision is None:
            due, act = self._next_deadline(task, question)
            remaining = due - workflow.now()
            if remaining > timedelta(0):
                try:
                    await workflow.wait_condition(
                        lambda: task.decision is not None,
                        timeout=remaining,
                        timeout_summary=f"{task.task_id}: {act.__doc__}",
                    )
                except TimeoutError:
                    continue
            elif task.state is TaskState.AUTHORISING:
                await workflow.wait_condition(lambda: task.state is not TaskState.AUTHORISING)
            else:
                act()
            if task.state is TaskState.EXPIRED and task.decision is None:
                return None
        return task.decision

    def _next_deadline(self, task: Task, question: Question) -> tuple[datetime, Callable[[], None]]:
        """When something is due on this task, and what."""

        def remind() -> None:
            """Reminder"""
            self._remind(task)

        def escalate() -> None:
            """Escalation"""
            self._escalate(task)

        def expire() -> None:
            """Expiry"""
            self._expire(task, question)

        due: list[tuple[datetime, Callable[[], None]]] = [(task.deadlines.expires_at, expire)]
        if task.reminders_sent < len(task.deadlines.reminders):
            due.append((task.deadlines.reminders[task.reminders_sent], remind))
        if task.escalation_level < len(task.deadlines.escalations):
            due.append((task.deadlines.escalations[task.escalation_level].at, escalate))
        return min(due, key=lambda entry: entry[0])

    def _remind(self, task: Task) -> None:
        task.reminders_sent += 1
        record(self._case, SLA, "reminded", f"{task.task_id} to {task.role}")
        self._notices.post(task, NoticeKind.REMINDER, task.question)

    def _escalate(self, task: Task) -> None:
        escalation = task.deadlines.escalations[task.escalation_level]
        task.escalation_level += 1
        task.role = escalation.role
        task.owner = None
        task.state = TaskState.READY
        record(self._case, SLA, "escalated", f"{task.task_id} to {task.role}")
        self._notices.post(task, NoticeKind.ESCALATED, task.question)
        board.show(self._case)

    def _expire(self, task: Task, question: Question) -> None:
        grant_grace(self._case, task)
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
        """The question is another role's now. A claim is dropped; the clock runs on."""
        task.role = role
        task.owner = None
        task.state = TaskState.READY
        self._notices.post(task, NoticeKind.ASKED, task.question)
        board.show(self._case)

    def withdraw(self, task_id: str | None, why: str) -> None:
        """Take a question back: nobody needs to answer it any more."""
        task = self._case.tasks.get(task_id) if task_id else None
        if task is None or not task.state.is_open:
            return
        task.state = TaskState.WITHDRAWN
        record(self._case, "system:policy", "withdrawn", f"{task.task_id}: {why}")
        self._notices.post(task, NoticeKind.WITHDRAWN, why)
        board.show(self._case)


def _covers(limit: Money, amount: Money) -> bool:
    return limit.currency == amount.currency and amount <= limit
