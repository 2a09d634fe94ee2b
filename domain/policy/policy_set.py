"""All policies of a company as one value: parsed together, checked together, under one version."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from domain.base import Model, digest
from domain.business_time import Calendar
from domain.exception_types import ExceptionType
from domain.money import Money
from domain.policy import calendars, company, people, references, substitutes, templates
from domain.policy.company import UNKNOWN_SEGMENT, Company
from domain.policy.people import Person
from domain.policy.problem import PolicyError, Problem
from domain.policy.substitutes import Substitution
from domain.policy.table import DecisionTable, InputError, Match
from domain.policy.vocabulary import UNREAD

__all__ = ["TECHNICAL", "Limit", "Person", "PolicyError", "PolicySet", "Problem"]

TECHNICAL = "NONE"
"""Stands for the exception type where a question is about a system, not about an exception."""

_OWN_FORMAT = (people.FILE, substitutes.FILE, calendars.FILE, company.FILE)
Part = TypeVar("Part")


class Limit(Model):
    """How far a role may go: up to `amount`, or without end if there is none."""

    amount: Money | None

    def covers(self, amount: Money) -> bool:
        """Whether `amount` is inside the limit."""
        return self.amount is None or amount <= self.amount

    def __str__(self) -> str:
        return "unlimited" if self.amount is None else str(self.amount)


@dataclass(frozen=True)
class PolicySet:
    """The policies in force. `version` names them on every decision: the company's label and a digest of all files."""

    version: str
    company: Company
    tables: Mapping[str, DecisionTable]
    calendars: Mapping[str, Calendar]
    people: Mapping[str, Person]
    templates: Mapping[str, str]
    substitutions: tuple[Substitution, ...] = ()

    @classmethod
    def parse(cls, files: Mapping[str, str]) -> PolicySet:
        """Read all files (relative path to text). Raises PolicyError with all problems, in files and between them."""
        return _Reading(files).policy_set()

    def decide(self, table: str, /, **inputs: object) -> Match | None:
        """The row of `table` for these inputs; None if none covers them: ask a person."""
        if table not in self.tables:
            raise InputError(f"there is no policy table {table!r} among {', '.join(sorted(self.tables))}")
        return self.tables[table].decide(**inputs)

    def limit(self, role: str, exception_type: ExceptionType | None, currency: str) -> Limit:
        """How much `role` may decide. Without a row it is nothing. No exception type: a question about a system."""
        row = self.decide("authority", role=role, exception_type=exception_type or TECHNICAL, currency=currency)
        if row is None:
            return Limit(amount=Money.zero(currency))
        amount = row.maybe_number("limit")
        return Limit(amount=None if amount is None else Money(amount=amount, currency=currency))

    def person(self, subject: str) -> Person | None:
        """The person of that name, if there is one."""
        return self.people.get(subject)

    def people_in(self, role: str) -> tuple[Person, ...]:
        """Everybody who holds `role`."""
        return tuple(person for person in self.people.values() if role in person.roles)

    def is_substitute(self, subject: str, person: str, about: str, at: datetime) -> bool:
        """Whether `subject` may act for `person` now; `about` is an exception type, or NONE for a system."""
        return any(each.holds(person, subject, about, at) for each in self.substitutions)

    def calendar_of(self, site: str) -> Calendar:
        """The calendar that `site` keeps."""
        return self.calendars.get(site) or self.calendars[calendars.DEFAULT_SITE]

    def segment(self, name: str) -> str:
        """`name` if it is a segment of the company, else `UNKNOWN`, as tables write it."""
        return name if name in self.company.segments else UNKNOWN_SEGMENT

    def role_title(self, role: str) -> str:
        """What people call the role."""
        return self.company.roles.get(role, role)

    def problems(self, unreadable: Collection[str] = ()) -> list[Problem]:
        """What is wrong inside the tables and between the files. Tables that could not even be read are not missed."""
        inside = [problem for table in self.tables.values() for problem in table.check()]
        return [*inside, *references.problems(self, unreadable)]


class _Reading:
    """A set on its way in: reads every file, whatever was wrong with the one before."""

    def __init__(self, files: Mapping[str, str]) -> None:
        self.files = files
        self.found: list[Problem] = []

    def policy_set(self) -> PolicySet:
        own = self._own(company.FILE, company.parse_company)
        self.vocabulary = own.vocabulary if own else UNREAD
        sites = self._own(calendars.FILE, calendars.parse_calendars)
        staff = self._own(people.FILE, lambda text: people.parse_people(text, self.vocabulary))
        away = self._substitutions(sites)
        self.names = self._table_names()
        tables = self._tables()
        wording = {name: text for name, text in self.files.items() if name.startswith(templates.FOLDER)}
        if own is None or sites is None or staff is None:
            raise PolicyError(self.found)
        persons = {person.subject: person for person in staff}
        version = f"{own.version}+{digest(dict(self.files))[:8]}"
        policy = PolicySet(version, own, tables, sites, persons, wording, away)
        self.found.extend(policy.problems(set(self.names) - tables.keys()))
        if self.found:
            raise PolicyError(self.found)
        return policy

    def _own(self, file: str, parse: Callable[[str], Part]) -> Part | None:
        if file not in self.files:
            self.found.append(Problem(file=file, message="is missing"))
            return None
        return self._parsed(lambda: parse(self.files[file]))

    def _substitutions(self, sites: Mapping[str, Calendar] | None) -> tuple[Substitution, ...]:
        """Without the file nobody is substituted."""
        if sites is None or substitutes.FILE not in self.files:
            return ()
        zone = sites[calendars.DEFAULT_SITE].time_zone
        return self._parsed(lambda: substitutes.parse_substitutes(self.files[substitutes.FILE], zone)) or ()

    def _parsed(self, parse: Callable[[], Part]) -> Part | None:
        try:
            return parse()
        except PolicyError as error:
            self.found.extend(error.problems)
            return None

    def _tables(self) -> dict[str, DecisionTable]:
        tables = {}
        for name in self.names:
            table = self._parsed(lambda name=name: self._table(name))  # type: ignore[misc]
            if table is not None:
                tables[name] = table
        return tables

    def _table(self, name: str) -> DecisionTable:
        return DecisionTable.parse(name, self.files[f"{name}.toml"], self.files[f"{name}.csv"], self.vocabulary)

    def _table_names(self) -> list[str]:
        names = []
        for file in sorted(self.files):
            name, _, ending = file.rpartition(".")
            if file in _OWN_FORMAT or file.startswith(templates.FOLDER):
                continue
            partner = f"{name}.{'toml' if ending == 'csv' else 'csv'}"
            if ending not in ("csv", "toml") or "/" in file:
                self.found.append(Problem(file=file, message="is no policy file: a table is NAME.toml with NAME.csv"))
            elif partner not in self.files:
                self.found.append(Problem(file=file, message=f"is alone: {partner} is missing"))
            elif ending == "csv":
                names.append(name)
        return names
