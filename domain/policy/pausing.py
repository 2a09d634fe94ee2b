"""The clock of a question: stopped while information is asked for, and put off by an administrator.

Stopping keeps the business time that was used up and what was left until each instant; going on adds what was left. So
a night or a holiday that was waited through costs nothing and gives nothing.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from domain.approvals.records import Rest
from domain.approvals.refused import Refused
from domain.business_time import Calendar, add_business, business_between
from domain.calls import ExtendRequest, Paused, PauseRequest, ProceedRequest
from domain.policy.candidates import task_terms
from domain.policy.policy_set import PolicySet
from domain.tasks import Deadlines, Refusal


def pause(request: PauseRequest, policy: PolicySet) -> Paused:
    """How long the clock may stand still, and what is left on it. Refused (INVALID) if that was done too often."""
    terms = task_terms(policy, request.kind, request.exception_type)
    if request.enquiries >= terms.whole("enquiries"):
        message = f"information was asked for {request.enquiries} times, and the table allows no more: decide"
        raise Refused(Refusal.INVALID, message)
    calendar = policy.calendar_of(request.site)
    return Paused(
        until=add_business(request.at, terms.duration("enquiry_for"), calendar),
        consumed=business_between(request.running_since, request.at, calendar),
        rest=rest_of(request.deadlines, request.at, calendar),
    )


def rest_of(deadlines: Deadlines, at: datetime, calendar: Calendar) -> Rest:
    """What is left until each instant."""

    def left(until: datetime) -> timedelta:
        return business_between(at, until, calendar)

    return Rest(
        acknowledge=left(deadlines.acknowledge_by),
        reminders=tuple(left(reminder) for reminder in deadlines.reminders),
        escalations=tuple(left(escalation.at) for escalation in deadlines.escalations),
        expiry=left(deadlines.expires_at),
    )


def proceed(request: ProceedRequest, policy: PolicySet) -> Deadlines:
    """The deadlines from now on. What had passed before the pause stays where it was."""
    calendar, rest, before = policy.calendar_of(request.site), request.rest, request.deadlines

    def moved(was: datetime, left: timedelta) -> datetime:
        return add_business(request.at, left, calendar) if left > timedelta(0) else was

    return before.model_copy(
        update={
            "acknowledge_by": moved(before.acknowledge_by, rest.acknowledge),
            "reminders": tuple(map(moved, before.reminders, rest.reminders)),
            "escalations": tuple(
                escalation.model_copy(update={"at": moved(escalation.at, left)})
                for escalation, left in zip(before.escalations, rest.escalations, strict=True)
            ),
            "expires_at": add_business(request.at, rest.expiry, calendar),
            "calendar_digest": calendar.digest,
        }
    )


def extend(request: ExtendRequest, policy: PolicySet) -> Deadlines:
    """The expiry, later by what the table gives."""
    more = task_terms(policy, request.kind, request.exception_type).duration("extend_by")
    calendar = policy.calendar_of(request.site)
    return request.deadlines.model_copy(
        update={"expires_at": add_business(request.deadlines.expires_at, more, calendar)}
    )
