"""`substitutes.csv`: who acts for whom, in which time, about what."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from domain.approvals.chain import same
from domain.base import Model
from domain.exception_types import ExceptionType
from domain.policy.problem import CellError, PolicyError, Problem
from domain.policy.sheet import Line, read_sheet
from domain.policy.vocabulary import unknown

FILE = "substitutes.csv"
COLUMNS = ("person", "substitute", "from", "until", "scope")
SYSTEMS = "NONE"
"""The scope of questions about systems, as in the authority table."""
_SCOPES = (*ExceptionType, SYSTEMS)


class Substitution(Model):
    """`substitute` acts for `person` from `since` up to, not including, `until`; `scope` is empty for everything."""

    person: str
    substitute: str
    since: datetime
    until: datetime
    scope: tuple[str, ...] = ()
    row: int

    def holds(self, person: str, substitute: str, about: str, at: datetime) -> bool:
        """Whether it lets that substitute act for that person now, about that."""
        return (
            same(self.person, person)
            and same(self.substitute, substitute)
            and self.since <= at < self.until
            and (not self.scope or about in self.scope)
        )


def parse_substitutes(text: str, time_zone: str) -> tuple[Substitution, ...]:
    """The rows of `substitutes.csv`; PolicyError with everything that is wrong in it. `time_zone` is that of days."""
    sheet = read_sheet(FILE, text)
    problems = list(sheet.problems)
    problems.extend(
        Problem(file=FILE, row=1, column=name, message="is missing") for name in COLUMNS if name not in sheet.columns
    )
    if problems:
        raise PolicyError(problems)
    zone = ZoneInfo(time_zone)
    found = [_substitution(line, zone, problems) for line in sheet.lines]
    if problems:
        raise PolicyError(problems)
    return tuple(each for each in found if each is not None)


def problems_among(substitutions: Sequence[Substitution], people: Collection[str]) -> Iterator[Problem]:
    """People that nobody knows, and somebody who stands in for himself."""
    for each in substitutions:
        for column, who in (("person", each.person), ("substitute", each.substitute)):
            if who not in people:
                yield Problem(file=FILE, row=each.row, column=column, message=f"{who!r} is not in people.csv")
        if same(each.person, each.substitute):
            yield Problem(file=FILE, row=each.row, column="substitute", message="nobody stands in for himself")


def _substitution(line: Line, zone: ZoneInfo, problems: list[Problem]) -> Substitution | None:
    before = len(problems)
    since = _read(line, "from", zone, problems)
    until = _read(line, "until", zone, problems)
    scope = () if line.cells["scope"] == "*" else tuple(part.strip() for part in line.cells["scope"].split("|"))
    strange = [word for word in scope if word not in _SCOPES]
    problems.extend(_problem(line, "scope", unknown(word, (*_SCOPES, "*"))) for word in strange)
    if since is not None and until is not None and since >= until:
        problems.append(_problem(line, "until", "does not come after `from`"))
    if len(problems) > before or since is None or until is None:
        return None
    return Substitution(
        person=line.cells["person"],
        substitute=line.cells["substitute"],
        since=since,
        until=until,
        scope=scope,
        row=line.number,
    )


def _read(line: Line, column: str, zone: ZoneInfo, problems: list[Problem]) -> datetime | None:
    try:
        return _instant(line.cells[column], zone, whole_day=column == "until")
    except CellError as error:
        problems.append(_problem(line, column, str(error)))
        return None


def _instant(text: str, zone: ZoneInfo, *, whole_day: bool) -> datetime:
    """A day, the last one included, or an instant with its offset."""
    try:
        day = date.fromisoformat(text)
        return datetime.combine(day + timedelta(days=int(whole_day)), time(), zone).astimezone(UTC)
    except ValueError:
        pass
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise CellError(f"{text!r} is no day such as 2026-07-01, and no instant such as 2026-07-01T08:00-04:00")
    return moment.astimezone(UTC)


def _problem(line: Line, column: str, message: str) -> Problem:
    return Problem(file=FILE, row=line.number, column=column, message=message)
