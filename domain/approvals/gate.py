"""What a request must be before anybody's authority is looked at: pure checks that change nothing."""

from __future__ import annotations

from datetime import datetime, timedelta

from domain.approvals.chain import same
from domain.approvals.content import check_content
from domain.approvals.refused import Refused
from domain.tasks import Action, Receipt, Refusal, Task, TaskRequest, TaskState

LATE = timedelta(seconds=60)
LONGEST_EXTENSION = timedelta(minutes=30)
LARGEST = 16 * 1024
"""Bytes of a request, its credential apart."""

ADMINISTRATION = (Action.REASSIGN, Action.EXTEND)
_OWNERS = (Action.RELEASE_CLAIM, Action.DELEGATE, Action.FORWARD, Action.ASK)
_NOT_FOR_OTHERS = (Action.ANSWER, Action.WITHDRAW, *ADMINISTRATION)
_WHILE_PAUSED = (Action.ANSWER, Action.WITHDRAW, Action.COMMENT)


def check(task: Task, request: TaskRequest, now: datetime) -> None:
    """Refuse what cannot succeed whoever asks for it. Raises Refused."""
    check_size(request)
    if answered(task, request) is None:
        check_open(task, request, now)
        check_content(task, request)


def check_size(request: TaskRequest) -> None:
    """Refuse what is no decision but a load."""
    size = len(request.model_dump_json(exclude={"credential"}).encode())
    if size > LARGEST:
        raise Refused(
            Refusal.INVALID, f"the request has {size} bytes, and {LARGEST} are allowed: attach a link instead"
        )


def answered(task: Task, request: TaskRequest) -> Receipt | None:
    """The answer to the same request, if it was recorded before. What comes and goes, such as a claim, is answered so
    only as long as it lasts, but the same proof is never acted on again.
    """
    lasts = _lasts(task, request)
    for receipt in reversed(task.receipts):
        if (lasts and receipt.digest == request.digest) or (request.proof and receipt.proof == request.proof):
            return receipt
    return None


def _lasts(task: Task, request: TaskRequest) -> bool:
    match request.action:
        case Action.CLAIM:
            return (task.owner, task.owner_for) == (request.actor, request.on_behalf_of)
        case Action.RELEASE_CLAIM:
            return task.owner is None
        case Action.DELEGATE | Action.REASSIGN if request.to is not None:
            return task.owner == request.to
        case Action.FORWARD | Action.REASSIGN:
            return task.role == request.role and task.owner is None
        case _:
            return True


def check_open(task: Task, request: TaskRequest, now: datetime) -> None:
    """Whether the task still takes such a request, in the revision that its sender saw."""
    if request.action is Action.COMMENT:
        return
    over = settled(task)
    if over is not None:
        raise over
    if request.task_revision != task.revision:
        message = f"task {task.task_id} is at revision {task.revision} and you answered {request.task_revision}"
        raise Refused(Refusal.STALE, f"{message}: look at it again")
    _check_clock(task, request, now)
    _check_owner(task, request)


def settled(task: Task) -> Refused | None:
    """Why nothing is left to decide, with whoever was first; None while it is open."""
    decision = task.decision
    if task.state is TaskState.EXPIRED:
        done = (
            f"{decision.decided_by} did {decision.option}"
            if decision
            else f"{task.deadlines.at_expiry.ask_role} is asked now"
        )
        return Refused(Refusal.EXPIRED, f"{_expired(task)}: {done}")
    if decision is not None:
        message = f"task {task.task_id} was decided by {decision.decided_by}: {decision.option}"
        return Refused(Refusal.CONFLICT, message)
    if task.state.is_open:
        return None
    return Refused(
        Refusal.CONFLICT, f"task {task.task_id} is {task.state}: {task.withdrawn or 'nothing is left to decide'}"
    )


def _expired(task: Task) -> str:
    return f"task {task.task_id} expired at {task.deadlines.expires_at:%Y-%m-%d %H:%M:%S}Z"


def _check_clock(task: Task, request: TaskRequest, now: datetime) -> None:
    enquiry = task.open_enquiry
    if enquiry is not None and request.action not in _WHILE_PAUSED:
        message = f"task {task.task_id} waits for information until {enquiry.until:%Y-%m-%d %H:%M:%S}Z"
        raise Refused(Refusal.CONFLICT, f"{message}: answer it first")
    if enquiry is None and request.action is Action.ANSWER:
        raise Refused(Refusal.CONFLICT, f"task {task.task_id} waits for no information: leave a comment instead")
    if not task.is_paused and now > task.deadlines.expires_at and (task.extended or not is_late(task, now)):
        raise Refused(Refusal.EXPIRED, _expired(task))


def is_late(task: Task, now: datetime) -> bool:
    """Whether the deadline passed while nobody was there to act on it, but so lately that its extension saves it."""
    return LATE < now - task.deadlines.expires_at <= LONGEST_EXTENSION


def _check_owner(task: Task, request: TaskRequest) -> None:
    if request.action in _NOT_FOR_OTHERS:
        return
    if task.owner is not None and not same(task.owner, request.actor):
        raise Refused(Refusal.CONFLICT, f"task {task.task_id} is claimed by {task.owner}")
    if task.owner is None and request.action in _OWNERS:
        raise Refused(Refusal.CONFLICT, f"task {task.task_id} is not claimed: claim it first")
