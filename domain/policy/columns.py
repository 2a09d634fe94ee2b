"""Columns of a table: how a cell is read, and which values may be asked about."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from domain.policy.cells import BEGINNING, END, Condition, OneOf, Point, Span, Within, after, parse_condition
from domain.policy.header import ColumnSpec, InputSpec, OutputSpec
from domain.policy.problem import CellError
from domain.policy.scalars import Kind, Scalar, parse_scalar, position
from domain.policy.vocabulary import Vocabulary, expanded, unknown

Milestone = tuple[int, str]
"""A percentage, or of a level the number of people; and the role."""
OutputValue = Scalar | tuple[Scalar, ...] | tuple[Milestone, ...] | None

_PYTHON_TYPES: dict[Kind, tuple[type, ...]] = {
    Kind.ENUM: (str,),
    Kind.TEXT: (str,),
    Kind.DECIMAL: (Decimal, int),
    Kind.INTEGER: (int,),
    Kind.BOOLEAN: (bool,),
    Kind.DURATION: (timedelta,),
    Kind.DATE: (date,),
}


class InputError(TypeError):
    """A table was asked with inputs that it does not have, or of another kind: a mistake in the program."""


@dataclass(frozen=True)
class InputColumn:
    """A column that is compared. `domain` is the whole range of an ordered column."""

    name: str
    kind: Kind
    values: tuple[str, ...]
    domain: Span
    unit: str
    meaning: str

    @classmethod
    def of(cls, name: str, spec: InputSpec, vocabulary: Vocabulary) -> InputColumn:
        """The column as the header describes it; CellError if the description contradicts itself."""
        kind = Kind(spec.type)
        values = ("false", "true") if kind is Kind.BOOLEAN else _values(kind, spec, vocabulary)
        return cls(name, kind, values, _domain(kind, spec), spec.unit, spec.meaning)

    def condition(self, cell: str) -> Condition:
        """What `cell` lets through; CellError if it says nothing that can ever happen."""
        condition = parse_condition(self.kind, cell)
        if isinstance(condition, OneOf) and self.values:
            for member in sorted(condition.members - set(self.values)):
                raise CellError(unknown(member, self.values))
        if isinstance(condition, Within) and any(self._is_outside(span) for span in condition.spans):
            raise CellError(f"{cell!r} never matches: the column's min and max exclude it")
        return condition

    def _is_outside(self, span: Span) -> bool:
        return Span(max(span.start, self.domain.start), min(span.end, self.domain.end)).is_empty

    def point(self, value: object) -> Point | None:
        """Where `value` lies, None if it is outside of what the column knows. InputError if it is of another kind."""
        if not _is_of(self.kind, value):
            raise InputError(f"input {self.name!r} is {type(value).__name__} {value!r}, but the column is {self.kind}")
        if isinstance(value, Decimal | int | timedelta | date) and self.kind.is_ordered:
            place = position(value)
            return place if Within((self.domain,)).covers(place) else None
        word = str(value).lower() if self.kind is Kind.BOOLEAN else str(value)
        return word if not self.values or word in self.values else None


def _is_of(kind: Kind, value: object) -> bool:
    if isinstance(value, bool):
        return kind is Kind.BOOLEAN
    return isinstance(value, _PYTHON_TYPES[kind]) and not isinstance(value, datetime)


def _values(kind: Kind, spec: ColumnSpec, vocabulary: Vocabulary) -> tuple[str, ...]:
    if kind is Kind.ENUM and not spec.values:
        raise CellError("needs the list of its values, because its type is enum")
    if kind is not Kind.ENUM and spec.values:
        raise CellError(f"has a list of values, but its type is {kind}: make it enum, or remove the list")
    return expanded(spec.values, vocabulary)


def _domain(kind: Kind, spec: ColumnSpec) -> Span:
    if not kind.is_ordered and (spec.min is not None or spec.max is not None):
        raise CellError(f"has min or max, but its type is {kind}")
    start = BEGINNING if spec.min is None else (position(parse_scalar(kind, spec.min)), 0)
    end = END if spec.max is None else after(kind, position(parse_scalar(kind, spec.max)))
    if start >= end:
        raise CellError("has a min above its max")
    return Span(start, end)


@dataclass(frozen=True)
class OutputColumn:
    """A column that is answered."""

    name: str
    kind: Kind | None
    """None for milestones and levels."""
    parse_pair: Callable[[str, tuple[str, ...]], Milestone] | None
    """How a milestone or a level is read; the second argument are the known roles."""
    values: tuple[str, ...]
    roles: tuple[str, ...] | None
    """The roles that may be named, none if nobody said which there are; None if the column does not name roles."""
    domain: Span
    optional: bool
    many: bool
    unit: str
    meaning: str

    @classmethod
    def of(cls, name: str, spec: OutputSpec, vocabulary: Vocabulary) -> OutputColumn:
        """The column as the header describes it; CellError if the description contradicts itself."""
        pair = {"milestones": _milestone, "levels": _level}.get(spec.type)
        kind = None if pair else Kind(spec.type)
        return cls(
            name=name,
            kind=kind,
            parse_pair=pair,
            values=() if kind is None else _values(kind, spec, vocabulary),
            roles=vocabulary.get("Role", ()) if spec.role or kind is None else None,
            domain=_domain(kind or Kind.TEXT, spec),
            optional=spec.optional,
            many=spec.list,
            unit=spec.unit,
            meaning=spec.meaning,
        )

    def value(self, cell: str) -> OutputValue:
        """What `cell` says; CellError if the column cannot say that."""
        if not cell:
            return self._nothing()
        if self.kind is None:
            return self._pairs(cell)
        if self.many:
            return tuple(self._checked(self.kind, part) for part in _parts(cell))
        return self._checked(self.kind, cell)

    def _nothing(self) -> OutputValue:
        if not self.optional:
            raise CellError("is empty, and this column has no default")
        return () if self.many or self.kind is None else None

    def _checked(self, kind: Kind, text: str) -> Scalar:
        value = parse_scalar(kind, text)
        known = self.values or self.roles
        if known and str(value) not in known:
            raise CellError(unknown(text, known))
        if kind.is_ordered and not Within((self.domain,)).covers(position(value)):
            raise CellError(f"{text!r} is outside of the column's min and max")
        return value

    def _pairs(self, cell: str) -> tuple[Milestone, ...]:
        if self.parse_pair is None:
            raise CellError(f"{cell!r} cannot be read")
        found = tuple(self.parse_pair(part, self.roles or ()) for part in _parts(cell))
        if self.parse_pair is _level:
            if len({role for _, role in found}) < len(found):
                raise CellError(f"{cell!r} names a role twice: ask for two people of it with ROLE:2")
        elif [percent for percent, _ in found] != sorted({percent for percent, _ in found}):
            raise CellError(f"{cell!r} must name rising percentages, each once")
        return found


def _milestone(text: str, roles: tuple[str, ...]) -> Milestone:
    percent, colon, role = (part.strip() for part in text.partition(":"))
    if not (colon and percent.isdecimal() and 0 < int(percent) <= 100):  # noqa: PLR2004 - of a hundred
        raise CellError(f"{text!r} is not a percentage with a role: write it like 80:controller")
    return int(percent), _known_role(role, roles)


def _level(text: str, roles: tuple[str, ...]) -> Milestone:
    role, colon, quorum = (part.strip() for part in text.partition(":"))
    if colon and not (quorum.isdecimal() and 1 <= int(quorum) <= 9):  # noqa: PLR2004 - nine people are a crowd
        raise CellError(f"{text!r} is not a role with a number of people: write it like controller:2")
    return int(quorum) if colon else 1, _known_role(role, roles)


def _known_role(role: str, roles: tuple[str, ...]) -> str:
    if not role or (roles and role not in roles):
        raise CellError(unknown(role, roles))
    return role


def _parts(cell: str) -> list[str]:
    parts = [part.strip() for part in cell.split("|")]
    if "" in parts:
        raise CellError(f"{cell!r} has an empty part")
    return parts
