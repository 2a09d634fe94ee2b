"""The row of a table that decided."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import TypeVar

from domain.assessment import RuleHit
from domain.policy.columns import InputError, Milestone, OutputValue

Type = TypeVar("Type")


@dataclass(frozen=True)
class Match:
    """What the row `rule` of `table` answers. `row` is its line in the file.

    Each reader names the kind that the header gives the column; another kind, or an empty cell where a value is
    wanted, is an InputError: the program and the table's header disagree.
    """

    table: str
    rule: str
    row: int
    outputs: Mapping[str, OutputValue]

    @property
    def hit(self) -> RuleHit:
        """The row, for the audit."""
        return RuleHit(table=self.table, row=self.row, rule=self.rule)

    def text(self, column: str) -> str:
        """A word or a text."""
        return self._wanted(column, self.maybe(column))

    def maybe(self, column: str) -> str | None:
        """A word or a text, or None for an empty cell."""
        return self._of(column, str)

    def number(self, column: str) -> Decimal:
        """A decimal or whole number."""
        return self._wanted(column, self.maybe_number(column))

    def maybe_number(self, column: str) -> Decimal | None:
        """A decimal or whole number, or None for an empty cell."""
        value = self._value(column)
        if isinstance(value, int) and not isinstance(value, bool):
            return Decimal(value)
        return self._of(column, Decimal)

    def whole(self, column: str) -> int:
        """A whole number."""
        return self._wanted(column, self._of(column, int))

    def flag(self, column: str) -> bool:
        """True or false."""
        return self._wanted(column, self._of(column, bool))

    def duration(self, column: str) -> timedelta:
        """A duration."""
        return self._wanted(column, self.maybe_duration(column))

    def maybe_duration(self, column: str) -> timedelta | None:
        """A duration, or None for an empty cell."""
        return self._of(column, timedelta)

    def day(self, column: str) -> date:
        """A date."""
        return self._wanted(column, self._of(column, date))

    def names(self, column: str) -> tuple[str, ...]:
        """The words of a list."""
        return tuple(str(value) for value in self._many(column))

    def wholes(self, column: str) -> tuple[int, ...]:
        """The whole numbers of a list."""
        return tuple(value for value in self._many(column) if isinstance(value, int))

    def milestones(self, column: str) -> tuple[Milestone, ...]:
        """The percentages with their roles; of levels, the numbers of people with theirs."""
        return tuple(value for value in self._many(column) if isinstance(value, tuple))

    def _many(self, column: str) -> tuple[object, ...]:
        return self._wanted(column, self._of(column, tuple))

    def _value(self, column: str) -> OutputValue:
        if column not in self.outputs:
            raise InputError(f"table {self.table} has no output {column!r}")
        return self.outputs[column]

    def _of(self, column: str, kind: type[Type]) -> Type | None:
        value = self._value(column)
        if value is None:
            return None
        if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
            raise InputError(f"{self.table}.{column} holds {type(value).__name__}, not {kind.__name__}")
        return value

    def _wanted(self, column: str, value: Type | None) -> Type:
        if value is None:
            raise InputError(f"row {self.row} ({self.rule}) of table {self.table} leaves {column!r} empty")
        return value
