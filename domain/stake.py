"""What an answer to a task comes to: which choice it takes, and how much money that commits."""

from __future__ import annotations

from domain.case import Case
from domain.cause import SEPARATELY
from domain.money import Money
from domain.tasks import Action, Task, TaskKind, TaskRequest

DECIDING = (Action.APPROVE, Action.ADJUST, Action.REJECT)
"""The actions that take, or change, a choice."""


def choice_of(task: Task, request: TaskRequest) -> str | None:
    """The choice that a request means: a rejection's by the table, else the one it names, else the recommended one."""
    if request.action is Action.REJECT:
        return rejection_of(task)
    return request.option or task.recommended


def rejection_of(task: Task) -> str | None:
    """What rejecting means by the table, if that can be done here."""
    return task.deadlines.at_rejection if task.deadlines.at_rejection in task.choices else None


def at_stake(case: Case, task: Task, code: str | None) -> Money:
    """What a choice commits, as it was last assessed. To leave each of many orders to itself commits nothing."""
    if task.kind is TaskKind.CAUSE:
        return Money.zero(task.amount.currency) if code == SEPARATELY else task.amount
    exception = case.exceptions.get(task.hold_id or "") if task.kind is TaskKind.RESOLUTION else None
    assessment = exception.assessment if exception else None
    option = assessment.option(code or "") if assessment else None
    return task.amount if option is None else option.amount
