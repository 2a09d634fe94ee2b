"""The kinds of value that a policy table knows, and how each is written."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal, InvalidOperation
from enum import StrEnum

from domain.policy.problem import CellError

Scalar = str | Decimal | int | bool | timedelta | date

_DURATION = re.compile(r"(-?)((?:\d+(?:\.\d+)?[smhdw])+)", re.ASCII)
_PART = re.compile(r"(\d+(?:\.\d+)?)([smhdw])", re.ASCII)
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}


class Kind(StrEnum):
    """What a column holds."""

    ENUM = "enum"
    """One of a closed list of words."""
    TEXT = "text"
    """Any text, compared whole."""
    DECIMAL = "decimal"
    INTEGER = "integer"
    BOOLEAN = "boolean"
    DURATION = "duration"
    """`20s`, `15m`, `4h`, `2d`, `1h30m`; a day is 24 hours of whatever clock the column counts in."""
    DATE = "date"

    @property
    def is_ordered(self) -> bool:
        """Whether ranges make sense."""
        return self in (Kind.DECIMAL, Kind.INTEGER, Kind.DURATION, Kind.DATE)

    @property
    def is_counted(self) -> bool:
        """Whether each value has a next one."""
        return self in (Kind.INTEGER, Kind.DATE)


def parse_scalar(kind: Kind, text: str) -> Scalar:
    """The value written as `text`; CellError if it is not of that kind."""
    readers: dict[Kind, Callable[[str], Scalar]] = {
        Kind.DECIMAL: _decimal,
        Kind.INTEGER: _integer,
        Kind.BOOLEAN: _boolean,
        Kind.DURATION: _duration,
        Kind.DATE: _date,
    }
    reader = readers.get(kind)
    return text if reader is None else reader(text)


def _decimal(text: str) -> Decimal:
    try:
        number = Decimal(text)
    except InvalidOperation:
        number = Decimal("NaN")
    if not number.is_finite() or "_" in text:
        raise CellError(f"{text!r} is not a number: write it like 25000 or 2.5, without separators for thousands")
    return number


def _integer(text: str) -> int:
    number = _decimal(text)
    if number != number.to_integral_value():
        raise CellError(f"{text!r} is not a whole number")
    return int(number)


def _boolean(text: str) -> bool:
    if text.lower() not in ("true", "false"):
        raise CellError(f"{text!r} is neither true nor false")
    return text.lower() == "true"


def _duration(text: str) -> timedelta:
    found = _DURATION.fullmatch(text)
    if found is None:
        raise CellError(f"{text!r} is not a duration: write it like 20s, 15m, 4h, 2d or 1h30m")
    seconds = sum(Decimal(amount) * _SECONDS[unit] for amount, unit in _PART.findall(found[2]))
    return timedelta(seconds=float(-seconds if found[1] else seconds))


def _date(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise CellError(f"{text!r} is not a date: write it like 2026-12-31") from None


def show(value: Scalar) -> str:
    """`value` as it would be written in a cell."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, timedelta):
        return _show_duration(value)
    return f"{value:f}" if isinstance(value, Decimal) else str(value)


def _show_duration(value: timedelta) -> str:
    seconds = Decimal(str(value.total_seconds()))
    unit = next((u for u in ("d", "h", "m") if seconds and seconds % _SECONDS[u] == 0), "s")
    return f"{(seconds / _SECONDS[unit]).normalize():f}{unit}"


def position(value: Scalar) -> Decimal:
    """Where an ordered value stands on its line: seconds for durations, days for dates."""
    if isinstance(value, timedelta):
        return Decimal(str(value.total_seconds()))
    if isinstance(value, date):
        return Decimal(value.toordinal())
    return Decimal(value)


def at_position(kind: Kind, place: Decimal) -> Scalar:
    """The ordered value that stands at `place`: the reverse of `position`."""
    if kind is Kind.DURATION:
        return timedelta(seconds=float(place))
    if kind is Kind.DATE:
        return date.fromordinal(int(place))
    return int(place) if kind is Kind.INTEGER else place
