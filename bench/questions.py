"""Questions to a policy table: inputs that its header knows, spread over what its rows tell apart."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from random import Random

from domain.policy.cells import OneOf
from domain.policy.columns import InputColumn
from domain.policy.scalars import Kind
from domain.policy.table import DecisionTable

_AMOUNTS = tuple(map(Decimal, ("0", "0.5", "2", "8", "15", "40", "120", "800", "9000", "70000", "2000000")))
_COUNTS = (0, 1, 2, 3, 10, 45, 100)
_DURATIONS = tuple(timedelta(hours=hours) for hours in (-5, 0, 1, 3, 8, 30, 200))
_DAYS = tuple(date(2026, 1, 1) + timedelta(days=days) for days in _COUNTS)
_UNKNOWN = "something else"


def questions(table: DecisionTable, count: int, random: Random) -> list[dict[str, object]]:
    """So many, the same for the same `random`."""
    words = {column.name: _words(table, place) for place, column in enumerate(table.inputs)}
    return [{column.name: _value(column, words[column.name], random) for column in table.inputs} for _ in range(count)]


def _words(table: DecisionTable, place: int) -> list[str]:
    """What the rows name in a column, and what none of them does."""
    cells = (row.conditions[place] for row in table.rows)
    return sorted({word for cell in cells if isinstance(cell, OneOf) for word in cell.members} | {_UNKNOWN})


def _value(column: InputColumn, words: list[str], random: Random) -> object:
    choices: dict[Kind, Sequence[object]] = {
        Kind.BOOLEAN: (False, True),
        Kind.ENUM: column.values,
        Kind.TEXT: words,
        Kind.DECIMAL: _AMOUNTS,
        Kind.INTEGER: _COUNTS,
        Kind.DURATION: _DURATIONS,
        Kind.DATE: _DAYS,
    }
    return random.choice(choices[column.kind])
