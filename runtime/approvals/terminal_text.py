"""Strangers' text made harmless for a terminal, and times and amounts made short for people."""

from __future__ import annotations

import json
import sys
import unicodedata
from datetime import UTC, datetime, timedelta
from typing import Any

_MINUTE, _HOUR, _DAY = 60, 3600, 86400


def safe(value: object) -> str:
    r"""One line that can only be read: control characters (ANSI sequences, newlines), bidirectional overrides and
    invisible characters become visible escapes such as `\x1b` and `\u202e`; unusual spaces become plain ones.
    """
    text = str(value)
    if text.isprintable():
        return text
    return "".join(character if character.isprintable() else _escaped(character) for character in text)


def _escaped(character: str) -> str:
    if unicodedata.category(character) == "Zs":
        return " "
    return character.encode("unicode_escape").decode("ascii")


def json_text(document: Any, *, indent: int | None = 2) -> str:
    """`document` as JSON in pure ASCII, so that no string in it can steer a terminal either."""
    return json.dumps(document, indent=indent, ensure_ascii=True).replace("\x7f", "\\u007f")


def print_json(document: Any, *, indent: int | None = 2) -> None:
    """One JSON document on standard output."""
    sys.stdout.write(json_text(document, indent=indent) + "\n")


def span(length: timedelta) -> str:
    """A length of time in its two greatest units: `45 s`, `12 min`, `3 h 05 min`, `2 d 4 h`."""
    seconds = int(abs(length).total_seconds())
    if seconds < _MINUTE:
        return f"{seconds} s"
    if seconds < _HOUR:
        return f"{seconds // _MINUTE} min"
    if seconds < _DAY:
        return f"{seconds // _HOUR} h {seconds % _HOUR // _MINUTE:02} min"
    return f"{seconds // _DAY} d {seconds % _DAY // _HOUR} h"


def time_left(until: datetime, now: datetime) -> str:
    """How much time there is, or by how much it is over."""
    left = until - now
    return f"{span(left)} left" if left >= timedelta(0) else f"{span(left)} late"


def instant(moment: datetime) -> str:
    """A moment in the reader's own time zone, to the second, with the zone's name."""
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return aware.astimezone().strftime("%Y-%m-%d %H:%M:%S %Z")
