"""What one policy file says about another."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from itertools import product
from typing import TYPE_CHECKING

from domain.exception_types import ExceptionType
from domain.policy import chains, substitutes, templates
from domain.policy.cells import OneOf
from domain.policy.problem import Problem
from domain.policy.table import DecisionTable, Row
from domain.policy.vocabulary import unknown
from domain.tasks import TaskKind

if TYPE_CHECKING:
    from domain.policy.policy_set import PolicySet

COLUMNS: Mapping[str, tuple[str, str]] = {
    "hold_codes": ("source_system source_code", "exception_type"),
    "authority": ("role exception_type currency", "limit seniors"),
    "chains": ("exception_type currency amount role", "levels"),
    "task_terms": ("kind exception_type", "enquiries enquiry_for extend_by adjust_alone_up_to"),
    "tasks": (
        "kind exception_type segment service_level role level amount",
        "acknowledge resolve remind escalate at_expiry max_amount ask_role at_rejection",
    ),
    "sla": ("service_level", "acknowledge resolve before_cutoff"),
    "lifecycle": ("service_level segment", "recheck_after follow_until follow_for rework_within"),
    "outages": ("system", "ask_after role"),
    "causes": ("system exception_type", "collect_for at_least alone_after"),
    "jeopardy": ("slack", "jeopardy"),
    "clearing_time": ("exception_type", "p80"),
}
"""The tables that the program itself asks, with the inputs and outputs it knows."""

MAY_HAVE_GAPS = ("hold_codes", "authority", "chains")
"""A hold without a row goes to a person as UNCLASSIFIED, a role without a row decides nothing, and an amount without a
chain is decided by one person.
"""


def problems(policy: PolicySet, unreadable: Collection[str] = ()) -> list[Problem]:
    """Everything that one file names and another does not have. `unreadable` are tables already complained about."""
    shape = [problem for name in COLUMNS if name not in unreadable for problem in _shape(policy, name)]
    usable = not shape and not any(name in COLUMNS for name in unreadable)
    content = [*_tasks(policy), *_limits(policy), *_outages(policy), *chains.problems(policy)] if usable else []
    people = [*_unheld_roles(policy), *substitutes.problems_among(policy.substitutions, policy.people)]
    return [*shape, *content, *people, *templates.problems(policy.templates)]


def _shape(policy: PolicySet, name: str) -> Iterator[Problem]:
    """Whether a table is there and has the columns that are asked for."""
    table = policy.tables.get(name)
    if table is None:
        yield Problem(file=f"{name}.csv", message="is needed, and is missing")
        return
    inputs, outputs = (set(columns.split()) for columns in COLUMNS[name])
    for column in sorted(inputs ^ {column.name for column in table.inputs}):
        what = "is needed as an input" if column in inputs else "is an input that nobody gives"
        yield Problem(file=f"{name}.toml", column=column, message=what)
    for column in sorted(outputs - {column.name for column in table.outputs}):
        yield Problem(file=f"{name}.toml", column=column, message="is needed as an output")
    if not table.header.complete and name not in MAY_HAVE_GAPS:
        yield Problem(file=f"{name}.toml", column="complete", message="must be true: no case can go on without a row")


def _tasks(policy: PolicySet) -> Iterator[Problem]:
    """Silence is bounded: an option that is carried out at expiry has an amount up to which it may be."""
    table = policy.tables["tasks"]
    for row in table.rows:
        if row.outputs["at_expiry"] is not None and row.outputs["max_amount"] is None and _may_resolve(table, row):
            yield _at(
                table, row, "max_amount", "is empty: an option at expiry needs the amount up to which it may be done"
            )


def _may_resolve(table: DecisionTable, row: Row) -> bool:
    at = next(place for place, column in enumerate(table.inputs) if column.name == "kind")
    return row.conditions[at].covers(TaskKind.RESOLUTION)


def _limits(policy: PolicySet) -> Iterator[Problem]:
    """Somebody may decide every exception, whatever the amount, or it would wait for ever."""
    for kind, currency in product(ExceptionType, policy.company.currencies):
        if not any(policy.limit(role, kind, currency).amount is None for role in policy.company.roles):
            message = f"no role decides {kind} in {currency} without a limit: the largest orders would wait for ever"
            yield Problem(file="authority.csv", column="limit", message=message)


def _outages(policy: PolicySet) -> Iterator[Problem]:
    """The systems named exist, and whoever is asked about an outage may answer."""
    table = policy.tables["outages"]
    for row in table.rows:
        (cell,) = row.conditions
        for system in sorted(cell.members) if isinstance(cell, OneOf) else ():
            if system not in policy.company.systems:
                yield _at(table, row, "system", unknown(system, policy.company.systems))
        role = str(row.outputs["role"])
        if any(policy.limit(role, None, currency).amount is not None for currency in policy.company.currencies):
            yield _at(table, row, "role", f"{role} has no unlimited row for exception_type NONE in authority.csv")


def _unheld_roles(policy: PolicySet) -> Iterator[Problem]:
    """Every role that is asked is held by somebody."""
    held = {role for person in policy.people.values() for role in person.roles}
    for table in policy.tables.values():
        for row in table.rows:
            for column, role in _roles_named(table, row):
                if role not in held:
                    yield _at(table, row, column, f"asks {role}, but nobody in people.csv holds that role")


def _roles_named(table: DecisionTable, row: Row) -> Iterator[tuple[str, str]]:
    for column in table.outputs:
        value = row.outputs[column.name]
        if column.roles is None or value is None:
            continue
        for part in value if isinstance(value, tuple) else (value,):
            yield column.name, str(part[1] if isinstance(part, tuple) else part)


def _at(table: DecisionTable, row: Row, column: str, message: str) -> Problem:
    return Problem(file=table.file, row=row.number, column=column, message=message)
