"""Business time: how long something took, or may take, counted only while a site is at work.

A calendar's windows are wall-clock time of the site. Each is turned into instants first and then measured, so that a
night in which the clocks change has the hours it really had.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo

import holidays
from holidays.version import __version__ as holidays_edition
from pydantic import Field

from domain.base import Model, digest

DAY_MINUTES = 24 * 60
HORIZON_DAYS = 3 * 366
"""How far ahead an instant is looked for: beyond that a calendar is taken to have closed for good."""


class ClosedForGood(ValueError):
    """A calendar has too little business time ahead to ever reach the instant asked for."""


class Window(Model):
    """A stretch of work: minutes after midnight, wall-clock. An `end` beyond 1440 lies on the following day."""

    start: int = Field(ge=0, lt=DAY_MINUTES)
    end: int = Field(gt=0, le=2 * DAY_MINUTES)


Windows = tuple[Window, ...]


class Calendar(Model):
    """When a site works. `week` has the windows of Monday to Sunday.

    `days` overrides single days (none: closed) and counts before everything else. Public holidays of `country` and
    `subdivision`, with their observed days, are closed; its half-days have the windows `half_day`, if there are any.
    """

    name: str
    time_zone: str
    week: tuple[Windows, Windows, Windows, Windows, Windows, Windows, Windows]
    country: str | None = None
    subdivision: str | None = None
    half_day: Windows = ()
    days: dict[date, Windows] = {}

    def windows_on(self, day: date) -> Windows:
        """The windows that begin on `day`."""
        if day in self.days:
            return self.days[day]
        if self.country is not None:
            if day in _holidays(self.country, self.subdivision, holidays.PUBLIC):
                return ()
            if self.half_day and day in _holidays(self.country, self.subdivision, holidays.HALF_DAY):
                return self.half_day
        return self.week[day.weekday()]

    @property
    def digest(self) -> str:
        """What the deadlines of this calendar rest on: its own content and the edition of the public holidays."""
        return digest(self.model_dump(mode="json"), holidays_edition)

    def spans(self, since: datetime) -> Iterator[tuple[datetime, datetime]]:
        """The stretches of work from `since` on, in UTC, in order, without overlap, up to the horizon."""
        zone = ZoneInfo(self.time_zone)
        first = since.astimezone(zone).date() - timedelta(days=2)
        reached = since.astimezone(UTC)
        for offset in range(HORIZON_DAYS):
            day = first + timedelta(days=offset)
            for start, end in sorted(_instants(day, window, zone) for window in self.windows_on(day)):
                if end > reached:
                    yield max(start, reached), end
                    reached = end


def _instants(day: date, window: Window, zone: ZoneInfo) -> tuple[datetime, datetime]:
    return _instant(day, window.start, zone), _instant(day, window.end, zone)


def _instant(day: date, minutes: int, zone: ZoneInfo) -> datetime:
    days, minute = divmod(minutes, DAY_MINUTES)
    wall = datetime.combine(day + timedelta(days=days), time(minute // 60, minute % 60), zone)
    return wall.astimezone(UTC)


@cache
def _holidays(country: str, subdivision: str | None, category: str) -> holidays.HolidayBase:
    """The holidays of a country; the library computes a year when it is first asked about."""
    return holidays.country_holidays(country, subdiv=subdivision, observed=True, categories=(category,))


def add_business(start_utc: datetime, amount: timedelta, calendar: Calendar) -> datetime:
    """The instant, in UTC, at which `amount` of business time has passed since `start_utc`.

    If it is used up exactly when work ends, that end is the answer, not the next morning. ClosedForGood if the calendar
    has not that much time within three years. ValueError if `amount` is negative or `start_utc` has no time zone.
    """
    if amount < timedelta(0):
        raise ValueError(f"a deadline cannot lie {-amount} before its start")
    left, reached = amount, _aware(start_utc)
    for start, end in calendar.spans(reached):
        if left <= timedelta(0):
            break
        reached = min(start + left, end)
        left -= reached - start
    if left > timedelta(0):
        raise ClosedForGood(f"calendar {calendar.name} has no {amount} of business time after {start_utc.isoformat()}")
    return reached


def add_percent(start_utc: datetime, amount: timedelta, percent: int, calendar: Calendar) -> datetime:
    """The instant at which `percent` of `amount` has passed in business time."""
    return add_business(start_utc, amount * percent / 100, calendar)


def business_between(start_utc: datetime, end_utc: datetime, calendar: Calendar) -> timedelta:
    """How much business time lies between two instants; nothing if the second is the earlier one."""
    total, until = timedelta(0), _aware(end_utc)
    for start, end in calendar.spans(_aware(start_utc)):
        if start >= until:
            break
        total += min(end, until) - start
    return total


def _aware(instant: datetime) -> datetime:
    if instant.tzinfo is None:
        raise ValueError(f"{instant.isoformat()} has no time zone: an instant is needed")
    return instant.astimezone(UTC)
