"""Cells of input columns: sets, ranges or `*`. Nothing is evaluated; a cell is data.

Ranges live on a line of cuts. The cut `(v, 0)` lies just before the value v and `(v, 1)` just after it, so that every
range, open or closed, is one span between two cuts, and a single value v is the span from `(v, 0)` to `(v, 1)`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal

from domain.policy.problem import CellError
from domain.policy.scalars import Kind, parse_scalar, position

Cut = tuple[Decimal, int]
Point = str | Decimal

BEGINNING: Cut = (Decimal("-Infinity"), 0)
END: Cut = (Decimal("Infinity"), 1)

_RANGE = re.compile(r"([\[(]?)\s*(.+?)\s*\.\.\s*(.+?)\s*([\])]?)")
_BOUND = re.compile(r"(<=|>=|<|>)\s*(.+)")


@dataclass(frozen=True)
class Span:
    """Everything between two cuts."""

    start: Cut
    end: Cut

    @property
    def is_empty(self) -> bool:
        """Whether no value lies in it."""
        return self.start >= self.end


@dataclass(frozen=True)
class Anything:
    """`*`."""

    def covers(self, point: Point) -> bool:  # noqa: ARG002 - every point is covered
        """Whether the cell lets `point` through."""
        return True


@dataclass(frozen=True)
class OneOf:
    """`A|B`."""

    members: frozenset[str]

    def covers(self, point: Point) -> bool:
        """Whether the cell lets `point` through."""
        return point in self.members


@dataclass(frozen=True)
class Within:
    """One or more ranges."""

    spans: tuple[Span, ...]

    def covers(self, point: Point) -> bool:
        """Whether the cell lets `point` through."""
        place = Decimal(point)
        return any(span.start <= (place, 0) and (place, 1) <= span.end for span in self.spans)


Condition = Anything | OneOf | Within


def parse_condition(kind: Kind, text: str) -> Condition:
    """What the cell `text` of an input column of that kind lets through; CellError if it cannot be read."""
    if text == "*":
        return Anything()
    parts = [part.strip() for part in text.split("|")]
    if "" in parts:
        raise CellError(
            "is empty: write * if the column does not matter" if not text else f"{text!r} has an empty part"
        )
    if kind.is_ordered:
        return Within(tuple(_span(kind, part) for part in parts))
    return OneOf(frozenset(_word(kind, part) for part in parts))


def _word(kind: Kind, text: str) -> str:
    if text == "*":
        raise CellError("* stands alone: it cannot be one of several values")
    return str(parse_scalar(kind, text)).lower() if kind is Kind.BOOLEAN else text


def _span(kind: Kind, text: str) -> Span:
    span = _range(kind, text) or _bounded(kind, text) or _single(kind, text)
    if span.is_empty:
        raise CellError(f"the range {text!r} contains nothing: its end lies before its beginning")
    return span


def _range(kind: Kind, text: str) -> Span | None:
    found = _RANGE.fullmatch(text)
    if found is None:
        return None
    opening, low, high, closing = found.groups()
    if bool(opening) != bool(closing):
        raise CellError(f"the range {text!r} needs a bracket on both sides or on none")
    return Span(
        _after(kind, low) if opening == "(" else _before(kind, low),
        _before(kind, high) if closing == ")" else _after(kind, high),
    )


def _bounded(kind: Kind, text: str) -> Span | None:
    found = _BOUND.fullmatch(text)
    if found is None:
        return None
    sign, bound = found.groups()
    if sign in ("<", "<="):
        return Span(BEGINNING, _before(kind, bound) if sign == "<" else _after(kind, bound))
    return Span(_after(kind, bound) if sign == ">" else _before(kind, bound), END)


def _single(kind: Kind, text: str) -> Span:
    return Span(_before(kind, text), _after(kind, text))


def _before(kind: Kind, text: str) -> Cut:
    return position(parse_scalar(kind, text)), 0


def _after(kind: Kind, text: str) -> Cut:
    return after(kind, position(parse_scalar(kind, text)))


def after(kind: Kind, place: Decimal) -> Cut:
    """The cut behind `place`. Counted kinds go on with the next value, so that 1..2 and 3..4 leave no gap."""
    return (place + 1, 0) if kind.is_counted else (place, 1)
