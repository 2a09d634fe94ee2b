"""A decision table: rows that a business owner edits in a spreadsheet, under a header that says what they mean."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeVar

from domain.policy.cells import Condition
from domain.policy.check import check
from domain.policy.columns import InputColumn, InputError, OutputColumn, OutputValue
from domain.policy.header import RESERVED, Header, HitPolicy, InputSpec, OutputSpec, parse_header
from domain.policy.match import Match
from domain.policy.problem import CellError, PolicyError, Problem
from domain.policy.sheet import Line, Sheet, read_sheet
from domain.policy.vocabulary import BUILT_IN, Vocabulary, unknown

__all__ = ["DecisionTable", "HitPolicy", "InputError", "Match", "PolicyError", "Problem", "Row"]

Spec = TypeVar("Spec", InputSpec, OutputSpec)
Column = TypeVar("Column", InputColumn, OutputColumn)
Read = TypeVar("Read")


@dataclass(frozen=True)
class Row:
    """One rule: `number` is its line in the file."""

    number: int
    rule: str
    conditions: tuple[Condition, ...]
    outputs: Mapping[str, OutputValue]


@dataclass(frozen=True)
class DecisionTable:
    """A table that has been read. `name` is the file's name without its ending."""

    name: str
    header: Header
    inputs: tuple[InputColumn, ...]
    outputs: tuple[OutputColumn, ...]
    rows: tuple[Row, ...]

    @classmethod
    def parse(cls, name: str, header: str, rows: str, vocabulary: Vocabulary = BUILT_IN) -> DecisionTable:
        """Read the header (TOML) and the rows (CSV). Raises PolicyError with everything that is wrong in either."""
        return _Reading(name, parse_header(f"{name}.toml", header), vocabulary).table(rows)

    @property
    def file(self) -> str:
        """The file with the rows."""
        return f"{self.name}.csv"

    @property
    def owner(self) -> str:
        """Who may change it."""
        return self.header.owner

    @property
    def hit_policy(self) -> HitPolicy:
        """Which row counts when several match."""
        return self.header.hit_policy

    def decide(self, **inputs: object) -> Match | None:
        """The row for these inputs; None if no row covers them, also because a value is none that the header knows.

        Then a person is asked. Raises InputError if an input is missing, superfluous or of another kind.
        """
        names = [column.name for column in self.inputs]
        if set(inputs) != set(names):
            raise InputError(
                f"table {self.name} has the inputs {', '.join(names)}; it was asked with {', '.join(inputs)}"
            )
        points = [column.point(inputs[column.name]) for column in self.inputs]
        for row in self.rows:
            if all(
                point is not None and cell.covers(point) for cell, point in zip(row.conditions, points, strict=True)
            ):
                return Match(self.name, row.rule, row.number, row.outputs)
        return None

    def check(self) -> list[Problem]:
        """Rows that contradict each other or never match, and inputs that no row covers."""
        return check(self)


class _Reading:
    """A table on its way in: collects what is wrong, and goes on as far as it can."""

    def __init__(self, name: str, header: Header, vocabulary: Vocabulary) -> None:
        self.name, self.header, self.vocabulary = name, header, vocabulary
        self.file = f"{name}.csv"
        self.problems: list[Problem] = []

    def table(self, text: str) -> DecisionTable:
        inputs = self._columns(self.header.inputs, InputColumn.of)
        outputs = self._columns(self.header.outputs, OutputColumn.of)
        sheet = read_sheet(self.file, text)
        self.problems.extend(sheet.problems)
        self._check_names(sheet)
        rows = [self._row(line, inputs, outputs) for line in sheet.lines]
        self._check_rules(sheet)
        if self.problems:
            raise PolicyError(self.problems)
        return DecisionTable(self.name, self.header, tuple(inputs), tuple(outputs), tuple(rows))

    def _columns(self, specs: Mapping[str, Spec], make: Callable[[str, Spec, Vocabulary], Column]) -> list[Column]:
        columns = []
        for name, spec in specs.items():
            try:
                columns.append(make(name, spec, self.vocabulary))
            except CellError as error:
                self.problems.append(Problem(file=f"{self.name}.toml", column=name, message=str(error)))
        return columns

    def _check_names(self, sheet: Sheet) -> None:
        wanted = ["rule", *self.header.inputs, *self.header.outputs]
        for name in wanted:
            if name not in sheet.columns:
                self._problem(1, name, "is in the header, but the sheet has no such column")
        for name in sheet.columns:
            if name not in wanted and name not in RESERVED:
                self._problem(1, name, f"the header has no such column: {unknown(name, wanted)}")
        if sheet.columns[0] != "rule":
            self._problem(1, sheet.columns[0], "comes first, but the first column is `rule`, the name of the row")
        if not sheet.lines:
            self._problem(1, None, "has no rows")

    def _row(self, line: Line, inputs: list[InputColumn], outputs: list[OutputColumn]) -> Row:
        conditions = [self._read(line, column.name, column.condition) for column in inputs]
        values = {column.name: self._read(line, column.name, column.value) for column in outputs}
        known = tuple(condition for condition in conditions if condition is not None)
        return Row(line.number, line.cells.get("rule", ""), known, values)

    def _read(self, line: Line, column: str, read: Callable[[str], Read]) -> Read | None:
        if column not in line.cells:
            return None
        try:
            return read(line.cells[column])
        except CellError as error:
            self._problem(line.number, column, str(error))
            return None

    def _check_rules(self, sheet: Sheet) -> None:
        seen: dict[str, int] = {}
        for line in sheet.lines:
            rule = line.cells.get("rule", "-")
            if not rule:
                self._problem(
                    line.number, "rule", "is empty: every row has a name, by which people and the audit know it"
                )
            elif rule in seen and rule != "-":
                self._problem(line.number, "rule", f"{rule!r} is also the name of row {seen[rule]}")
            seen.setdefault(rule, line.number)

    def _problem(self, row: int, column: str | None, message: str) -> None:
        self.problems.append(Problem(file=self.file, row=row, column=column, message=message))
