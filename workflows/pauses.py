"""The customer's time: while a hold waits for the customer, the case's own deadline stands still.

Several holds that wait at once count once. Nothing is kept but the stretches themselves: terms that are read anew are
moved by all of them again.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from temporalio import workflow

from domain.calls import CustomerWait, ResumeRequest
from domain.case import Case
from workflows import judgement
from workflows.failures import JudgementRefused
from workflows.journal import record


def begin(case: Case) -> None:
    """From now on the customer is waited for, if a hold says so and none did before."""
    if case.customer_until is not None and not case.is_paused:
        case.customer_waits.append(CustomerWait(started_at=workflow.now()))


def end(case: Case, at: datetime) -> bool:
    """Whether the wait for the customer is over, and was until now."""
    if case.customer_until is not None or not case.is_paused:
        return False
    last = case.customer_waits[-1]
    case.customer_waits[-1] = CustomerWait(started_at=last.started_at, ended_at=max(at, last.started_at))
    return True


async def resume(case: Case, at: datetime) -> None:
    """If the wait for the customer is over, the deadline moves by it."""
    if end(case, at):
        await _move(case, case.customer_waits[-1:])


async def renew(case: Case, at: datetime) -> None:
    """The terms were read anew: their deadline moves by everything that was waited for the customer."""
    end(case, at)
    over = [wait for wait in case.customer_waits if wait.ended_at is not None]
    if over:
        await _move(case, over)


async def _move(case: Case, waits: Sequence[CustomerWait]) -> None:
    if case.terms is None or case.order is None:
        return
    request = ResumeRequest(case=case.ref, due_at=case.terms.due_at, pauses=tuple(waits), site=case.order.warehouse)
    try:
        resumed = await judgement.resume(request)
    except JudgementRefused as refused:  # a deadline that is too early hurts less than a case that stands still
        record(case, "system:policy", "deadline not moved", refused.message)
        return
    case.terms = case.terms.model_copy(update={"due_at": resumed.due_at})
