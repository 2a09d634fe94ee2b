"""Deadlines in business time: the cases that must hold, and what holds for all calendars."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.business_time import (
    Calendar,
    ClosedForGood,
    Window,
    Windows,
    add_business,
    add_percent,
    business_between,
)

NEW_YORK = ZoneInfo("America/New_York")
OFFICE = (Window(start=9 * 60, end=17 * 60),)


def calendar(
    *, week: Windows = OFFICE, weekend: Windows = (), zone: str = "America/New_York", **more: object
) -> Calendar:
    return Calendar.model_validate(
        {"name": "test", "time_zone": zone, "week": (*[week] * 5, weekend, weekend), "country": "US", **more}
    )


OFFICE_HOURS = calendar()
NIGHTS = calendar(
    week=(Window(start=22 * 60, end=30 * 60),), weekend=(Window(start=22 * 60, end=30 * 60),), country=None
)
ALWAYS = calendar(week=(Window(start=0, end=1440),), weekend=(Window(start=0, end=1440),), country=None)
CALENDARS = (
    OFFICE_HOURS,
    NIGHTS,
    ALWAYS,
    calendar(week=(Window(start=360, end=720), Window(start=750, end=1320)), zone="Europe/Berlin", country="DE"),
    calendar(week=(Window(start=0, end=150), Window(start=120, end=300)), weekend=OFFICE, zone="America/Santiago"),
    calendar(zone="Australia/Lord_Howe", week=(Window(start=60, end=180),), weekend=(Window(start=100, end=1600),)),
)


@pytest.mark.parametrize(
    ("start", "minutes", "expected"),
    [
        ("2026-03-06T21:00Z", 240, "2026-03-09T16:00Z"),
        ("2026-07-02T20:00Z", 120, "2026-07-06T14:00Z"),
        ("2026-10-30T20:00Z", 120, "2026-11-02T15:00Z"),
        ("2028-02-28T21:00Z", 600, "2028-03-01T15:00Z"),
        ("2027-02-26T21:00Z", 600, "2027-03-02T15:00Z"),
        ("2026-12-31T21:00Z", 120, "2027-01-04T15:00Z"),
    ],
    ids=[
        "clocks go forward over the weekend",
        "a holiday observed on Friday",
        "clocks go back over the weekend",
        "a leap day is worked",
        "a year without one",
        "the year ends on a holiday",
    ],
)
def test_business_time_skips_nights_weekends_and_holidays(start: str, minutes: int, expected: str) -> None:
    reached = add_business(datetime.fromisoformat(start), timedelta(minutes=minutes), OFFICE_HOURS)
    assert reached == datetime.fromisoformat(expected)


def test_a_night_window_has_the_hours_that_night_really_had() -> None:
    start = datetime(2026, 3, 7, 22, tzinfo=NEW_YORK)
    reached = add_business(start.astimezone(UTC), timedelta(hours=8), NIGHTS)
    assert reached.astimezone(NEW_YORK) == datetime(2026, 3, 8, 23, tzinfo=NEW_YORK)


def test_a_night_window_is_an_hour_longer_when_clocks_go_back() -> None:
    start = datetime(2026, 10, 31, 22, tzinfo=NEW_YORK)
    assert business_between(start, start + timedelta(hours=20), NIGHTS) == timedelta(hours=9)


def test_time_used_up_when_work_ends_falls_due_then_and_not_next_morning() -> None:
    start = datetime(2026, 7, 6, 13, tzinfo=NEW_YORK)
    assert add_business(start, timedelta(hours=4), OFFICE_HOURS) == datetime(2026, 7, 6, 17, tzinfo=NEW_YORK)


def test_the_companys_own_days_count_before_week_and_public_holiday() -> None:
    half = calendar(days={date(2026, 7, 3): ({"start": 540, "end": 780},), date(2026, 7, 6): ()})
    start = datetime(2026, 7, 2, 16, tzinfo=NEW_YORK)
    assert add_business(start, timedelta(hours=6), half) == datetime(2026, 7, 7, 10, tzinfo=NEW_YORK)


def test_half_days_of_the_country_have_hours_of_their_own() -> None:
    greek = calendar(zone="Europe/Athens", country="GR", half_day=({"start": 540, "end": 720},))
    christmas_eve = datetime(2026, 12, 24, tzinfo=ZoneInfo("Europe/Athens"))
    assert business_between(christmas_eve, christmas_eve + timedelta(days=1), greek) == timedelta(hours=3)


def test_overlapping_windows_are_counted_once() -> None:
    doubled = calendar(week=(Window(start=540, end=900), Window(start=600, end=1020)))
    start = datetime(2026, 7, 6, 9, tzinfo=NEW_YORK)
    assert business_between(start, start + timedelta(days=1), doubled) == timedelta(hours=8)


def test_around_the_clock_is_plain_time_also_when_clocks_change() -> None:
    start = datetime(2026, 3, 7, 12, tzinfo=UTC)
    assert add_business(start, timedelta(days=3), ALWAYS) == start + timedelta(days=3)


def test_percent_points_lie_in_business_time() -> None:
    start = datetime(2026, 7, 6, 9, tzinfo=NEW_YORK)
    points = [add_percent(start, timedelta(hours=16), percent, OFFICE_HOURS) for percent in (50, 75)]
    assert points == [datetime(2026, 7, 6, 17, tzinfo=NEW_YORK), datetime(2026, 7, 7, 13, tzinfo=NEW_YORK)]


def test_a_calendar_without_work_says_so_instead_of_searching_for_ever() -> None:
    with pytest.raises(ClosedForGood, match="has no 1:00:00"):
        add_business(datetime(2026, 1, 1, tzinfo=UTC), timedelta(hours=1), calendar(week=()))


def test_an_instant_without_time_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="no time zone"):
        add_business(datetime(2026, 1, 1), timedelta(hours=1), OFFICE_HOURS)  # noqa: DTZ001 - the point of it


def test_a_negative_amount_is_refused() -> None:
    with pytest.raises(ValueError, match="before its start"):
        add_business(datetime(2026, 1, 1, tzinfo=UTC), timedelta(hours=-1), OFFICE_HOURS)


def test_the_digest_changes_with_the_calendar() -> None:
    assert OFFICE_HOURS.digest == calendar().digest
    assert OFFICE_HOURS.digest != calendar(days={date(2026, 7, 6): ()}).digest


instants = st.datetimes(datetime(2025, 1, 1), datetime(2028, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001 - hypothesis adds it
amounts = st.integers(0, 20 * 24 * 3600).map(lambda seconds: timedelta(seconds=seconds))
calendars = st.sampled_from(CALENDARS)


@given(instants, amounts, calendars)
def test_what_was_added_lies_between(start: datetime, amount: timedelta, kept: Calendar) -> None:
    assert business_between(start, add_business(start, amount, kept), kept) == amount


@given(instants, amounts, amounts, calendars)
def test_a_pause_loses_nothing(start: datetime, first: timedelta, second: timedelta, kept: Calendar) -> None:
    whole = add_business(start, first + second, kept)
    parts = add_business(add_business(start, first, kept), second, kept)
    assert business_between(start, parts, kept) == business_between(start, whole, kept) == first + second
    assert second == timedelta(0) or parts == whole


@given(instants, amounts, amounts, calendars)
def test_more_time_never_falls_due_earlier(start: datetime, less: timedelta, more: timedelta, kept: Calendar) -> None:
    less, more = sorted((less, more))
    assert start <= add_business(start, less, kept) <= add_business(start, more, kept)


@given(instants, amounts, calendars)
def test_business_time_is_never_more_than_the_time_that_passed(
    start: datetime, amount: timedelta, kept: Calendar
) -> None:
    assert timedelta(0) <= business_between(start, start + amount, kept) <= amount


@given(instants, instants, calendars)
def test_nothing_lies_between_an_instant_and_an_earlier_one(one: datetime, two: datetime, kept: Calendar) -> None:
    early, late = sorted((one, two))
    assert business_between(late, early, kept) == timedelta(0)
