"""Where people act on tasks: one gate for updates and signals, checked before and after every await."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import NoReturn

from temporalio import workflow
from temporalio.exceptions import ApplicationError

from domain.audit import anchor_of
from domain.calls import Authorisation, AuthoriseRequest
from domain.case import Case
from domain.stake import at_stake, choice_of, rejection_of
from domain.tasks import (
    Action,
    ApprovalOutcome,
    Comment,
    Decision,
    Receipt,
    Refusal,
    Task,
    TaskRequest,
    TaskState,
)
from workflows import board, judgement
from workflows.choosing import ENTER_BY_HAND
from workflows.failures import JudgementRefused
from workflows.journal import record
from workflows.offers import Offers
from workflows.questions import LATE, LONGEST_EXTENSION, grant_grace


def refuse(refusal: Refusal, message: str) -> NoReturn:
    """Turn a request down: a typed answer for its sender, and no change to the case."""
    raise ApplicationError(message, type=str(refusal), non_retryable=True)


class Desk:
    """Takes requests, one at a time; the first commit wins, and later ones are told who won."""

    def __init__(self, case: Case, offers: Offers) -> None:
        self._case = case
        self._offers = offers
        self._lock = asyncio.Lock()

    def check(self, request: TaskRequest) -> None:
        """Refuse at once what cannot succeed. Changes nothing; raises ApplicationError typed by the refusal."""
        task = self._task(request)
        if self._answered(task, request) is None:
            self._check_open(task, request)
            self._check_content(task, request)

    async def act(self, request: TaskRequest) -> Receipt:
        """Do what the request says, if its actor may; the same request sent again has the same answer."""
        async with self._lock:
            self.check(request)
            task = self._task(request)
            known = self._answered(task, request)
            if known is not None:
                return known
            authorisation = await self._authorised(task, request)
            self._check_open(task, request)
            message = await self._commit(task, request, authorisation)
            said = f"{task.task_id}: {message}"
            record(self._case, authorisation.subject, str(request.action).lower(), said, request.proof)
            receipt = self._receipt(task, request, message)
        board.show(self._case)
        return receipt

    def _receipt(self, task: Task, request: TaskRequest, message: str) -> Receipt:
        anchor = anchor_of(self._case)
        receipt = Receipt(
            task_id=task.task_id,
            task_revision=task.revision,
            task_state=task.state,
            action=request.action,
            actor=request.actor,
            digest=request.digest,
            recorded_at=workflow.now(),
            message=message,
            proof=request.proof,
            audit_length=anchor.length,
            audit_head=anchor.head,
        )
        task.receipts.append(receipt)
        return receipt

    def _task(self, request: TaskRequest) -> Task:
        task = self._case.tasks.get(request.task_id)
        if task is None:
            refuse(
                Refusal.NOT_FOUND, f"order {self._case.ref.order_id} has no task {request.task_id}: look at it again"
            )
        return task

    def _answered(self, task: Task, request: TaskRequest) -> Receipt | None:
        """The answer to the same request, if it was recorded before. Claims come and go, so they are acted on again,
        but never on the same proof.
        """
        if request.action in (Action.CLAIM, Action.RELEASE_CLAIM):
            return next(
                (receipt for receipt in task.receipts if request.proof and receipt.proof == request.proof), None
            )
        return next((receipt for receipt in task.receipts if receipt.digest == request.digest), None)

    def _check_open(self, task: Task, request: TaskRequest) -> None:
        if request.action is Action.COMMENT:
            return
        if task.decision is not None:
            refuse(
                Refusal.CONFLICT,
                f"task {task.task_id} was decided by {task.decision.decided_by}: {task.decision.option}",
            )
        if not task.state.is_open:
            refuse(Refusal.CONFLICT, f"task {task.task_id} is {task.state}: nothing is left to decide")
        if request.task_revision != task.revision:
            refuse(
                Refusal.STALE,
                f"task {task.task_id} is at revision {task.revision} and you answered {request.task_revision}: "
                "look at it again",
            )
        if workflow.now() > task.deadlines.expires_at and (task.extended or not _late(task)):
            refuse(Refusal.EXPIRED, f"task {task.task_id} expired at {task.deadlines.expires_at:%Y-%m-%d %H:%M:%S}Z")
        if task.owner not in (None, request.actor):
            refuse(Refusal.CONFLICT, f"task {task.task_id} is claimed by {task.owner}")

    def _check_content(self, task: Task, request: TaskRequest) -> None:
        if request.action is Action.REJECT and not request.reason_code:
            refuse(Refusal.INVALID, "a rejection needs a reason code: --reason CODE")
        if request.action is Action.REJECT and rejection_of(task) is None:
            refuse(Refusal.INVALID, f"rejecting leads nowhere here: choose one of {', '.join(task.choices)}")
        if request.action is Action.ADJUST and not (task.kind.commits and request.adjustments):
            refuse(Refusal.INVALID, "only an option that clears a hold can be adjusted, with at least one new value")
        if request.action in (Action.APPROVE, Action.ADJUST) and self._option_code(task, request) not in task.choices:
            refuse(Refusal.INVALID, f"task {task.task_id} offers {', '.join(task.choices)}, not {request.option}")
        if request.action is Action.APPROVE and request.option == ENTER_BY_HAND and not _is_json_object(request):
            refuse(Refusal.INVALID, "entering by hand needs value={...}, a JSON object as the system would answer it")

    def _option_code(self, task: Task, request: TaskRequest) -> str | None:
        return choice_of(task, request)

    async def _authorised(self, task: Task, request: TaskRequest) -> Authorisation:
        before = task.state
        task.state = TaskState.AUTHORISING
        try:
            return await judgement.authorise(self._question_of_authority(task, request))
        except JudgementRefused as refused:
            kind, message = Refusal.UNAVAILABLE, "authority could not be checked: try again"
            if refused.kind in Refusal.__members__:
                kind, message = Refusal[refused.kind], refused.message
            raise ApplicationError(message, type=str(kind), non_retryable=True) from refused
        finally:
            if task.state is TaskState.AUTHORISING:  # and was not withdrawn meanwhile
                task.state = before

    def _question_of_authority(self, task: Task, request: TaskRequest) -> AuthoriseRequest:
        return AuthoriseRequest(
            case=self._case.ref,
            task_id=task.task_id,
            task_revision=task.revision,
            role=self._offers.role(task, self._option_code(task, request)),
            kind=task.kind,
            exception_type=task.exception_type,
            amount=self._offers.amount(task, self._option_code(task, request)),
            requesters=self._case.requesters,
            request=request,
            now=workflow.now(),
            option=choice_of(task, request),
            stake=at_stake(self._case, task, choice_of(task, request)),
        )

    async def _commit(self, task: Task, request: TaskRequest, authorisation: Authorisation) -> str:
        """Change the case, and say what changed."""
        if request.action is Action.ADJUST:
            return await self._adjust(task, request)
        acts: dict[Action, Callable[[], str]] = {
            Action.CLAIM: lambda: self._claim(task, authorisation),
            Action.RELEASE_CLAIM: lambda: self._release_claim(task),
            Action.COMMENT: lambda: self._comment(task, request, authorisation),
            Action.APPROVE: lambda: self._decide(task, request, authorisation),
            Action.REJECT: lambda: self._decide(task, request, authorisation),
        }
        return acts[request.action]()

    def _claim(self, task: Task, authorisation: Authorisation) -> str:
        task.owner = authorisation.subject
        task.state = TaskState.RESERVED
        return f"claimed by {authorisation.subject}"

    def _release_claim(self, task: Task) -> str:
        if task.owner is None:
            refuse(Refusal.CONFLICT, f"task {task.task_id} is not claimed")
        task.owner = None
        task.state = TaskState.READY
        return "claim released"

    def _comment(self, task: Task, request: TaskRequest, authorisation: Authorisation) -> str:
        if not request.comment:
            refuse(Refusal.INVALID, "a comment needs text")
        task.comments.append(Comment(at=workflow.now(), actor=authorisation.subject, text=request.comment))
        return f"comment {len(task.comments)}"

    def _decide(self, task: Task, request: TaskRequest, authorisation: Authorisation) -> str:
        grant_grace(self._case, task)
        option = self._option_code(task, request) or ""
        task.values = dict(request.adjustments)
        task.state = TaskState.DONE
        task.decision = Decision(
            task_id=task.task_id,
            outcome=self._outcome(task, request, option),
            option=option,
            decided_by=authorisation.subject,
            role=authorisation.role,
            amount=self._offers.amount(task, option),
            decided_at=workflow.now(),
            reason_code=request.reason_code,
            comment=request.comment,
            digest=request.digest,
            policy_version=authorisation.policy_version,
            evidence=authorisation.evidence,
        )
        return f"{task.decision.outcome}: {option}"

    def _outcome(self, task: Task, request: TaskRequest, option: str) -> ApprovalOutcome:
        if request.action is Action.REJECT:
            return ApprovalOutcome.REJECTED
        adjusted = self._offers.was_adjusted(task, option)
        return ApprovalOutcome.APPROVED_WITH_CHANGES if adjusted else ApprovalOutcome.APPROVED

    async def _adjust(self, task: Task, request: TaskRequest) -> str:
        """New values for an option: assessed again by policy, and then a new revision of the question."""
        code = self._option_code(task, request) or ""
        try:
            adopt = await self._offers.adjusted(task, code, request.adjustments)
        except JudgementRefused as refused:
            refuse(Refusal.INVALID, refused.message)
        self._check_open(task, request)
        adopt()
        return f"{code} adjusted: {', '.join(sorted(request.adjustments))}"


def _late(task: Task) -> bool:
    """Whether the deadline passed while nobody was there to act on it, but so lately that its extension saves it."""
    return LATE < workflow.now() - task.deadlines.expires_at <= LONGEST_EXTENSION


def _is_json_object(request: TaskRequest) -> bool:
    try:
        return isinstance(json.loads(request.adjustments.get("value", "")), dict)
    except ValueError:
        return False
