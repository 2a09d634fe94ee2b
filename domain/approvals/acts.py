"""What each action does to a task: pure transitions, each answers with what was recorded in words.

Whoever calls them has passed the gate, and has been authorised by policy on the task as it is.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from domain.approvals.chain import given, position
from domain.approvals.content import option_code
from domain.approvals.records import Approval, Enquiry, HandOver, Level
from domain.approvals.refused import Refused
from domain.audit import Anchor
from domain.base import digest
from domain.calls import Authorisation, Paused
from domain.money import Money
from domain.tasks import (
    Action,
    ApprovalOutcome,
    Comment,
    Deadlines,
    Decision,
    Receipt,
    Refusal,
    Task,
    TaskRequest,
    TaskState,
)

POLICY = "system:policy"


def claim(task: Task, who: Authorisation) -> str:
    """The task is his until he gives it back or the question is escalated."""
    task.owner, task.owner_for = who.subject, who.on_behalf_of
    task.state = task.idle_state
    return f"claimed by {in_words(who.subject, who.on_behalf_of)}"


def release_claim(task: Task) -> str:
    """Whoever holds the role may take it."""
    task.drop_claim()
    return "claim released"


def comment(task: Task, request: TaskRequest, who: Authorisation, now: datetime) -> str:
    """A remark, for whoever reads the task."""
    _remark(task, request, who, now)
    return f"comment {len(task.comments)}"


def delegate(task: Task, request: TaskRequest, who: Authorisation, now: datetime) -> str:
    """The claim goes to another person."""
    taker = request.to or ""
    task.handovers.append(HandOver(at=now, givers=request.persons, taker=taker))
    _give(task, taker)
    if request.comment:
        _remark(task, request, who, now)
    return f"delegated to {taker}"


def forward(task: Task, request: TaskRequest, who: Authorisation, now: datetime) -> str:
    """Another role is awaited in the place of this one."""
    task.pass_to(request.role or "", stands_in=True)
    if request.comment:
        _remark(task, request, who, now)
    return f"forwarded to {task.role}"


def reassign(task: Task, request: TaskRequest) -> str:
    """By an administrator: to a person, or to a role."""
    if request.to is None:
        task.pass_to(request.role or "", stands_in=True)
        return f"reassigned to {task.role}"
    _give(task, request.to)
    return f"reassigned to {request.to}"


def extend(task: Task, deadlines: Deadlines) -> str:
    """By an administrator: once, to the deadlines that policy gives."""
    task.deadlines = deadlines
    task.put_off = True
    return f"deadline put off to {deadlines.expires_at:%Y-%m-%d %H:%M:%S}Z"


def ask(task: Task, request: TaskRequest, who: Authorisation, paused: Paused, now: datetime) -> str:
    """The clock stands still until somebody answers, or for as long as policy allows."""
    task.enquiries.append(
        Enquiry(asked_at=now, asked_by=who.subject, of=request.to, text=request.comment, until=paused.until)
    )
    task.consumed += paused.consumed
    task.rest = paused.rest
    task.state = task.idle_state
    return f"asked {request.to or 'the requester'}; the clock stands still until {paused.until:%Y-%m-%d %H:%M:%S}Z"


def answer(task: Task, request: TaskRequest, who: Authorisation, deadlines: Deadlines, now: datetime) -> str:
    """The clock goes on, and the answer stands with the question."""
    enquiry = task.enquiries[-1]
    proceed(task, deadlines, now)
    task.enquiries[-1] = enquiry.model_copy(
        update={"ended_at": now, "answered_by": who.subject, "answer": request.comment}
    )
    if request.attachments:
        _remark(task, request, who, now)
    return f"answered; due {deadlines.expires_at:%Y-%m-%d %H:%M:%S}Z"


def proceed(task: Task, deadlines: Deadlines, now: datetime) -> None:
    """The clock goes on with what was left on it, whether anybody answered or not."""
    resumed_at = min(now, task.enquiries[-1].until)
    task.enquiries[-1] = task.enquiries[-1].model_copy(update={"ended_at": resumed_at})
    task.deadlines = deadlines
    task.rest = None
    task.running_since = resumed_at
    task.state = task.idle_state


def adjusted(task: Task, request: TaskRequest) -> None:
    """Remember who had a hand in the figures: he is not sole approver of large amounts."""
    task.adjusters = list(dict.fromkeys((*task.adjusters, *request.persons)))


def void_approvals(task: Task) -> bool:
    """What was approved in part is not what is asked any more. Whether there was anything to void."""
    had = bool(task.approvals)
    task.approvals.clear()
    return had


def approval_of(task: Task, request: TaskRequest, who: Authorisation, now: datetime) -> Approval:
    """The yes of whoever sent it."""
    levels = levels_of(who)
    return Approval(
        subject=who.subject,
        on_behalf_of=who.on_behalf_of,
        role=who.role,
        stands_for=levels[who.at].role,
        option=option_code(task, request) or "",
        at=now,
        digest=request.digest,
        reason_code=request.reason_code,
        comment=request.comment,
        evidence=who.evidence,
    )


def levels_of(who: Authorisation) -> tuple[Level, ...]:
    """The chain, also if it is one person."""
    return who.levels or (Level(role=who.role),)


def next_level(task: Task, approval: Approval, who: Authorisation) -> Level | None:
    """The level that is awaited after this approval; None if it was the last that was needed."""
    levels = levels_of(who)
    at = position(levels, [*task.approvals, approval])
    return levels[at] if at < len(levels) else None


def approve_in_part(task: Task, approval: Approval, who: Authorisation, awaited: Level, deadlines: Deadlines) -> str:
    """One yes of several: the next person of the level is awaited, or the next level with deadlines of its own."""
    task.levels = levels_of(who)
    task.approvals.append(approval)
    count = given(awaited, task.approvals)
    if awaited.role == approval.stands_for:
        task.drop_claim()
        return f"approved by {count} of {awaited.quorum} in {awaited.role}: {approval.option}"
    task.asked_role = awaited.role
    task.pass_to(awaited.role, stands_in=False)
    task.revision += 1
    task.deadlines = deadlines
    task.running_since, task.consumed = approval.at, timedelta(0)
    task.reminders_sent = task.escalation_level = 0
    task.extended = False
    return f"approved as {approval.stands_for}: {approval.option}; {awaited.role} is next"


def approve(
    task: Task, approval: Approval, request: TaskRequest, who: Authorisation, *, amount: Money, outcome: ApprovalOutcome
) -> str:
    """The last yes that was needed."""
    task.levels = who.levels
    task.approvals.append(approval)
    return _decide(task, request, who, option=approval.option, amount=amount, outcome=outcome, now=approval.at)


def reject(task: Task, request: TaskRequest, who: Authorisation, amount: Money, now: datetime) -> str:
    """A no at any level is final."""
    option, outcome = option_code(task, request) or "", ApprovalOutcome.REJECTED
    return _decide(task, request, who, option=option, amount=amount, outcome=outcome, now=now)


def withdraw(task: Task, request: TaskRequest, who: Authorisation, amount: Money, now: datetime) -> str:
    """The requester gives the order up: policy applies what a no leads to, and says at whose word."""
    option = task.deadlines.at_rejection
    task.rest = None
    task.state = TaskState.WITHDRAWN
    task.decision = Decision(
        task_id=task.task_id,
        outcome=ApprovalOutcome.RECALLED,
        option=option,
        decided_by=POLICY,
        amount=amount,
        decided_at=now,
        reason_code=request.reason_code or "WITHDRAWN_BY_REQUESTER",
        comment=request.comment or f"withdrawn by {who.subject}",
        digest=digest(request.digest, POLICY),
        policy_version=who.policy_version,
    )
    return f"withdrawn: {option}"


def receipt_of(task: Task, request: TaskRequest, message: str, now: datetime, anchor: Anchor) -> Receipt:
    """The answer to the request, which the same request will have again. `anchor` is that of the case's audit chain."""
    receipt = Receipt(
        task_id=task.task_id,
        task_revision=task.revision,
        task_state=task.state,
        action=request.action,
        actor=request.actor,
        digest=request.digest,
        recorded_at=now,
        message=message,
        proof=request.proof,
        audit_length=anchor.length,
        audit_head=anchor.head,
    )
    task.receipts.append(receipt)
    return receipt


