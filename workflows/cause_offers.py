"""What the question about a root cause has on offer."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from domain.approvals.acts import void_approvals
from domain.cause import SEPARATELY, CauseCase
from domain.money import Money
from domain.stake import at_stake
from domain.tasks import Task
from workflows import judgement
from workflows.failures import JudgementRefused
from workflows.journal import record


class CauseOffers:
    """Mend the cause, with new values if a person has better ones, or let every order ask for itself."""

    def __init__(self, case: CauseCase) -> None:
        self._case = case

    def decider(self, task: Task, code: str | None) -> str | None:  # noqa: ARG002 - there is one task
        """See Offers: mending is whose it is by the rules, leaving each order to itself anybody's who is asked."""
        return None if code == SEPARATELY else self._case.role or None

    def stricter(self, task: Task, code: str | None) -> str | None:  # noqa: ARG002 - one role decides about all
        """See Offers."""
        return None

    def releases(self, task: Task, code: str) -> bool:  # noqa: ARG002 - the orders' own cases release them
        """See Offers."""
        return False

    def amount(self, task: Task, code: str | None) -> Money:
        """All orders together; to leave each to itself commits nothing."""
        return at_stake(self._case, task, code)

    def was_adjusted(self, task: Task, code: str) -> bool:  # noqa: ARG002 - there is one task
        """See Offers."""
        return code != SEPARATELY and bool(self._case.adjustments)

    async def adjusted(self, task: Task, code: str, values: Mapping[str, str]) -> Callable[[], None]:
        """See Offers: the fix is judged anew for the order that it was judged by first."""
        case = self._case
        if case.question is None or case.fix is None or code != case.fix.code:
            raise JudgementRefused("INVALID", f"{code} has nothing that could be adjusted")
        adjustments = {**case.adjustments, **values}
        question = case.question.model_copy(update={"adjustments": {code: adjustments}})
        assessment = await judgement.assess(question)
        fix = assessment.option(code)
        if fix is None:
            raise JudgementRefused("INVALID", f"with these values {code} cannot be done")

        def adopt() -> None:
            case.adjustments, case.fix = adjustments, fix
            task.revision += 1
            if void_approvals(task):
                task.pass_to(task.levels[0].role, stands_in=False)
                task.asked_role = task.role
            record(case, "system:policy", "asked anew", f"{task.task_id} revision {task.revision}: {fix.title}")

        return adopt
