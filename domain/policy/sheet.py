"""CSV as spreadsheets write it: with a byte order mark or without, by comma or semicolon, with empty lines."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from domain.policy.problem import PolicyError, Problem


@dataclass(frozen=True)
class Line:
    """One line of a sheet: `number` counts lines of the file from 1."""

    number: int
    cells: Mapping[str, str]


@dataclass(frozen=True)
class Sheet:
    """A sheet with its column names, and what was wrong with single lines."""

    columns: tuple[str, ...]
    lines: tuple[Line, ...]
    problems: tuple[Problem, ...]


def read_sheet(file: str, text: str) -> Sheet:
    """The sheet; PolicyError if it has no usable line of column names."""
    records = list(_records(file, text))
    if not records:
        raise PolicyError([Problem(file=file, row=1, message="is empty: the first line names the columns")])
    number, names = records[0]
    repeated = sorted({name for name in names if names.count(name) > 1})
    if repeated or "" in names:
        what = f"names {', '.join(repeated)} twice" if any(repeated) else "has a column without a name"
        raise PolicyError([Problem(file=file, row=number, message=what)])
    problems = [_ragged(file, number, cells, names) for number, cells in records[1:] if len(cells) != len(names)]
    lines = [
        Line(number, dict(zip(names, cells, strict=True))) for number, cells in records[1:] if len(cells) == len(names)
    ]
    return Sheet(tuple(names), tuple(lines), tuple(problems))


def _records(file: str, text: str) -> Iterator[tuple[int, list[str]]]:
    """The lines that say anything, each with the number it begins at."""
    text = text.removeprefix("\ufeff")
    first = text.partition("\n")[0]
    reader = csv.reader(
        io.StringIO(text, newline=""), delimiter=";" if ";" in first and "," not in first else ",", strict=True
    )
    number = 1
    try:
        for cells in reader:
            stripped = [cell.strip() for cell in cells]
            if any(stripped):
                yield number, stripped
            number = reader.line_num + 1
    except csv.Error as error:
        raise PolicyError([Problem(file=file, row=number, message=f"cannot be read as CSV: {error}")]) from error


def _ragged(file: str, number: int, cells: list[str], names: list[str]) -> Problem:
    return Problem(file=file, row=number, message=f"has {len(cells)} cells under {len(names)} column names")
