"""The TOML header of a table: who owns it, since when it holds, and what its columns mean."""

from __future__ import annotations

import datetime as dt
import tomllib
from collections.abc import Mapping
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints, ValidationError, field_validator

from domain.base import StrictModel
from domain.policy.problem import PolicyError, Problem, problems_of

ColumnName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$")]
RESERVED = ("rule", "note")


class HitPolicy(StrEnum):
    """FIRST: the first row that matches counts. UNIQUE: at most one row may match, whatever the order."""

    FIRST = "FIRST"
    UNIQUE = "UNIQUE"


class ColumnSpec(StrictModel):
    """What the header says about one column. `min` and `max` are written as in a cell, or as TOML numbers."""

    type: str
    values: tuple[str, ...] = ()
    min: str | None = None
    max: str | None = None
    unit: str = ""
    meaning: str = ""

    @field_validator("min", "max", mode="before")
    @classmethod
    def _as_text(cls, value: object) -> object:
        return str(value) if isinstance(value, int | float | Decimal | dt.date) else value


class InputSpec(ColumnSpec):
    """A column that is compared."""

    type: Literal["enum", "text", "decimal", "integer", "boolean", "duration", "date"]


class OutputSpec(ColumnSpec):
    """A column that is answered. `optional`: the cell may be empty. `list`: several, as `A|B`. `role`: names of roles.

    `milestones` are percentages with a role each: `80:controller|100:cfo`. `levels` are roles in the order in which
    they approve, with the number of people if it is not one: `credit_manager|controller:2|cfo`.
    """

    type: Literal["enum", "text", "decimal", "integer", "boolean", "duration", "date", "milestones", "levels"]
    optional: bool = False
    list: bool = False
    role: bool = False


class Header(StrictModel):
    """The header. `complete = false` says that an input without a row is meant: it asks a person."""

    title: str
    owner: str
    version: str
    effective_from: dt.date
    hit_policy: HitPolicy
    complete: bool = True
    description: str = ""
    inputs: Mapping[ColumnName, InputSpec] = Field(min_length=1)
    outputs: Mapping[ColumnName, OutputSpec] = Field(min_length=1)

    @field_validator("version", mode="before")
    @classmethod
    def _as_text(cls, value: object) -> object:
        return str(value) if isinstance(value, int | float) else value


def read_toml(file: str, text: str) -> dict[str, Any]:
    """The TOML document; PolicyError with the line if it cannot be read."""
    try:
        return tomllib.loads(text.removeprefix("\ufeff"), parse_float=Decimal)
    except tomllib.TOMLDecodeError as error:
        raise PolicyError([Problem(file=file, message=f"cannot be read as TOML: {error}")]) from error


def parse_header(file: str, text: str) -> Header:
    """The header of `file`; PolicyError with everything that is wrong in it."""
    document = read_toml(file, text)
    try:
        header = Header.model_validate(document)
    except ValidationError as error:
        raise PolicyError(problems_of(error, file)) from error
    problems = [Problem(file=file, column=name, message=message) for name, message in _clashes(header)]
    if problems:
        raise PolicyError(problems)
    return header


def _clashes(header: Header) -> list[tuple[str, str]]:
    both = [(name, "is both an input and an output: rename one") for name in header.inputs if name in header.outputs]
    names = [*header.inputs, *header.outputs]
    return both + [
        (name, "is the name of a column that every table has: rename it") for name in names if name in RESERVED
    ]
