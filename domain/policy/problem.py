"""What is wrong with a policy file, said so that its owner finds the cell."""

from __future__ import annotations

from collections.abc import Iterable

from pydantic import ValidationError

from domain.base import Model


class Problem(Model):
    """One thing to correct. `row` is the line of the file, counted from 1; `column` is the name in the header."""

    file: str
    row: int | None = None
    column: str | None = None
    message: str

    def __str__(self) -> str:
        place = self.file if self.row is None else f"{self.file}:{self.row}"
        return f"{place}: {self.column}: {self.message}" if self.column else f"{place}: {self.message}"


class PolicyError(ValueError):
    """Policies that must not be used. `problems` has all that was found, not only the first."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))


class CellError(ValueError):
    """A text that is not what its column holds; the message says what to write instead."""


def problems_of(error: ValidationError, file: str) -> list[Problem]:
    """What pydantic found, in the form of the other problems: the place in the file stands as the column."""
    return [
        Problem(
            file=file, column=".".join(map(str, found["loc"])) or None, message=_sentence(found["type"], found["msg"])
        )
        for found in error.errors(include_url=False, include_context=False, include_input=False)
    ]


def _sentence(kind: str, message: str) -> str:
    if kind == "extra_forbidden":
        return "is not known here: a typing error?"
    if kind == "missing":
        return "is missing"
    return message.removeprefix("Value error, ")
