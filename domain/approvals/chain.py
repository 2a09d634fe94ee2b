"""Chains of approvals: which level is awaited, and when there are enough."""

from __future__ import annotations

from collections.abc import Sequence

from domain.approvals.records import Approval, Level
from domain.money import Money


def position(levels: Sequence[Level], approvals: Sequence[Approval]) -> int:
    """The first level that lacks an approval; the number of levels if none does."""
    for at, level in enumerate(levels):
        if given(level, approvals) < level.quorum:
            return at
    return len(levels)


def given(level: Level, approvals: Sequence[Approval]) -> int:
    """How many approvals that level has."""
    return sum(approval.stands_for == level.role for approval in approvals)


def needed_limit(levels: Sequence[Level], at: int, amount: Money) -> Money:
    """What an approver's limit must cover at a level: the whole amount at the last one, before it no more than the
    level's own limit, because those approvals do not release anything by themselves.
    """
    level = levels[at]
    if at == len(levels) - 1 or level.limit is None or amount <= level.limit:
        return amount
    return level.limit


def level_of(subject: str, approvals: Sequence[Approval]) -> str | None:
    """The level that this person, or somebody for him, has filled already."""
    return next((each.stands_for for each in approvals if any(same(subject, person) for person in each.persons)), None)


def same(one: str, other: str) -> bool:
    """Whether two subjects name one person: systems do not agree about capital letters."""
    return one.casefold() == other.casefold()
