"""Who works here, in which roles, and how they are reached."""

from __future__ import annotations

from domain.base import Model
from domain.policy.problem import CellError, PolicyError, Problem
from domain.policy.sheet import Line, read_sheet
from domain.policy.vocabulary import Vocabulary, unknown

FILE = "people.csv"
COLUMNS = ("subject", "roles", "email")
CHANNELS = ("EMAIL", "WEBHOOK")
ADMINISTRATOR = "administrator"
"""Reassigns questions and puts deadlines off; decides only in another role."""
AUDITOR = "auditor"
"""Reads."""
DUTIES = (ADMINISTRATOR, AUDITOR)
"""What a person may be besides the company's own roles: no question is ever put to them."""


class Person(Model):
    """A person who may be asked. `subject` is the name by which decisions know them; `channel`: EMAIL or WEBHOOK."""

    subject: str
    roles: tuple[str, ...]
    email: str
    channel: str = "EMAIL"


def parse_people(text: str, vocabulary: Vocabulary) -> tuple[Person, ...]:
    """The people of `people.csv`; PolicyError with everything that is wrong in it."""
    sheet = read_sheet(FILE, text)
    problems = list(sheet.problems)
    missing = [name for name in COLUMNS if name not in sheet.columns]
    problems.extend(Problem(file=FILE, row=1, column=name, message="is missing") for name in missing)
    if problems:
        raise PolicyError(problems)
    people = [_person(line, vocabulary.get("Role", ()), problems) for line in sheet.lines]
    for at, person in enumerate(people):
        if person.subject in {other.subject for other in people[:at]}:
            problems.append(_problem(sheet.lines[at], "subject", f"{person.subject!r} is listed twice"))
    if problems:
        raise PolicyError(problems)
    return tuple(people)


def _person(line: Line, roles: tuple[str, ...], problems: list[Problem]) -> Person:
    person = Person(
        subject=line.cells["subject"],
        roles=tuple(role.strip() for role in line.cells["roles"].split("|")),
        email=line.cells["email"],
        channel=line.cells.get("channel") or "EMAIL",
    )
    for column, check in (("subject", _check_subject), ("email", _check_email), ("channel", _check_channel)):
        try:
            check(person)
        except CellError as error:
            problems.append(_problem(line, column, str(error)))
    known = (*roles, *DUTIES)
    strange = [role for role in person.roles if roles and role not in known]
    problems.extend(_problem(line, "roles", unknown(role, known)) for role in strange)
    return person


def _check_subject(person: Person) -> None:
    if not person.subject or not person.subject.isprintable() or person.subject.startswith("system:"):
        raise CellError(f"{person.subject!r} cannot name a person")


def _check_email(person: Person) -> None:
    name, at, host = person.email.partition("@")
    if not (name and at and "." in host) or not person.email.isprintable() or " " in person.email:
        raise CellError(f"{person.email!r} is not an e-mail address")


def _check_channel(person: Person) -> None:
    if person.channel not in CHANNELS:
        raise CellError(unknown(person.channel, CHANNELS))


def _problem(line: Line, column: str, message: str) -> Problem:
    return Problem(file=FILE, row=line.number, column=column, message=message)
