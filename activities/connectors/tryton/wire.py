"""JSON as Tryton writes it: decimals, dates and times are objects with a `__class__`."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

_PARTS = ("year", "month", "day", "hour", "minute", "second", "microsecond")


def dumps(value: Any) -> str:
    """The text of a request."""
    return json.dumps(value, default=_written)


def loads(text: bytes) -> Any:
    """The content of an answer. Raises ValueError for what is no JSON, or not Tryton's."""
    try:
        return json.loads(text, object_hook=_read)
    except (KeyError, TypeError, ArithmeticError) as error:
        raise ValueError("not as Tryton writes it") from error


def _written(value: Any) -> dict[str, Any]:
    if isinstance(value, Decimal):
        return {"__class__": "Decimal", "decimal": f"{value:f}"}
    if isinstance(value, datetime):
        moment = value.astimezone(UTC)
        return {"__class__": "datetime", **{part: getattr(moment, part) for part in _PARTS}}
    if isinstance(value, date):
        return {"__class__": "date", "year": value.year, "month": value.month, "day": value.day}
    raise TypeError(f"{type(value).__name__} has no form in Tryton's JSON")


def _read(value: dict[str, Any]) -> Any:
    kind = value.get("__class__")
    if kind == "Decimal":
        return Decimal(value["decimal"])
    if kind == "date":
        return date(value["year"], value["month"], value["day"])
    if kind == "datetime":
        year, month, day, hour, minute, second, microsecond = (value[part] for part in _PARTS)
        return datetime(year, month, day, hour, minute, second, microsecond, UTC)
    if kind == "timedelta":
        return timedelta(seconds=value["seconds"])
    return value
