"""What operators and approvers see from outside: search attributes, and the case's details in Markdown."""

from __future__ import annotations

from typing import Any

from temporalio import workflow
from temporalio.common import SearchAttributeUpdate

from domain.assessment import Jeopardy
from domain.case import Case, CaseState
from domain.cause import CauseCase
from domain.tasks import Task
from workflows import search_attributes as keys

_URGENCY = list(Jeopardy)
_SHOWN = 20


def jeopardy(case: Case) -> Jeopardy:
    """The worst of the open exceptions'."""
    known = [exception.assessment.jeopardy for exception in case.exceptions.values() if exception.assessment]
    return max(known, key=_URGENCY.index, default=Jeopardy.LOW)


def show(case: Case, state: CaseState | None = None) -> None:
    """Publish the case, in one command and only what changed since the last time."""
    if state is not None:
        case.state = state
    workflow.set_current_details(details(case))
    updates = [update for update in _attributes(case) if case.published.get(update.key.name) != str(update.value)]
    if updates:
        case.published.update({update.key.name: str(update.value) for update in updates})
        workflow.upsert_search_attributes(updates)


def note(case: Case, state: CaseState) -> None:
    """Show the state in the details only: too short-lived to be worth a command."""
    case.state = state
    workflow.set_current_details(details(case))


def _attributes(case: Case) -> list[SearchAttributeUpdate[Any]]:
    """Every attribute that the case has a value for, and every list, also the empty ones."""
    subjects = [*case.exceptions.values(), *case.settled]
    assessed = [exception.assessment for exception in subjects if exception.assessment]
    updates: list[SearchAttributeUpdate[Any]] = [
        keys.CASE_STATE.value_set(str(state_of(case))),
        keys.JEOPARDY.value_set(str(jeopardy(case))),
        keys.EXCEPTION_TYPE.value_set(case.exception_types),
    ]
    awaited = sorted({task.role for task in case.open_tasks})
    retrying = sorted({outage.system for outage in case.outages.values()})
    if awaited or keys.AWAITING_ROLE.name in case.published:
        updates.append(keys.AWAITING_ROLE.value_set(awaited))
    if retrying or keys.RETRYING_SYSTEM.name in case.published:
        updates.append(keys.RETRYING_SYSTEM.value_set(retrying))
    if case.order is not None:
        updates.append(keys.CUSTOMER_ID.value_set(case.order.customer_id))
    if case.value_at_risk is not None:
        updates.append(keys.AMOUNT_AT_RISK.value_set(float(case.value_at_risk.amount)))
    if isinstance(case, CauseCase):  # an order's are set when its case is started
        updates.append(keys.ORDER_ID.value_set(case.ref.order_id))
        updates.append(keys.HELD_SINCE.value_set(case.opened_at))
    if assessed:
        updates.append(keys.SEGMENT.value_set(assessed[-1].segment))
        updates.append(keys.POLICY_VERSION.value_set(assessed[-1].policy_version))
    rework = any(exception.subject.rework_of is not None for exception in subjects)
    if rework:
        updates.append(keys.REWORK.value_set(rework))
    if case.closed_at is not None:
        updates.append(keys.TOUCHLESS.value_set(case.touchless))
    due = _due_at(case)
    if due is not None:
        updates.append(due)
    return updates


def _due_at(case: Case) -> SearchAttributeUpdate[Any] | None:
    """The next moment at which somebody must have done something: the first open question's, else the customer's as
    long as they are waited for, else the case's own.
    """
    if case.open_tasks:
        return keys.DUE_AT.value_set(case.open_tasks[0].due_at)
    if case.customer_until is not None:
        return keys.DUE_AT.value_set(case.customer_until)
    return None if case.terms is None else keys.DUE_AT.value_set(case.terms.due_at)


def state_of(case: Case) -> CaseState:
    """The state as a list shows it: an outage outshines what it interrupts."""
    return CaseState.RETRYING if case.outages and case.outcome is None else case.state


def details(case: Case) -> str:
    """The case in a few lines of Markdown."""
    lines = [f"**{state_of(case)}** · {_subject(case)}" + (f" · {case.outcome}" if case.outcome else "")]
    if case.order is not None:
        lines.append(f"Value {case.order.value} · service {case.order.service_level} · jeopardy {jeopardy(case)}")
    if case.terms is not None and case.is_paused:
        since = f"{case.customer_waits[-1].started_at:%Y-%m-%d %H:%M:%S}Z"
        lines.append(f"Waiting for the customer since {since}: the due time stands still")
    if isinstance(case, CauseCase):
        lines += _cause(case)
    lines += _holds(case) + _questions(case) + _outages(case)
    if case.audit:
        lines.append("**Latest**")
    lines += [f"- {entry.at:%Y-%m-%d %H:%M:%S}Z {entry.action}: {entry.detail}" for entry in case.audit[-5:]]
    return "\n\n".join(lines)


def _subject(case: Case) -> str:
    return f"{'cause' if isinstance(case, CauseCase) else 'order'} `{case.ref.order_id}`"


def _cause(case: CauseCase) -> list[str]:
    """What holds the orders, and the first of them."""
    lines = [f"**{case.cause.title}**"] if case.cause else []
    concerns = list(case.concerns.values())
    lines += [
        f"- order `{concern.case.order_id}`, hold `{concern.hold_id}`: {concern.amount}"
        for concern in concerns[:_SHOWN]
    ]
    return lines + ([f"- and {len(concerns) - _SHOWN} more"] if len(concerns) > _SHOWN else [])


def _holds(case: Case) -> list[str]:
    lines = []
    for exception in case.in_order:
        line = f"- **{exception.exception_type}** (hold `{exception.hold_id}`, {exception.subject.owning_team})"
        if exception.decision is not None:
            line += f": {exception.decision.option} by `{exception.decision.decided_by}`"
        elif exception.awaited_cause is not None:
            line += f": one of several with the cause `{exception.cause_workflow}`. {exception.awaited_cause.title}"
        elif exception.waiting is not None:
            line += f": waiting until {exception.waiting.until:%Y-%m-%d %H:%M}Z. {exception.waiting.reason}"
        elif exception.assessment is not None:
            line += f": recommended {exception.assessment.recommended}. {exception.assessment.reason}"
        lines.append(line)
    return lines


def _questions(case: Case) -> list[str]:
    lines = []
    for task in case.open_tasks:
        default = task.deadlines.at_expiry
        silence = f"`{default.option}` by system:sla" if default.option else f"`{default.ask_role}` is asked"
        if task.is_paused:
            silence = "the clock goes on"
        lines.append(
            f"- Task `{task.task_id}`: {_awaited(task)} until {task.due_at:%Y-%m-%d %H:%M:%S}Z"
            f"{f', claimed by `{task.owner}`' if task.owner else ''}. If nobody answers: {silence}."
        )
    return lines


def _awaited(task: Task) -> str:
    if task.is_paused:
        return "**information** is awaited"
    done = len(task.approvals)
    return f"**{task.role}** is awaited" + (f" after {done} approval{'s' if done > 1 else ''}" if done else "")


def _outages(case: Case) -> list[str]:
    return [
        f"- **{outage.system}** cannot be reached since {outage.since:%H:%M:%S}Z ({outage.kind}: {outage.message}); "
        f"tried again from {outage.next_try_at:%H:%M:%S}Z on; Pending Activities has the attempt and the next try."
        + (f" `{outage.cause_workflow}` asks about it for all orders." if outage.cause else "")
        for outage in case.outages.values()
    ]