def in_words(subject: str, on_behalf_of: str | None) -> str:
    """Who acted, as people read it."""
    return subject if on_behalf_of is None else f"{subject} on behalf of {on_behalf_of}"


def _decide(
    task: Task,
    request: TaskRequest,
    who: Authorisation,
    *,
    option: str,
    amount: Money,
    outcome: ApprovalOutcome,
    now: datetime,
) -> str:
    if task.decision is not None:
        raise Refused(Refusal.CONFLICT, f"task {task.task_id} was decided by {task.decision.decided_by}")
    task.values = dict(request.adjustments)
    task.state = TaskState.DONE
    task.owner, task.owner_for = who.subject, who.on_behalf_of
    task.decision = Decision(
        task_id=task.task_id,
        outcome=outcome,
        option=option,
        decided_by=who.subject,
        on_behalf_of=who.on_behalf_of,
        role=who.role,
        amount=amount,
        decided_at=now,
        reason_code=request.reason_code,
        comment=request.comment,
        digest=request.digest,
        policy_version=who.policy_version,
        evidence=who.evidence,
        approvals=tuple(task.approvals) if request.action is Action.APPROVE else (),
    )
    return f"{outcome}: {option}"


def _give(task: Task, taker: str) -> None:
    task.owner, task.owner_for = taker, None
    task.turns += 1
    task.state = task.idle_state


def _remark(task: Task, request: TaskRequest, who: Authorisation, now: datetime) -> None:
    task.comments.append(Comment(at=now, actor=who.subject, text=request.comment, attachments=request.attachments))
