"""Whose yes an amount takes, one after the other: the table `chains`, with the limits of `authority`."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from typing import TYPE_CHECKING

from domain.approvals.records import Level
from domain.assessment import Assessment
from domain.exception_types import ExceptionType
from domain.money import Money
from domain.policy.cells import END, Within
from domain.policy.problem import Problem

if TYPE_CHECKING:
    from domain.policy.policy_set import PolicySet
    from domain.policy.table import DecisionTable, Row


def levels_for(policy: PolicySet, exception_type: ExceptionType, amount: Money, role: str) -> tuple[Level, ...]:
    """The chain for that amount of what is the role's to decide; none if one person decides."""
    row = policy.decide(
        "chains", exception_type=exception_type, currency=amount.currency, amount=amount.amount, role=role
    )
    if row is None:
        return ()
    return tuple(
        Level(role=role, quorum=quorum, limit=policy.limit(role, exception_type, amount.currency).amount)
        for quorum, role in row.milestones("levels")
    )


def with_levels(assessment: Assessment, policy: PolicySet) -> Assessment:
    """The assessment, each option with the chain that it takes. What policy decides by itself takes none."""
    options = tuple(
        option
        if option.automatic
        else option.model_copy(
            update={
                "levels": _with(
                    levels_for(policy, assessment.exception_type, option.amount, option.role or ""), option.role
                )
            }
        )
        for option in assessment.options
    )
    return assessment.model_copy(update={"options": options})


def _with(levels: tuple[Level, ...], role: str | None) -> tuple[Level, ...]:
    """The chain, ended by the role that the playbook wants if it is not part of it."""
    if not levels or role is None or any(level.role == role for level in levels):
        return levels
    return (*levels, Level(role=role))


def seniors_of(policy: PolicySet, role: str, about: str, currency: str) -> tuple[str, ...]:
    """The roles that may decide in the place of this one, as its row of the authority table names them."""
    row = policy.decide("authority", role=role, exception_type=about, currency=currency)
    return () if row is None else row.names("seniors")


def problems(policy: PolicySet) -> Iterator[Problem]:
    """Chains that could never be filled: too few different people, or nobody at the end whose limit covers it."""
    table = policy.tables["chains"]
    for row in table.rows:
        for kind, currency in _cases(policy, table, row):
            yield from _row_problems(policy, table, row, kind, currency)


def _row_problems(
    policy: PolicySet, table: DecisionTable, row: Row, kind: ExceptionType, currency: str
) -> Iterator[Problem]:
    value = row.outputs["levels"]
    levels = [pair for pair in value if isinstance(pair, tuple)] if isinstance(value, tuple) else []
    seats = [_able(policy, role, kind, currency) for quorum, role in levels for _ in range(quorum)]
    if not _can_be_filled(seats):
        message = f"{kind} in {currency}: people.csv has too few different people for all these levels"
        yield Problem(file=table.file, row=row.number, column="levels", message=message)
    last = levels[-1][1]
    ends = (last, *seniors_of(policy, last, kind, currency))
    if _is_unbounded(table, row) and not any(policy.limit(role, kind, currency).amount is None for role in ends):
        message = f"{kind} in {currency}: {last} and its seniors all have a limit, so the largest would wait for ever"
        yield Problem(file=table.file, row=row.number, column="levels", message=message)


def _cases(policy: PolicySet, table: DecisionTable, row: Row) -> Iterator[tuple[ExceptionType, str]]:
    """What the row is about."""
    cells = {column.name: cell for column, cell in zip(table.inputs, row.conditions, strict=True)}
    for kind, currency in product(ExceptionType, policy.company.currencies):
        if cells["exception_type"].covers(kind) and cells["currency"].covers(currency):
            yield kind, currency


def _is_unbounded(table: DecisionTable, row: Row) -> bool:
    cell = next(cell for column, cell in zip(table.inputs, row.conditions, strict=True) if column.name == "amount")
    return not isinstance(cell, Within) or any(span.end == END for span in cell.spans)


def _able(policy: PolicySet, role: str, kind: ExceptionType, currency: str) -> list[str]:
    roles = {role, *seniors_of(policy, role, kind, currency)}
    return [person.subject for person in policy.people.values() if roles & set(person.roles)]


def _can_be_filled(seats: list[list[str]]) -> bool:
    """Whether every seat gets a person of its own: augmenting paths of a bipartite matching."""
    taken: dict[str, int] = {}

    def place(seat: int, tried: set[str]) -> bool:
        for person in seats[seat]:
            if person in tried:
                continue
            tried.add(person)
            if person not in taken or place(taken[person], tried):
                taken[person] = seat
                return True
        return False

    return all(place(seat, set()) for seat in range(len(seats)))
