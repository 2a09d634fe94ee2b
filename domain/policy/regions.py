"""Every input of a table, split into regions inside which no cell tells two values apart: exact, and finite.

A region is a bit. What a cell lets through is a mask of its column's regions, a row is a box of masks, and a question
such as "which inputs does no row cover" is answered column by column, for all values at once.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from domain.policy.cells import Anything, Condition, Cut, OneOf, Within
from domain.policy.columns import InputColumn
from domain.policy.scalars import at_position, show

Box = tuple[int, ...]
ANY_OTHER = "any other"


class TooManyCombinations(Exception):
    """The rows differ in so many ways that looking at all of them would not end in reasonable time."""


@dataclass(frozen=True)
class Axis:
    """The regions of one column: words of a named column, or the stretches between the cuts of an ordered one."""

    column: InputColumn
    words: tuple[str, ...]
    cuts: tuple[Cut, ...]

    @classmethod
    def of(cls, column: InputColumn, conditions: Sequence[Condition]) -> Axis:
        """The regions that these cells of the column tell apart."""
        if not column.kind.is_ordered:
            mentioned = {word for cell in conditions if isinstance(cell, OneOf) for word in cell.members}
            return cls(column, column.values or (*sorted(mentioned), ANY_OTHER), ())
        low, high = column.domain.start, column.domain.end
        found = {
            cut
            for cell in conditions
            if isinstance(cell, Within)
            for span in cell.spans
            for cut in (span.start, span.end)
        }
        return cls(column, (), tuple(sorted({low, high} | {cut for cut in found if low < cut < high})))

    @property
    def whole(self) -> int:
        """All regions."""
        return (1 << (len(self.words) or len(self.cuts) - 1)) - 1

    def mask(self, cell: Condition) -> int:
        """The regions that `cell` lets through."""
        if isinstance(cell, Anything):
            return self.whole
        if isinstance(cell, OneOf):
            return sum(1 << place for place, word in enumerate(self.words) if word in cell.members)
        return sum(
            1 << place
            for place, (start, end) in enumerate(zip(self.cuts, self.cuts[1:], strict=False))
            if any(span.start <= start and end <= span.end for span in cell.spans)
        )

    def describe(self, mask: int) -> str:
        """The regions as a cell would name them."""
        places = [place for place in range(mask.bit_length()) if mask >> place & 1]
        if self.words:
            return "|".join(self.words[place] for place in places)
        return "|".join(self._stretch(self.cuts[first], self.cuts[last + 1]) for first, last in _runs(places))

    def _stretch(self, start: Cut, end: Cut) -> str:
        kind = self.column.kind
        if kind.is_counted:
            end = (end[0] - 1, 1)
        low, high = (None if cut[0].is_infinite() else show(at_position(kind, cut[0])) for cut in (start, end))
        if low is None or high is None:
            return _half_line(low, start, high, end)
        if start[0] == end[0]:
            return low
        return f"{'(' if start[1] else '['}{low}..{high}{']' if end[1] else ')'}"


def _half_line(low: str | None, start: Cut, high: str | None, end: Cut) -> str:
    if high is not None:
        return f"{'<=' if end[1] else '<'}{high}"
    return "*" if low is None else f"{'>' if start[1] else '>='}{low}"


def _runs(places: Sequence[int]) -> Iterator[tuple[int, int]]:
    """First and last of each unbroken run."""
    begin = previous = places[0]
    for place in places[1:]:
        if place != previous + 1:
            yield begin, previous
            begin = place
        previous = place
    yield begin, previous


class Coverage:
    """Finds what of a box no row covers. Rows that look alike in the columns still ahead are looked at once."""

    def __init__(self, boxes: Sequence[Box], patience: int = 50_000) -> None:
        self._boxes = boxes
        self._patience = patience
        self._covered: set[tuple[int, frozenset[int]]] = set()

    def gaps(self, box: Box, rows: Sequence[int]) -> Iterator[Box]:
        """Parts of `box`, not overlapping, that none of `rows` covers. TooManyCombinations if patience ends first."""
        self._covered.clear()
        yield from self._gaps(box, 0, frozenset(rows), ())

    def _gaps(self, box: Box, depth: int, rows: frozenset[int], chosen: Box) -> Iterator[Box]:
        if not rows:
            yield chosen + box[depth:]
            return
        if depth == len(box) or (depth, rows) in self._covered or self._one_covers_all(box, depth, rows):
            return
        self._spend()
        found = False
        for alike, mask in self._groups(box[depth], depth, rows).items():
            for gap in self._gaps(box, depth + 1, alike, (*chosen, mask)):
                found = True
                yield gap
        if not found:
            self._covered.add((depth, rows))

    def _one_covers_all(self, box: Box, depth: int, rows: frozenset[int]) -> bool:
        ahead = range(depth, len(box))
        return any(all(box[at] & ~self._boxes[row][at] == 0 for at in ahead) for row in rows)

    def _groups(self, mask: int, depth: int, rows: frozenset[int]) -> dict[frozenset[int], int]:
        """The column's regions by the rows that let them through."""
        groups: dict[frozenset[int], int] = {}
        for place in range(mask.bit_length()):
            bit = 1 << place
            if mask & bit:
                alike = frozenset(row for row in rows if self._boxes[row][depth] & bit)
                groups[alike] = groups.get(alike, 0) | bit
        return groups

    def _spend(self) -> None:
        self._patience -= 1
        if self._patience < 0:
            raise TooManyCombinations
