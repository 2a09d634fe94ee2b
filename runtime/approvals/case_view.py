"""A case's own state, joined with what Temporal knows about the calls under way, made into a view."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from domain.assessment import Assessment, Jeopardy, Option
from domain.case import Case, CaseState, ExceptionCase, Outage
from domain.cause import CauseCase
from domain.tasks import ExpiryDefault, Task
from runtime.approvals.views import CaseView, HoldView, MemberView, OptionView, OutageView, TaskView

_URGENCY = list(Jeopardy)


@dataclass(frozen=True)
class PendingCall:
    """An activity that Temporal is retrying. `attempt` is the one under way or next to come, counted from 1."""

    activity: str
    attempt: int
    next_try_at: datetime | None
    message: str


@dataclass(frozen=True)
class Run:
    """Where a case runs: which run of its workflow, and where the Temporal UI shows it."""

    run_id: str
    link: str


def view_of(case: Case, pending: Iterable[PendingCall], run: Run, now: datetime) -> CaseView:
    """The view of `case` at `now`."""
    order = case.order
    return CaseView(
        order_id=case.ref.order_id,
        tenant=case.ref.tenant,
        workflow_id=case.ref.workflow_id,
        run_id=run.run_id,
        link=run.link,
        read_at=now,
        state=str(CaseState.RETRYING if case.outages and case.outcome is None else case.state),
        outcome=case.outcome,
        opened_at=case.opened_at,
        closed_at=case.closed_at,
        customer_id=order.customer_id if order else None,
        po_number=order.po_number if order else None,
        service_level=order.service_level if order else None,
        order_value=case.value_at_risk,
        jeopardy=_jeopardy(case),
        holds=tuple(_hold(exception) for exception in [*case.in_order, *case.settled]),
        tasks=tuple(_task(case, task) for task in _most_urgent_first(case)),
        outages=_outages(case, pending),
        cause=case.cause.title if isinstance(case, CauseCase) and case.cause else None,
        fix=_option(case.fix, None) if isinstance(case, CauseCase) and case.fix else None,
        members=_members(case),
        audit=tuple(case.audit),
        audit_dropped=case.audit_dropped,
    )


def _members(case: Case) -> tuple[MemberView, ...]:
    concerns = case.concerns.values() if isinstance(case, CauseCase) else ()
    return tuple(
        MemberView(
            order_id=concern.case.order_id,
            hold_id=concern.hold_id,
            amount=concern.amount,
            order_value=concern.order_value,
        )
        for concern in concerns
    )


def _jeopardy(case: Case) -> str | None:
    known = [exception.assessment.jeopardy for exception in case.exceptions.values() if exception.assessment]
    return max(known, key=_URGENCY.index, default=None)


def _hold(exception: ExceptionCase) -> HoldView:
    hold, assessment, waiting = exception.subject.hold, exception.assessment, exception.waiting
    return HoldView(
        hold_id=hold.hold_id,
        exception_type=exception.exception_type,
        code=hold.code,
        hold_class=hold.hold_class,
        source=f"{hold.source_system} {hold.source_code}",
        reason=hold.reason,
        owning_team=exception.subject.owning_team,
        rework_of=exception.subject.rework_of,
        opened_at=exception.opened_at,
        resolved_at=exception.resolved_at,
        facts=tuple(exception.facts.values()),
        findings=assessment.findings if assessment else {},
        options=tuple(_option(option, assessment) for option in assessment.options) if assessment else (),
        recommended=assessment.recommended if assessment else None,
        recommendation=assessment.reason if assessment else None,
        rules=assessment.rules if assessment else (),
        policy_version=assessment.policy_version if assessment else None,
        waiting_until=waiting.until if waiting else None,
        waiting_for=waiting.reason if waiting else None,
        common_cause=exception.cause_workflow if exception.awaited_cause else None,
        decision=exception.decision,
    )


def _option(option: Option, assessment: Assessment | None) -> OptionView:
    return OptionView(
        code=option.code,
        title=option.title,
        reason=option.reason,
        cost=option.cost,
        amount=option.amount,
        role=option.role,
        recommended=assessment is None or option.code == assessment.recommended,
        disposition=option.disposition,
        customer_effect=option.customer_effect,
        steps=tuple(step.summary for step in option.plan.steps),
        waits_until=option.plan.wait.until if option.plan.wait else None,
        parameters=option.parameters,
    )


def _most_urgent_first(case: Case) -> list[Task]:
    closed = [task for task in case.tasks.values() if not task.state.is_open]
    return [*case.open_tasks, *reversed(closed)]


def _task(case: Case, task: Task) -> TaskView:
    return TaskView(
        task_id=task.task_id,
        revision=task.revision,
        kind=task.kind,
        state=task.state,
        is_open=task.state.is_open,
        hold_id=task.hold_id,
        system=task.system,
        question=task.question,
        role=task.role,
        owner=task.owner,
        owner_for=task.owner_for,
        levels=task.levels,
        approvals=tuple(task.approvals),
        adjusters=tuple(task.adjusters),
        enquiries=tuple(task.enquiries),
        is_paused=task.is_paused,
        due_at=task.due_at,
        put_off=task.put_off,
        amount=task.amount,
        choices=task.choices,
        recommended=task.recommended,
        opened_at=task.opened_at,
        deadlines=task.deadlines,
        at_expiry=_at_expiry(task.deadlines.at_expiry),
        comments=tuple(task.comments),
        decision=task.decision,
        commands=_commands(case, task) if task.state.is_open else (),
    )


def _at_expiry(default: ExpiryDefault) -> str:
    if default.option is None:
        return f"{default.ask_role} is asked; silence approves nothing"
    if default.max_amount is None:
        return f"system:sla carries out {default.option}"
    return f"system:sla carries out {default.option} up to {default.max_amount}; above that {default.ask_role} is asked"


def _commands(case: Case, task: Task) -> tuple[str, ...]:
    """What an approver would type next. They name the revision, so that they decide what was seen and nothing else."""
    which = case.ref.order_id + (f" --task {task.task_id}" if len(case.open_tasks) > 1 else "")
    if task.is_paused:
        return (f'approver.py answer {which} "ANSWER"',)
    seen = f"--revision {task.revision}"
    commands = [f"approver.py approve {which} {seen}"] if task.recommended else []
    others = [choice for choice in task.choices if choice != task.recommended]
    if others:
        reason = " --reason CODE" if task.kind.commits and task.recommended else ""
        commands.append(f"approver.py approve {which} {seen} --option {others[0]}{reason}")
    if parameter := _adjustable(case, task):
        commands.append(f"approver.py adjust {which} {seen} {parameter} --reason CODE")
    commands.append(f"approver.py reject {which} {seen} --reason CODE")
    if task.owner is None:
        return (*commands, f"approver.py claim {which}")
    passing_on = (f'ask {which} "QUESTION"', f"delegate {which} --to SUBJECT", f"release-claim {which}")
    return (*commands, *(f"approver.py {command}" for command in passing_on))


def _adjustable(case: Case, task: Task) -> str | None:
    exception = case.exceptions.get(task.hold_id or "")
    options = exception.assessment.options if exception and exception.assessment else ()
    if isinstance(case, CauseCase) and case.fix is not None:
        options = (case.fix,)
    for option in options:
        if option.parameters and option.code in task.choices:
            return f"--option {option.code} --set {option.parameters[0].name}=VALUE"
    return None


def _outages(case: Case, pending: Iterable[PendingCall]) -> tuple[OutageView, ...]:
    """What the case declared, with the attempts that only Temporal counts, then retries that no one declared yet."""
    calls = {call.activity: call for call in sorted(pending, key=lambda call: call.attempt)}
    declared = [_declared(outage, calls.pop(outage.activity, None)) for outage in case.outages.values()]
    return (*declared, *(_undeclared(call) for call in calls.values() if call.attempt > 1))


def _declared(outage: Outage, call: PendingCall | None) -> OutageView:
    """Attempts made so far: those before the outage was declared, and all of the retry's but the one to come."""
    waiting = call is not None and call.next_try_at is not None
    return OutageView(
        system=outage.system,
        activity=outage.activity,
        kind=outage.kind,
        message=(call.message if call and call.message else outage.message),
        since=outage.since,
        attempt=outage.attempt + (call.attempt - (1 if waiting else 0) if call else 0),
        next_try_at=call.next_try_at if call else outage.next_try_at,
    )


def _undeclared(call: PendingCall) -> OutageView:
    waiting = call.next_try_at is not None
    return OutageView(
        system=call.activity.partition(".")[0],
        activity=call.activity,
        kind="TRANSIENT",
        message=call.message,
        since=None,
        attempt=call.attempt - (1 if waiting else 0),
        next_try_at=call.next_try_at,
    )
