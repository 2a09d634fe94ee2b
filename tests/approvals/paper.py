"""The desk itself, without Temporal: the code that the workflow runs, on a clock and policies of the test's own."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, cast
from unittest.mock import patch

from temporalio import workflow
from temporalio.exceptions import ApplicationError

from activities.deadlines import DeadlineActivities
from domain.assessment import Ask, Assessment, Disposition, Option
from domain.calls import AssessRequest, Authorisation, AuthoriseRequest, CaseRef, OpenException
from domain.case import Case, ExceptionCase
from domain.exception_types import ExceptionType
from domain.money import Money
from domain.policy.chains import with_levels
from domain.policy.policy_set import PolicySet
from domain.tasks import Action, Receipt, Task, TaskRequest
from tests.approvals.policies import approval_policy, authorised
from tests.orders import hold, order
from workflows import board, judgement
from workflows.choosing import question_about
from workflows.desk import Desk
from workflows.failures import JudgementRefused
from workflows.notices import Notices
from workflows.offers import HoldOffers
from workflows.questions import Question, Questions
from workflows.resolution import Resolution

START = datetime(2026, 7, 6, 9, tzinfo=UTC)
REF = CaseRef(tenant="acme", order_id="SO-1", workflow_id="order-exception/acme/SO-1")
RELEASE, REJECT = "RELEASE_ONCE", "REJECT"


def usd(amount: int | str | Decimal) -> Money:
    return Money(amount=Decimal(amount), currency="USD")


class NoNotices:
    """Remembers who would have been told."""

    def __init__(self) -> None:
        self.told: list[tuple[str, str]] = []

    def post(self, task: Task, kind: str, headline: str, people: tuple[str, ...] = ()) -> None:  # noqa: ARG002 - as the real ones
        self.told.append((str(kind), ", ".join(people) or task.role))


class PaperCase:
    """One case with one question about credit, and the desk that takes what people do with it."""

    def __init__(self, policy: PolicySet, amount: int, role: str, requesters: tuple[str, ...] = ("edi",)) -> None:
        self.policy = policy
        self.now = START
        self.role = role
        entered, *changed = requesters
        held = order(hold()).model_copy(update={"entered_by": entered, "changed_by": tuple(changed)})
        subject = OpenException(
            hold=hold(), exception_type=ExceptionType.CREDIT_HOLD, owning_team="finance", fact_requests=()
        )
        self.exception = ExceptionCase(subject=subject, opened_at=START)
        self.case = Case(ref=REF, opened_at=START, order=held, order_version=2, exceptions={"H1": self.exception})
        self.notices = NoNotices()
        self._watcher: Callable[[], None] = lambda: None
        self.questions = Questions(self.case, cast(Notices, self.notices))
        resolution = Resolution(self.case, cast(Any, None), self.questions, cast(Any, None), cast(Any, None))
        self.desk = Desk(self.case, HoldOffers(self.case, resolution), self.questions)
        self.exception.assessment = self.assess(amount)
        self.question: Question = question_about(self.exception, self.exception.assessment, role)
        self._deadlines = DeadlineActivities(lambda: self.policy)
        with self.at_work():
            self.run(self._open())

    async def _open(self) -> None:
        task = await self.questions._open(self.question)
        self.exception.task_id = task.task_id

    @property
    def task(self) -> Task:
        """The question, as it is."""
        return self.case.tasks[f"T{self.case.asked}"]

    def assess(self, amount: int | Decimal) -> Assessment:
        """What policy says about that amount."""
        release = Option(
            code=RELEASE,
            title="Release",
            reason="a good customer",
            cost=usd(0),
            amount=usd(amount),
            role=self.role,
            customer_effect="none",
        )
        reject = release.model_copy(update={"code": REJECT, "disposition": Disposition.CANCEL_ORDER})
        assessment = Assessment(
            exception_type=ExceptionType.CREDIT_HOLD,
            hold_id="H1",
            options=(release, reject),
            recommended=RELEASE,
            reason="a good customer",
            ask=Ask(role=self.role, amount=usd(amount), question=f"Release {amount}?"),
            amount_at_risk=usd(amount),
            policy_version=self.policy.version,
            assessed_at=self.now,
        )
        return with_levels(assessment, self.policy)

    def act(self, action: Action, actor: str, **content: Any) -> Receipt:
        """What the case answers. Raises ApplicationError as an update would."""
        fields = {"task_id": self.task.task_id, "task_revision": self.task.revision, **content}
        return self.send(TaskRequest(action=action, actor=actor, **fields))

    def send(self, request: TaskRequest) -> Receipt:
        """The validator, then the handler."""
        with self.at_work():
            self.desk.check(request)
            receipt: Receipt = self.run(self.desk.act(request))
            return receipt

    def watch(self, watcher: Callable[[], None]) -> None:
        """Have a look whenever policy is asked something."""
        self._watcher = watcher

    def refusal(self, action: Action, actor: str, **content: Any) -> str:
        """The type of the refusal that this meets."""
        try:
            receipt = self.act(action, actor, **content)
        except ApplicationError as refused:
            return str(refused.type)
        raise AssertionError(f"{action} by {actor} was recorded: {receipt.message}")

    def pass_time(self, by: timedelta) -> None:
        """Let the clock run, and do what falls due on the way."""
        until = self.now + by
        with self.at_work():
            while self.task.state.is_open and self.task.decision is None:
                due, act = self.questions._next_deadline(self.task, self.question)
                if due > until:
                    break
                self.now = max(self.now, due)
                self.run(_called(act))
        self.now = until

    @contextmanager
    def at_work(self) -> Iterator[None]:
        """With this clock, these policies, and nothing to publish to."""
        answers: dict[str, Any] = {
            "authorise": self._authorise,
            "deadlines": self._deadlines.schedule,
            "pause": self._deadlines.pause,
            "proceed": self._deadlines.proceed,
            "extend": self._deadlines.extend,
            "assess": self._assess,
        }
        with ExitStack() as patched:
            patched.enter_context(patch.object(workflow, "now", lambda: self.now))
            patched.enter_context(patch.object(board, "show", lambda *_: None))
            for name, answer in answers.items():
                patched.enter_context(patch.object(judgement, name, self._judged(answer)))
            yield

    async def _authorise(self, request: AuthoriseRequest) -> Authorisation:
        return authorised(request, self.policy)

    async def _assess(self, request: AssessRequest) -> Assessment:
        return self.assess(Decimal(request.adjustments[RELEASE]["amount"]))

    def _judged(self, answer: Callable[[Any], Awaitable[Any]]) -> Callable[[Any], Awaitable[Any]]:
        async def judge(request: Any) -> Any:
            self._watcher()
            try:
                return await answer(request)
            except ApplicationError as error:
                raise JudgementRefused(error.type or "", error.message) from error

        return judge

    @staticmethod
    def run(work: Awaitable[Any]) -> Any:
        """To its end; nothing in it waits for anything but us."""
        return asyncio.run(_called(lambda: work))


async def _called(act: Callable[[], Awaitable[Any]]) -> Any:
    return await act()


def asked(amount: int = 100_000, role: str = "credit_manager", requesters: tuple[str, ...] = ("edi",)) -> PaperCase:
    return PaperCase(approval_policy(), amount, role, requesters)


def large() -> PaperCase:
    """It takes a credit manager, the controller and the CFO."""
    return asked(700_000, "cfo")
