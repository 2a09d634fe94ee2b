"""When systems keep refusing what their own answers had promised, or two plans spoil each other: a person decides."""

from __future__ import annotations

from collections.abc import Sequence

from domain.case import Case, ExceptionCase
from domain.tasks import Decision, TaskState
from workflows.calls import Calls
from workflows.failures import JudgementRefused
from workflows.journal import record

PATIENCE = 3
"""Contradictions in a row before a person is asked."""
_LONGEST_CHOICE = 64


class Stalemate:
    """Counts the contradictions of one case, and has them settled before they go round in circles."""

    def __init__(self, case: Case, calls: Calls) -> None:
        self._case = case
        self._calls = calls

    @property
    def is_reached(self) -> bool:
        """Whether looking again has not helped for long enough."""
        return self._case.contradictions >= PATIENCE

    async def settle(self, what: str, why: str, plans: Sequence[ExceptionCase], hold_id: str | None = None) -> None:
        """Return when a person has had it tried again, or has given up one of the plans: its hold is asked about anew.

        News calls us away from that, and is an answer, too.
        """
        self._case.contradictions = 0
        giving_up = {f"GIVE_UP:{exception.hold_id}"[:_LONGEST_CHOICE]: exception for exception in plans}
        refused = JudgementRefused("CONFLICT", "; ".join([why, *map(_in_words, giving_up, plans)]))
        decision = await self._calls.mend("erp", what, refused, hold_id, tuple(giving_up))
        if decision.option in giving_up:
            remember_abandoned(self._case, giving_up[decision.option], decision)


def _in_words(choice: str, exception: ExceptionCase) -> str:
    return f"{choice} does something else about {exception.exception_type} than {_option(exception)}"


def remember_abandoned(case: Case, exception: ExceptionCase, decision: Decision) -> None:
    """The option's plan was given up: whoever did so is asked before it is chosen again."""
    option = _option(exception)
    if option is not None:
        task = case.tasks[decision.task_id or ""]
        exception.abandoned[option] = decision.role or task.role
        mark_faulted(case, exception.task_id, option)
    exception.decision = None
    exception.task_id = None


def mark_faulted(case: Case, task_id: str | None, option: str) -> None:
    """What was decided there could not be carried out: that must show, also where it is asked about anew."""
    task = case.tasks.get(task_id or "")
    if task is not None and task.state is TaskState.DONE:
        task.state = TaskState.FAULTED
        record(case, "system:policy", "faulted", f"{task.task_id}: {option} could not be carried out")


def _option(exception: ExceptionCase) -> str | None:
    """The option decided on; without a decision, the one that would be chosen again."""
    if exception.decision is not None:
        return exception.decision.option
    return exception.assessment.recommended if exception.assessment else None
