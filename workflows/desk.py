"""Where people act on tasks: one gate for updates and signals, checked before and after every await.

What a request must be is in `domain/approvals/gate.py`, who may send it is asked of policy, and what it does to the
task is in `domain/approvals/acts.py`. Here they are put in order, one request at a time.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, NoReturn, TypeVar

from temporalio import workflow
from temporalio.exceptions import ApplicationError

from domain.approvals import acts, content, gate
from domain.approvals.records import Approval
from domain.approvals.refused import Refused
from domain.audit import anchor_of
from domain.calls import Authorisation, AuthoriseRequest, ExtendRequest, NoticeKind, PauseRequest
from domain.case import Case
from domain.money import Money
from domain.stake import at_stake
from domain.tasks import Action, ApprovalOutcome, Receipt, Refusal, Task, TaskRequest, TaskState
from workflows import board, judgement
from workflows.failures import JudgementRefused
from workflows.journal import record
from workflows.offers import Offers
from workflows.questions import Questions, deadline_request

T = TypeVar("T")


def refuse(refusal: Refusal, message: str) -> NoReturn:
    """Turn a request down: a typed answer for its sender, and no change to the case."""
    raise ApplicationError(message, type=str(refusal), non_retryable=True)


class Desk:
    """Takes requests, one at a time; the first commit wins, and later ones are told who won."""

    def __init__(self, case: Case, offers: Offers, questions: Questions) -> None:
        self._case = case
        self._offers = offers
        self._questions = questions
        self._lock = asyncio.Lock()

    def check(self, request: TaskRequest) -> None:
        """Refuse at once what cannot succeed. Changes nothing; raises ApplicationError typed by the refusal."""
        typed(lambda: self._check(request))

    async def act(self, request: TaskRequest) -> Receipt:
        """Do what the request says, if its actor may; the same request sent again has the same answer."""
        async with self._lock:
            self.check(request)
            task = self._task(request)
            known = gate.answered(task, request)
            if known is not None:
                return known
            who = await self._authorised(task, request)
            self._check_again(task, request)
            commit = await self._prepared(task, request, who)
            self._check_again(task, request)
            message = typed(commit)
            actor = acts.in_words(who.subject, who.on_behalf_of)
            record(self._case, actor, str(request.action).lower(), f"{task.task_id}: {message}", request.proof)
            receipt = acts.receipt_of(task, request, message, workflow.now(), anchor_of(self._case))
        self._tell(task, request)
        board.show(self._case)
        return receipt

    def _tell(self, task: Task, request: TaskRequest) -> None:
        """Whoever has to do something now is told."""
        enquiry = task.enquiries[-1] if task.enquiries else None
        match request.action:
            case Action.ASK:
                asked = (*self._case.requesters, *filter(None, (request.to,)))
                self._questions.tell(task, NoticeKind.ENQUIRY, request.comment, asked)
            case Action.ANSWER if enquiry is not None:
                self._questions.tell(task, NoticeKind.ANSWERED, request.comment, (task.owner or enquiry.asked_by,))
            case Action.DELEGATE | Action.REASSIGN if request.to is not None:
                self._questions.tell(task, NoticeKind.ASKED, task.question, (request.to,))
            case Action.FORWARD | Action.REASSIGN:
                self._questions.tell(task, NoticeKind.ASKED, task.question)
            case Action.APPROVE if task.decision is None:
                self._questions.tell(task, NoticeKind.ASKED, task.question)
            case _:
                pass

    def _check(self, request: TaskRequest) -> None:
        task = self._task(request)
        gate.check(task, request, workflow.now())
        if request.action is Action.WITHDRAW and self._offers.releases(task, content.rejection(task) or ""):
            message = "what a no leads to would let the order go, and that is never done at the requester's word"
            raise Refused(Refusal.INVALID, message)

    def _check_again(self, task: Task, request: TaskRequest) -> None:
        """The same after an await: somebody or the clock may have been faster."""
        typed(lambda: gate.check_open(task, request, workflow.now()))

    def _task(self, request: TaskRequest) -> Task:
        task = self._case.tasks.get(request.task_id)
        if task is None:
            message = f"order {self._case.ref.order_id} has no task {request.task_id}: look at it again"
            raise Refused(Refusal.NOT_FOUND, message)
        return task

    async def _authorised(self, task: Task, request: TaskRequest) -> Authorisation:
        question = judgement.authorise(self._question_of_authority(task, request))
        who = await self._judged(task, question, TaskState.AUTHORISING)
        if who.subject != request.actor:
            message = f"{who.subject} sent this in the name of {request.actor}"
            refuse(Refusal.UNAUTHENTICATED, message)
        return who

    async def _judged(self, task: Task, question: Awaitable[T], meanwhile: TaskState = TaskState.APPLYING) -> T:
        """Policy's answer, while nothing else is done with the task. Its refusal is the sender's."""
        if task.state.is_open:  # a remark can come later
            task.state = meanwhile
        try:
            return await question
        except JudgementRefused as refused:
            kind, message = Refusal.UNAVAILABLE, "authority could not be checked: try again"
            if refused.kind in Refusal.__members__:
                kind, message = Refusal[refused.kind], refused.message
            raise ApplicationError(message, type=str(kind), non_retryable=True) from refused
        finally:
            if task.state.is_being_answered:  # and was not withdrawn meanwhile
                task.state = task.idle_state

    def _question_of_authority(self, task: Task, request: TaskRequest) -> AuthoriseRequest:
        code = content.option_code(task, request)
        commits = request.action is not Action.REJECT
        stricter = self._offers.stricter(task, code)
        enquiry = task.open_enquiry
        return AuthoriseRequest(
            case=self._case.ref,
            task_id=task.task_id,
            task_revision=task.revision,
            role=stricter or task.role,
            kind=task.kind,
            exception_type=task.exception_type,
            amount=self._offers.amount(task, code if commits else content.chosen(task)),
            requesters=self._case.requesters,
            request=request,
            now=workflow.now(),
            asked_role=task.asked_role,
            stand_in=task.role if task.stands_in else None,
            stricter=stricter,
            decider=self._offers.decider(task, code),
            approvals=tuple(task.approvals),
            adjusters=tuple(task.adjusters),
            givers=tuple(giver for handover in task.handovers for giver in handover.givers),
            owner=task.owner,
            asked_person=enquiry.of if enquiry else None,
            option=code,
            stake=at_stake(self._case, task, code),
        )

    async def _prepared(self, task: Task, request: TaskRequest, who: Authorisation) -> Callable[[], str]:
        """What will be committed, once everything that it needs to know has been asked."""
        asking: dict[Action, Callable[[], Coroutine[Any, Any, Callable[[], str]]]] = {
            Action.APPROVE: lambda: self._approve(task, request, who),
            Action.ADJUST: lambda: self._adjust(task, request),
            Action.ASK: lambda: self._ask(task, request, who),
            Action.ANSWER: lambda: self._answer(task, request, who),
            Action.EXTEND: lambda: self._extend(task),
        }
        return await asking[request.action]() if request.action in asking else self._plain(task, request, who)

    def _plain(self, task: Task, request: TaskRequest, who: Authorisation) -> Callable[[], str]:
        """What needs no other look at the policies."""
        now = workflow.now
        acting: dict[Action, Callable[[], str]] = {
            Action.CLAIM: lambda: acts.claim(task, who),
            Action.RELEASE_CLAIM: lambda: acts.release_claim(task),
            Action.COMMENT: lambda: acts.comment(task, request, who, now()),
            Action.REJECT: lambda: acts.reject(task, request, who, self._amount(task, request), now()),
            Action.DELEGATE: lambda: acts.delegate(task, request, who, now()),
            Action.FORWARD: lambda: acts.forward(task, request, who, now()),
            Action.REASSIGN: lambda: acts.reassign(task, request),
            Action.WITHDRAW: lambda: acts.withdraw(
                task, request, who, self._offers.amount(task, content.rejection(task)), now()
            ),
        }
        return acting[request.action]

    def _amount(self, task: Task, request: TaskRequest) -> Money:
        return self._offers.amount(task, content.option_code(task, request))

    async def _approve(self, task: Task, request: TaskRequest, who: Authorisation) -> Callable[[], str]:
        """The decision, or a step of the chain that leads to it, with deadlines for whoever is next."""
        approval = acts.approval_of(task, request, who, workflow.now())
        awaited = acts.next_level(task, approval, who)
        if awaited is None:
            return lambda: self._decide(task, request, who, approval)
        deadlines = task.deadlines
        if awaited.role != approval.stands_for:
            asked = deadline_request(self._case, task, awaited.role, workflow.now(), approval)
            deadlines = await self._judged(task, judgement.deadlines(asked))
        return lambda: acts.approve_in_part(task, approval, who, awaited, deadlines)

    def _decide(self, task: Task, request: TaskRequest, who: Authorisation, approval: Approval) -> str:
        self._questions.grant_grace(task)
        adjusted = self._offers.was_adjusted(task, approval.option)
        outcome = ApprovalOutcome.APPROVED_WITH_CHANGES if adjusted else ApprovalOutcome.APPROVED
        return acts.approve(task, approval, request, who, amount=self._amount(task, request), outcome=outcome)

    async def _adjust(self, task: Task, request: TaskRequest) -> Callable[[], str]:
        """New values for an option: assessed again by policy, and then a new revision of the question."""
        code = content.option_code(task, request) or ""
        adopt = await self._judged(task, _usable(self._offers.adjusted(task, code, request.adjustments)))

        def commit() -> str:
            adopt()
            acts.adjusted(task, request)
            return f"{code} adjusted: {', '.join(sorted(request.adjustments))}"

        return commit

    async def _ask(self, task: Task, request: TaskRequest, who: Authorisation) -> Callable[[], str]:
        stop = PauseRequest(
            case=self._case.ref,
            kind=task.kind,
            exception_type=task.exception_type,
            deadlines=task.deadlines,
            running_since=task.running_since or task.opened_at,
            at=workflow.now(),
            site=task.site,
            enquiries=len(task.enquiries),
        )
        paused = await self._judged(task, judgement.pause(stop))
        return lambda: acts.ask(task, request, who, paused, stop.at)

    async def _answer(self, task: Task, request: TaskRequest, who: Authorisation) -> Callable[[], str]:
        deadlines = await self._judged(task, self._questions.clock_going_on(task))
        return lambda: acts.answer(task, request, who, deadlines, workflow.now())

    async def _extend(self, task: Task) -> Callable[[], str]:
        more = ExtendRequest(
            case=self._case.ref,
            kind=task.kind,
            exception_type=task.exception_type,
            deadlines=task.deadlines,
            site=task.site,
        )
        deadlines = await self._judged(task, judgement.extend(more))
        return lambda: acts.extend(task, deadlines)


async def _usable(assessed: Awaitable[T]) -> T:
    """Whatever policy has against new values is the sender's to correct."""
    try:
        return await assessed
    except JudgementRefused as refused:
        raise JudgementRefused(str(Refusal.INVALID), refused.message) from refused


def typed(check: Callable[[], T]) -> T:
    """A refusal as an error that the sender gets typed: any other would make the workflow's task fail."""
    try:
        return check()
    except Refused as refused:
        raise ApplicationError(str(refused), type=str(refused.refusal), non_retryable=True) from None
