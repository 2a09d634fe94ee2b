"""What a task has on offer, as far as the desk needs to know: who may take a choice, and what it commits."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Protocol

from domain.assessment import Disposition, Option
from domain.case import Case, ExceptionCase
from domain.money import Money
from domain.stake import at_stake
from domain.tasks import Task, TaskKind
from workflows import judgement
from workflows.failures import JudgementRefused
from workflows.resolution import Resolution


class Offers(Protocol):
    """The choices of a case's tasks. `code` is one of them, or None."""

    def decider(self, task: Task, code: str | None) -> str | None:
        """Whose this choice is by the rules of its type; None if that is simply who was asked."""
        ...

    def stricter(self, task: Task, code: str | None) -> str | None:
        """Who must decide if this choice is taken, if that is somebody stricter than the one who was asked."""
        ...

    def releases(self, task: Task, code: str) -> bool:
        """Whether this choice lets the order go as far as the task's hold is concerned."""
        ...

    def amount(self, task: Task, code: str | None) -> Money:
        """What authority for this choice is measured against."""
        ...

    def was_adjusted(self, task: Task, code: str) -> bool:
        """Whether a person changed something about it."""
        ...

    async def adjusted(self, task: Task, code: str, values: Mapping[str, str]) -> Callable[[], None]:
        """Judge the choice with new values. The answer takes them over; JudgementRefused if they cannot be used."""
        ...


class HoldOffers:
    """The choices about the holds of one order."""

    def __init__(self, case: Case, resolution: Resolution) -> None:
        self._case = case
        self._resolution = resolution

    def decider(self, task: Task, code: str | None) -> str | None:
        """See Offers."""
        option = self._option(task, code)
        return option.role if option else None

    def stricter(self, task: Task, code: str | None) -> str | None:
        """See Offers."""
        exception, option = self._exception(task), self._option(task, code)
        asked = exception.assessment.ask if exception and exception.assessment else None
        return option.role if option and asked and option.role not in (None, asked.role) else None

    def releases(self, task: Task, code: str) -> bool:
        """See Offers."""
        option = self._option(task, code)
        return option is not None and option.disposition is Disposition.RELEASE

    def amount(self, task: Task, code: str | None) -> Money:
        """See Offers."""
        return at_stake(self._case, task, code)

    def was_adjusted(self, task: Task, code: str) -> bool:
        """See Offers."""
        exception = self._exception(task)
        return exception is not None and code in exception.adjustments

    async def adjusted(self, task: Task, code: str, values: Mapping[str, str]) -> Callable[[], None]:
        """See Offers."""
        exception = self._exception(task)
        if exception is None:
            raise JudgementRefused("INVALID", "the hold of this task is gone")
        adjustments = {**exception.adjustments, code: {**exception.adjustments.get(code, {}), **values}}
        request = self._resolution.request(exception).model_copy(update={"adjustments": adjustments})
        assessment = await judgement.assess(request)

        def adopt() -> None:
            exception.adjustments = adjustments
            self._resolution.adopt(exception, assessment)

        return adopt

    def _exception(self, task: Task) -> ExceptionCase | None:
        return self._case.exceptions.get(task.hold_id or "") if task.kind is TaskKind.RESOLUTION else None

    def _option(self, task: Task, code: str | None) -> Option | None:
        exception = self._exception(task)
        if exception is None or exception.assessment is None:
            return None
        return exception.assessment.option(code or "")
