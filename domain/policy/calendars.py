"""`calendars.toml`: when each site works."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping, Sequence
from typing import Literal, get_args
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import holidays
from pydantic import Field, ValidationError, field_validator, model_validator

from domain.base import StrictModel
from domain.business_time import DAY_MINUTES, Calendar, Window, Windows
from domain.policy.header import read_toml
from domain.policy.problem import PolicyError, Problem, problems_of

FILE = "calendars.toml"
DEFAULT_SITE = "*"
Weekday = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
WEEKDAYS: tuple[Weekday, ...] = get_args(Weekday)

_HOURS = re.compile(r"(\d\d):(\d\d)-(\d\d):(\d\d)", re.ASCII)


def parse_windows(hours: Sequence[str]) -> Windows:
    """Windows written like `09:00-17:00`; `22:00-06:00` ends the next morning and `00:00-24:00` is the whole day."""
    return tuple(_window(text) for text in hours)


def _window(text: str) -> Window:
    found = _HOURS.fullmatch(text.strip())
    if found is None:
        raise ValueError(f"{text!r} are no working hours: write them like 09:00-17:00")
    start_hour, start_minute, end_hour, end_minute = map(int, found.groups())
    start, end = start_hour * 60 + start_minute, end_hour * 60 + end_minute
    if max(start_minute, end_minute) > 59 or start >= DAY_MINUTES or end > DAY_MINUTES or start == end:  # noqa: PLR2004
        raise ValueError(f"{text!r} are no working hours of a day")
    return Window(start=start, end=end if end > start else end + DAY_MINUTES)


class _Hours(StrictModel):
    @field_validator("hours", "half_day_hours", mode="after", check_fields=False)
    @classmethod
    def _readable(cls, hours: object) -> object:
        for text in _texts(hours):
            parse_windows(text)
        return hours


def _texts(hours: object) -> list[Sequence[str]]:
    if isinstance(hours, Mapping):
        return list(hours.values())
    return [hours] if isinstance(hours, Sequence) else []


class OwnDay(_Hours):
    """A day of the company's own: closed, or with hours of its own."""

    date: dt.date
    name: str
    hours: tuple[str, ...] = ()


class PublicHolidays(StrictModel):
    """Whose public holidays are kept, as ISO 3166 codes."""

    country: str
    subdivision: str | None = None

    @model_validator(mode="after")
    def _known(self) -> PublicHolidays:
        try:
            holidays.country_holidays(self.country, subdiv=self.subdivision)
        except NotImplementedError as error:
            raise ValueError(str(error)) from error
        return self

    @property
    def has_half_days(self) -> bool:
        """Whether the library knows any."""
        return holidays.HALF_DAY in holidays.country_holidays(self.country).supported_categories


class CalendarSpec(_Hours):
    """One calendar. Weekdays without hours are closed."""

    title: str = ""
    time_zone: str
    hours: Mapping[Weekday, tuple[str, ...]]
    holidays: PublicHolidays | None = None
    half_day_hours: tuple[str, ...] = ()
    days: tuple[OwnDay, ...] = ()

    @field_validator("time_zone")
    @classmethod
    def _zone(cls, name: str) -> str:
        try:
            ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            raise ValueError(f"{name!r} is no time zone: write it like America/New_York") from None
        return name

    @field_validator("hours")
    @classmethod
    def _open(cls, hours: Mapping[Weekday, tuple[str, ...]]) -> Mapping[Weekday, tuple[str, ...]]:
        if not any(hours.values()):
            raise ValueError("has no working hours at all: nothing would ever fall due")
        return hours

    @model_validator(mode="after")
    def _has_half_days(self) -> CalendarSpec:
        if self.half_day_hours and (self.holidays is None or not self.holidays.has_half_days):
            raise ValueError("half_day_hours are for public half-days, but none are known for its holidays: use days")
        return self

    def calendar(self, name: str) -> Calendar:
        """The calendar that deadlines are computed with."""
        monday, tuesday, wednesday, thursday, friday, saturday, sunday = (
            parse_windows(self.hours.get(day, ())) for day in WEEKDAYS
        )
        return Calendar(
            name=name,
            time_zone=self.time_zone,
            week=(monday, tuesday, wednesday, thursday, friday, saturday, sunday),
            country=self.holidays.country if self.holidays else None,
            subdivision=self.holidays.subdivision if self.holidays else None,
            half_day=parse_windows(self.half_day_hours),
            days={own.date: parse_windows(own.hours) for own in self.days},
        )


class Calendars(StrictModel):
    """The whole file. `sites` says which calendar each site keeps; `*` is for all others."""

    calendars: Mapping[str, CalendarSpec] = Field(min_length=1)
    sites: Mapping[str, str]


def parse_calendars(text: str) -> dict[str, Calendar]:
    """The calendar of each site, the default under `*`. PolicyError with everything that is wrong."""
    try:
        spec = Calendars.model_validate(read_toml(FILE, text))
    except ValidationError as error:
        raise PolicyError(problems_of(error, FILE)) from error
    problems = [
        Problem(file=FILE, column=f"sites.{site}", message=f"there is no calendar {name!r}")
        for site, name in spec.sites.items()
        if name not in spec.calendars
    ]
    if DEFAULT_SITE not in spec.sites:
        problems.append(Problem(file=FILE, column="sites", message='needs "*", the calendar of all other sites'))
    if problems:
        raise PolicyError(problems)
    return {site: spec.calendars[name].calendar(name) for site, name in spec.sites.items()}
