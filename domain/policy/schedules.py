"""When things are due: from the tables `tasks`, `sla`, `lifecycle`, `outages` and `jeopardy`, in business time."""

from __future__ import annotations

from datetime import datetime, timedelta

from domain.approvals.chain import same
from domain.assessment import Jeopardy
from domain.business_time import Calendar, add_business, add_percent, business_between
from domain.calls import DeadlineRequest, OutagePolicy, Resumed, ResumeRequest, ServiceTerms
from domain.exception_types import ExceptionType
from domain.money import Money
from domain.order import Order
from domain.policy.chains import seniors_of
from domain.policy.policy_set import TECHNICAL, PolicySet
from domain.policy.table import Match
from domain.tasks import Deadlines, Escalation, ExpiryDefault


class PolicyGap(LookupError):
    """A table that the lifecycle cannot do without has no row for these inputs: one is a word it never heard."""


def schedule(request: DeadlineRequest, policy: PolicySet) -> Deadlines:
    """When to remind, whom to escalate to and when to stop waiting for the answer to a task.

    Reminders and escalations lie at percents of the business time that `resolve` allows. PolicyGap if the service
    level or the role is none that the tables know.
    """
    row = _row(
        policy,
        "tasks",
        kind=request.kind,
        exception_type=request.exception_type or TECHNICAL,
        segment=policy.segment(request.segment),
        service_level=request.service_level,
        role=request.role,
        level=request.level,
        amount=request.amount.amount,
    )
    sla = _row(policy, "sla", service_level=request.service_level)
    calendar = policy.calendar_of(request.site)
    return _with_somebody_to_ask(_deadlines(request, row, sla, calendar), request, policy)


def _with_somebody_to_ask(deadlines: Deadlines, request: DeadlineRequest, policy: PolicySet) -> Deadlines:
    """Without the roles in which nobody may decide: the question stays with whoever has it, rather than going to them.

    A president who has stood in for one level of a chain is no answer to the silence of the next.
    """
    default = deadlines.at_expiry
    if not _is_somebody(default.ask_role, request, policy):
        default = default.model_copy(update={"ask_role": request.role})
    escalations = tuple(each for each in deadlines.escalations if _is_somebody(each.role, request, policy))
    return deadlines.model_copy(update={"escalations": escalations, "at_expiry": default})


def _is_somebody(role: str, request: DeadlineRequest, policy: PolicySet) -> bool:
    """Whether anybody who may act in that role, or in the place of it, is not excluded."""
    about = request.exception_type if request.kind.commits and request.exception_type else TECHNICAL
    roles = (role, *seniors_of(policy, role, about, request.amount.currency))
    people = (person.subject for each in roles for person in policy.people_in(each))
    return any(not any(same(subject, barred) for barred in request.barred) for subject in people)


def _deadlines(request: DeadlineRequest, row: Match, sla: Match, calendar: Calendar) -> Deadlines:
    start = request.opened_at
    acknowledge = row.maybe_duration("acknowledge") or sla.duration("acknowledge")
    resolve = row.maybe_duration("resolve") or sla.duration("resolve")
    return Deadlines(
        acknowledge_by=add_business(start, min(acknowledge, resolve), calendar),
        reminders=tuple(add_percent(start, resolve, percent, calendar) for percent in row.wholes("remind")),
        escalations=tuple(
            Escalation(at=add_percent(start, resolve, percent, calendar), role=role)
            for percent, role in row.milestones("escalate")
        ),
        expires_at=add_business(start, resolve, calendar),
        at_expiry=_at_expiry(row, request.amount.currency),
        at_rejection=row.text("at_rejection"),
        calendar_digest=calendar.digest,
    )


def _at_expiry(row: Match, currency: str) -> ExpiryDefault:
    most = row.maybe_number("max_amount")
    return ExpiryDefault(
        option=row.maybe("at_expiry"),
        max_amount=None if most is None else Money(amount=most, currency=currency),
        ask_role=row.text("ask_role"),
    )


def resumed(request: ResumeRequest, policy: PolicySet) -> Resumed:
    """The deadline moved by the business time in which the customer was waited for: a night that was waited through
    costs nothing and gives nothing.
    """
    calendar = policy.calendar_of(request.site)
    ended = [(pause.started_at, pause.ended_at) for pause in request.pauses if pause.ended_at is not None]
    waited = sum((business_between(start, end, calendar) for start, end in ended), timedelta(0))
    return Resumed(due_at=add_business(request.due_at, waited, calendar))


def service_terms(order: Order, opened_at: datetime, policy: PolicySet, segment: str = "*") -> ServiceTerms:
    """What the lifecycle needs to know about this order, fixed when the case opens."""
    sla = _row(policy, "sla", service_level=order.service_level)
    row = _row(policy, "lifecycle", service_level=order.service_level, segment=policy.segment(segment))
    return ServiceTerms(
        due_at=_due_at(order, opened_at, sla, policy.calendar_of(order.warehouse)),
        recheck_after=row.duration("recheck_after"),
        follow_until=row.text("follow_until"),
        follow_for=row.duration("follow_for"),
        policy_version=policy.version,
    )


def rework_window(order: Order, policy: PolicySet, segment: str = "*") -> timedelta:
    """How soon a hold has to come back to be rework."""
    row = _row(policy, "lifecycle", service_level=order.service_level, segment=policy.segment(segment))
    return row.duration("rework_within")


def _due_at(order: Order, opened_at: datetime, sla: Match, calendar: Calendar) -> datetime:
    """The SLA's instant, or earlier: the last moment at which picking still makes the carrier's cut-off."""
    due = add_business(opened_at, sla.duration("resolve"), calendar)
    last_pick = order.carrier_cutoff - timedelta(minutes=order.pick_minutes)
    return min(due, last_pick) if sla.flag("before_cutoff") and last_pick > opened_at else due


def outage_policy(system: str, policy: PolicySet) -> OutagePolicy:
    """How long `system` may be silent before a person is asked, and who that is."""
    row = _row(policy, "outages", system=system)
    return OutagePolicy(
        system=system,
        ask_after=row.duration("ask_after"),
        role=row.text("role"),
        together=row.flag("together"),
    )


def jeopardy(order: Order, exception_type: ExceptionType, now: datetime, policy: PolicySet) -> Jeopardy:
    """How close the cut-off is: slack = cut-off - now - P80 of the time that clearing takes - pick and pack."""
    remaining = _row(policy, "clearing_time", exception_type=exception_type).duration("p80")
    slack = order.carrier_cutoff - now - remaining - timedelta(minutes=order.pick_minutes)
    return Jeopardy(_row(policy, "jeopardy", slack=slack).text("jeopardy"))


def _row(policy: PolicySet, table: str, /, **inputs: object) -> Match:
    row = policy.decide(table, **inputs)
    if row is None:
        asked = ", ".join(f"{name} = {value}" for name, value in inputs.items())
        raise PolicyGap(f"table {table} has no row for {asked}: add one, or correct the value")
    return row
