"""The clock of a question: what a pause costs and gives, for any calendar, pause and moment."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.approvals.refused import Refused
from domain.business_time import Calendar, add_business, add_percent, business_between
from domain.calls import CaseRef, ExtendRequest, PauseRequest, ProceedRequest
from domain.exception_types import ExceptionType
from domain.policy import pausing
from domain.policy.policy_set import PolicySet
from domain.tasks import Deadlines, Escalation, ExpiryDefault, TaskKind
from runtime.policy_files import load_policies
from tests.unit.policy.tables import COMPANY
from tests.unit.test_business_time import CALENDARS, OFFICE_HOURS

NEW_YORK = ZoneInfo("America/New_York")
CASE = CaseRef(tenant="acme", order_id="SO-1", workflow_id="order-exception/acme/SO-1")


@pytest.fixture(scope="module")
def policy() -> PolicySet:
    return load_policies(COMPANY)


def deadlines(start: datetime, amount: timedelta, calendar: Calendar) -> Deadlines:
    return Deadlines(
        acknowledge_by=add_percent(start, amount, 10, calendar),
        reminders=tuple(add_percent(start, amount, percent, calendar) for percent in (50, 75, 90)),
        escalations=(Escalation(at=add_percent(start, amount, 80, calendar), role="controller"),),
        expires_at=add_business(start, amount, calendar),
        at_expiry=ExpiryDefault(ask_role="controller"),
        at_rejection="REJECT",
        calendar_digest=calendar.digest,
    )


class OneCalendar:
    """Policies of which only the calendar is asked."""

    def __init__(self, calendar: Calendar) -> None:
        self._calendar = calendar

    def calendar_of(self, site: str) -> Calendar:  # noqa: ARG002 - the same for all
        return self._calendar


def after_pause(before: Deadlines, paused_at: datetime, resumed_at: datetime, calendar: Calendar) -> Deadlines:
    rest = pausing.rest_of(before, paused_at, calendar)
    request = ProceedRequest(case=CASE, deadlines=before, rest=rest, at=resumed_at, site="*")
    return pausing.proceed(request, OneCalendar(calendar))  # type: ignore[arg-type]


instants = st.datetimes(datetime(2025, 1, 1), datetime(2027, 6, 30), timezones=st.just(UTC))  # noqa: DTZ001
amounts = st.integers(60, 10 * 24 * 3600).map(lambda seconds: timedelta(seconds=seconds))
shares = st.floats(0, 1)
calendars = st.sampled_from(CALENDARS)


@settings(deadline=None)
@given(instants, amounts, shares, amounts, calendars)
def test_a_pause_moves_the_expiry_by_the_business_time_in_it_and_no_more(
    start: datetime, amount: timedelta, share: float, length: timedelta, kept: Calendar
) -> None:
    before = deadlines(start, amount, kept)
    paused_at = start + (before.expires_at - start) * share
    resumed_at = paused_at + length
    after = after_pause(before, paused_at, resumed_at, kept)
    used = business_between(start, paused_at, kept)
    assert used + business_between(resumed_at, after.expires_at, kept) == amount
    assert after.expires_at >= before.expires_at


@settings(deadline=None)
@given(instants, amounts, shares, calendars)
def test_a_pause_outside_of_working_hours_costs_nothing(
    start: datetime, amount: timedelta, share: float, kept: Calendar
) -> None:
    """From any moment to the next one at which work begins again, nothing is used up and nothing is given."""
    before = deadlines(start, amount, kept)
    moment = start + (before.expires_at - start) * share
    reopens = next(kept.spans(moment))[0]
    after = after_pause(before, moment, reopens, kept)
    assert business_between(moment, reopens, kept) == timedelta(0)
    if business_between(moment, before.expires_at, kept) > timedelta(0):
        assert after.expires_at == before.expires_at
    for was, now in zip(before.reminders, after.reminders, strict=True):
        assert business_between(was, now, kept) == timedelta(0)


@settings(deadline=None)
@given(instants, amounts, shares, amounts, calendars)
def test_what_has_passed_stays_and_the_order_of_things_is_kept(
    start: datetime, amount: timedelta, share: float, length: timedelta, kept: Calendar
) -> None:
    before = deadlines(start, amount, kept)
    paused_at = start + (before.expires_at - start) * share
    after = after_pause(before, paused_at, paused_at + length, kept)
    assert list(after.reminders) == sorted(after.reminders)
    assert after.reminders[-1] <= after.expires_at
    for was, now in zip(before.reminders, after.reminders, strict=True):
        assert now == was or was >= paused_at


def test_a_pause_over_a_holiday_and_a_weekend() -> None:
    """Thursday 16:00 before Independence Day to Monday 10:00: one hour that day and one on Monday."""
    start = datetime(2026, 7, 2, 15, tzinfo=NEW_YORK)
    before = deadlines(start, timedelta(hours=4), OFFICE_HOURS)
    assert before.expires_at == datetime(2026, 7, 6, 11, tzinfo=NEW_YORK)
    after = after_pause(
        before,
        datetime(2026, 7, 2, 16, tzinfo=NEW_YORK),
        datetime(2026, 7, 6, 10, tzinfo=NEW_YORK),
        OFFICE_HOURS,
    )
    assert after.expires_at == datetime(2026, 7, 6, 13, tzinfo=NEW_YORK)


def stop(policy: PolicySet, enquiries: int, at: datetime) -> PauseRequest:
    calendar = policy.calendar_of("*")
    start = datetime(2026, 7, 6, 9, tzinfo=NEW_YORK)
    return PauseRequest(
        case=CASE,
        kind=TaskKind.RESOLUTION,
        exception_type=ExceptionType.CREDIT_HOLD,
        deadlines=deadlines(start, timedelta(hours=8), calendar),
        running_since=start,
        at=at,
        site="*",
        enquiries=enquiries,
    )


def test_the_table_limits_number_and_length_of_pauses(policy: PolicySet) -> None:
    at = datetime(2026, 7, 6, 16, tzinfo=NEW_YORK)
    paused = pausing.pause(stop(policy, 1, at), policy)
    assert paused.until == datetime(2026, 7, 7, 16, tzinfo=NEW_YORK)
    assert paused.consumed == timedelta(hours=7)
    assert paused.rest.expiry == timedelta(hours=1)
    with pytest.raises(Refused, match="asked for 2 times"):
        pausing.pause(stop(policy, 2, at), policy)


def test_a_deadline_is_put_off_in_business_time(policy: PolicySet) -> None:
    asked = stop(policy, 0, datetime(2026, 7, 6, 16, tzinfo=NEW_YORK))
    request = ExtendRequest(
        case=CASE,
        kind=asked.kind,
        exception_type=asked.exception_type,
        deadlines=asked.deadlines,
        site="*",
    )
    assert pausing.extend(request, policy).expires_at == datetime(2026, 7, 7, 13, tzinfo=NEW_YORK)
