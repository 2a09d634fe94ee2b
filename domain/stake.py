"""What an answer to a task comes to: which choice it takes, and how much money that commits."""

from __future__ import annotations

from domain.approvals.content import DECIDING, option_code, rejection
from domain.case import Case
from domain.cause import SEPARATELY
from domain.money import Money
from domain.tasks import Task, TaskKind

__all__ = ["DECIDING", "at_stake", "choice_of", "rejection_of"]

choice_of, rejection_of = option_code, rejection
"""The choice that a request means, and what rejecting means by the table: as the gate sees it, and the signer."""


def at_stake(case: Case, task: Task, code: str | None) -> Money:
    """What a choice commits, as it was last assessed. To leave each of many orders to itself commits nothing."""
    if task.kind is TaskKind.CAUSE:
        return Money.zero(task.amount.currency) if code == SEPARATELY else task.amount
    exception = case.exceptions.get(task.hold_id or "") if task.kind is TaskKind.RESOLUTION else None
    assessment = exception.assessment if exception else None
    option = assessment.option(code or "") if assessment else None
    return task.amount if option is None else option.amount
