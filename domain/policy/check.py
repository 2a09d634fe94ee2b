"""What is wrong with a table as a whole: rows that contradict each other or never match, and gaps between them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations, islice
from typing import TYPE_CHECKING

from domain.policy.cells import Anything
from domain.policy.header import HitPolicy
from domain.policy.problem import Problem
from domain.policy.regions import Axis, Box, Coverage, TooManyCombinations

if TYPE_CHECKING:
    from domain.policy.table import DecisionTable, Row

GAPS_SHOWN = 20


def check(table: DecisionTable) -> list[Problem]:
    """Everything that is wrong, in the order of the rows; the gaps come last."""
    return _Inspection(table).problems()


class _Inspection:
    """One look at one table."""

    def __init__(self, table: DecisionTable) -> None:
        self.table = table
        cells = [[row.conditions[at] for row in table.rows] for at in range(len(table.inputs))]
        self.axes = [Axis.of(column, cells[at]) for at, column in enumerate(table.inputs)]
        self.boxes: list[Box] = [
            tuple(axis.mask(cell) for axis, cell in zip(self.axes, row.conditions, strict=True)) for row in table.rows
        ]
        self.coverage = Coverage(self.boxes)

    def problems(self) -> list[Problem]:
        order = self._overlaps if self.table.hit_policy is HitPolicy.UNIQUE else self._shadowed
        try:
            return [*order(), *self._gaps()]
        except TooManyCombinations:
            message = "has too many combinations of inputs to check: split it, or compare fewer columns in a row"
            return [Problem(file=self.table.file, message=message)]

    def _overlaps(self) -> Iterator[Problem]:
        for (one, first), (two, second) in combinations(enumerate(self.table.rows), 2):
            both = tuple(mine & yours for mine, yours in zip(self.boxes[one], self.boxes[two], strict=True))
            if all(both):
                yield self._at(
                    second, f"matches the same inputs as row {first.number} ({first.rule}): {self._named(both)}"
                )

    def _shadowed(self) -> Iterator[Problem]:
        for at, row in enumerate(self.table.rows):
            earlier = [other for other in range(at) if self._meet(other, at)]
            if earlier and next(self.coverage.gaps(self.boxes[at], earlier), None) is None:
                rows = " and ".join(str(self.table.rows[other].number) for other in earlier)
                yield self._at(row, f"never matches: the rows above already cover it ({rows})")

    def _meet(self, one: int, two: int) -> bool:
        return all(mine & yours for mine, yours in zip(self.boxes[one], self.boxes[two], strict=True))

    def _gaps(self) -> Iterator[Problem]:
        if not self.table.header.complete:
            return
        whole = tuple(axis.whole for axis in self.axes)
        found = list(islice(self.coverage.gaps(whole, range(len(self.boxes))), GAPS_SHOWN + 1))
        for gap in found[:GAPS_SHOWN]:
            yield Problem(
                file=self.table.file, column=self._first_named(gap), message=f"no row covers {self._named(gap)}"
            )
        if len(found) > GAPS_SHOWN:
            yield Problem(file=self.table.file, message=f"more than {GAPS_SHOWN} such gaps: the rest is not listed")

    def _at(self, row: Row, message: str) -> Problem:
        column = next(
            (
                column.name
                for column, cell in zip(self.table.inputs, row.conditions, strict=True)
                if not isinstance(cell, Anything)
            ),
            self.table.inputs[0].name,
        )
        return Problem(file=self.table.file, row=row.number, column=column, message=f"{row.rule} {message}")

    def _first_named(self, box: Sequence[int]) -> str:
        names = [axis.column.name for axis, mask in zip(self.axes, box, strict=True) if mask != axis.whole]
        return names[0] if names else self.axes[0].column.name

    def _named(self, box: Sequence[int]) -> str:
        parts = [
            f"{axis.column.name} = {axis.describe(mask)}"
            for axis, mask in zip(self.axes, box, strict=True)
            if mask != axis.whole
        ]
        return ", ".join(parts) or "every input"
