"""Questions put to people, their deadlines, and the answers."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta
from enum import StrEnum

from pydantic import AwareDatetime, Field, field_validator

from domain.approvals.records import COMMENT_BYTES, Approval, Attachment, Enquiry, Evidence, HandOver, Level, Rest
from domain.base import Model, State, StrictModel, digest
from domain.exception_types import ExceptionType
from domain.money import Money


class TaskState(StrEnum):
    """Where a question stands."""

    READY = "READY"
    RESERVED = "RESERVED"
    INFO_REQUESTED = "INFO_REQUESTED"
    AUTHORISING = "AUTHORISING"
    """Whether somebody may is being looked up."""
    APPLYING = "APPLYING"
    """He may, and what his answer needs is being worked out: the next level's deadlines, say."""
    DONE = "DONE"
    WITHDRAWN = "WITHDRAWN"
    EXPIRED = "EXPIRED"
    FAULTED = "FAULTED"
    """It was decided, and what was decided could not be carried out."""

    @property
    def is_open(self) -> bool:
        """Whether an answer is still wanted."""
        return self.is_being_answered or self in (TaskState.READY, TaskState.RESERVED, TaskState.INFO_REQUESTED)

    @property
    def is_being_answered(self) -> bool:
        """Whether somebody's answer is being looked at: for moments, in which nothing else is done with it."""
        return self in (TaskState.AUTHORISING, TaskState.APPLYING)


KEEP_WAITING = "KEEP_WAITING"
"""The choice to bear with a system that is silent."""


class TaskKind(StrEnum):
    """What kind of answer is wanted."""

    RESOLUTION = "RESOLUTION"
    """Which option clears the hold."""
    OUTAGE = "OUTAGE"
    """What to do while a system cannot be reached."""
    REPAIR = "REPAIR"
    """A call was refused for good: what now."""
    CAUSE = "CAUSE"
    """What to do about a cause that holds many orders."""

    @property
    def commits(self) -> bool:
        """Whether the answer is about money: a question about a system commits none by itself."""
        return self in (TaskKind.RESOLUTION, TaskKind.CAUSE)


class Action(StrEnum):
    """What a person does with a task."""

    APPROVE = "APPROVE"
    REJECT = "REJECT"
    ADJUST = "ADJUST"
    CLAIM = "CLAIM"
    RELEASE_CLAIM = "RELEASE_CLAIM"
    COMMENT = "COMMENT"
    ASK = "ASK"
    """For information: the clock stands still meanwhile."""
    ANSWER = "ANSWER"
    DELEGATE = "DELEGATE"
    """The claim, to another person."""
    FORWARD = "FORWARD"
    """The question, to another role."""
    WITHDRAW = "WITHDRAW"
    """By whoever entered the order: it need not be decided any more."""
    REASSIGN = "REASSIGN"
    """By an administrator, to a person or a role."""
    EXTEND = "EXTEND"
    """By an administrator, once."""


class ApprovalOutcome(StrEnum):
    """How a question ended."""

    APPROVED = "APPROVED"
    APPROVED_WITH_CHANGES = "APPROVED_WITH_CHANGES"
    REJECTED = "REJECTED"
    ESCALATED = "ESCALATED"
    DELEGATED = "DELEGATED"
    EXPIRED = "EXPIRED"
    RECALLED = "RECALLED"
    AUTO_APPROVED = "AUTO_APPROVED"


class Refusal(StrEnum):
    """Why an action was refused. Each has its own exit code in the CLI."""

    UNAUTHENTICATED = "UNAUTHENTICATED"
    FORBIDDEN = "FORBIDDEN"
    SEGREGATION = "SEGREGATION"
    LIMIT = "LIMIT"
    EXPIRED = "EXPIRED"
    STALE = "STALE"
    CONFLICT = "CONFLICT"
    UNAVAILABLE = "UNAVAILABLE"
    NOT_FOUND = "NOT_FOUND"
    INVALID = "INVALID"


AGAIN = "AGAIN"
"""A refusal with this detail passes within moments: the sender's program tries again by itself."""


class Escalation(Model):
    """From `at` on, `role` is awaited."""

    at: AwareDatetime
    role: str


class ExpiryDefault(Model):
    """What `system:sla` does when nobody answered: carry out `option` if the task's amount is within `max_amount`,
    otherwise ask `ask_role`. Silence never approves more than the table's row allows.
    """

    option: str | None = None
    max_amount: Money | None = None
    ask_role: str


class Deadlines(Model):
    """Absolute instants computed in business time, with the digest of the calendar they came from."""

    acknowledge_by: AwareDatetime
    reminders: tuple[AwareDatetime, ...] = ()
    escalations: tuple[Escalation, ...] = ()
    expires_at: AwareDatetime
    at_expiry: ExpiryDefault
    at_rejection: str
    calendar_digest: str

    @classmethod
    def unknown(cls, now: datetime, role: str) -> Deadlines:
        """Those of a question that is being opened: everything is due now."""
        default = ExpiryDefault(ask_role=role)
        return cls(acknowledge_by=now, expires_at=now, at_expiry=default, at_rejection="", calendar_digest="")

    def later(self, by: timedelta) -> Deadlines:
        """The same deadlines, the expiry put off: granted once after an outage of ours."""
        return self.model_copy(update={"expires_at": self.expires_at + by})


class Comment(Model):
    """A remark on a task, up to 2 KB, and the documents that belong to it."""

    at: datetime
    actor: str
    text: str = Field(max_length=2048)
    attachments: tuple[Attachment, ...] = ()


class TaskRequest(StrictModel):
    """What a caller sends to act on a task: the argument of the updates and of the `decision` signal.

    `credential` is the signed proof of who sends it, a compact JWS (`domain.credential`): without one nothing is done.
    """

    task_id: str = Field(max_length=200)
    task_revision: int = Field(ge=1)
    action: Action
    actor: str = Field(min_length=1, max_length=128)
    option: str | None = Field(default=None, max_length=64)
    adjustments: dict[str, str] = Field(default_factory=dict, max_length=20)
    reason_code: str | None = Field(default=None, max_length=64)
    comment: str = Field(default="", max_length=2048)
    """Also the question of ASK and the text of ANSWER."""
    attachments: tuple[Attachment, ...] = Field(default=(), max_length=10)
    to: str | None = Field(default=None, max_length=128)
    """The person meant by DELEGATE, REASSIGN and ASK."""
    role: str | None = Field(default=None, max_length=64)
    """The role meant by FORWARD and REASSIGN."""
    on_behalf_of: str | None = Field(default=None, max_length=128)
    credential: str | None = None

    @field_validator("comment")
    @classmethod
    def _short(cls, comment: str) -> str:
        if len(comment.encode()) > COMMENT_BYTES:
            raise ValueError(f"is longer than {COMMENT_BYTES} bytes: shorten it, or attach a document")
        return comment

    @property
    def persons(self) -> tuple[str, ...]:
        """Who acts, and for whom."""
        return (self.actor,) if self.on_behalf_of is None else (self.actor, self.on_behalf_of)

    @property
    def digest(self) -> str:
        """What makes two requests the same decision."""
        return digest(self.model_dump(mode="json", exclude={"credential"}))

    @property
    def proof(self) -> str:
        """What names its credential without repeating it: SHA-256 in hex; empty without one."""
        return hashlib.sha256(self.credential.encode()).hexdigest() if self.credential else ""


class Decision(Model):
    """The answer to a task, by a named person, by `system:policy` or by `system:sla`."""

    task_id: str | None
    outcome: ApprovalOutcome
    option: str
    decided_by: str
    """Of several approvals the last, which decided it."""
    on_behalf_of: str | None = None
    role: str | None = None
    amount: Money
    decided_at: datetime
    reason_code: str | None = None
    comment: str = ""
    digest: str
    policy_version: str
    evidence: Evidence | None = None
    """None if no person decided."""
    approvals: tuple[Approval, ...] = ()
    """Everybody's whose yes it took."""

    @property
    def by_person(self) -> bool:
        """Whether a person stands behind it."""
        return not self.decided_by.startswith("system:")


class Receipt(Model):
    """The answer to a request: what was recorded, so that a caller can compare digests."""

    task_id: str
    task_revision: int
    task_state: TaskState
    action: Action
    actor: str
    digest: str
    recorded_at: datetime
    message: str
    proof: str = ""
    """The SHA-256 of the credential that it answers."""
    audit_length: int = 0
    audit_head: str = ""
    """Length and head of the case's audit chain, this answer included: whoever keeps it can prove a later cut."""


class Task(State):
    """A question put to a role."""

    task_id: str
    revision: int = 1
    kind: TaskKind
    state: TaskState = TaskState.READY
    hold_id: str | None = None
    exception_type: ExceptionType | None = None
    system: str | None = None
    question: str
    role: str
    """Who is awaited now."""
    asked_role: str = ""
    """Whom policy asked, before the question was escalated or forwarded."""
    amount: Money
    choices: tuple[str, ...]
    recommended: str | None = None
    segment: str = "*"
    service_level: str = "STANDARD"
    site: str = "*"
    opened_at: datetime
    deadlines: Deadlines
    owner: str | None = None
    owner_for: str | None = None
    """Whom the owner acts for."""
    reminders_sent: int = 0
    escalation_level: int = 0
    extended: bool = False
    """Whether the deadline was put off because we were late."""
    put_off: bool = False
    """Whether an administrator put the deadline off."""
    level: int = 0
    """How often silence had passed the question on before it became this task."""
    levels: tuple[Level, ...] = ()
    """The chain that its approval takes; empty if one person decides."""
    approvals: list[Approval] = Field(default_factory=list)
    """Those of this revision's content; a change of what is approved voids them."""
    stands_in: bool = False
    """Whether `role` is awaited in the place of the level's own, by escalation or forwarding."""
    adjusters: list[str] = Field(default_factory=list)
    handovers: list[HandOver] = Field(default_factory=list)
    enquiries: list[Enquiry] = Field(default_factory=list)
    rest: Rest | None = None
    """What was left on the clock, while it stands still."""
    running_since: datetime | None = None
    consumed: timedelta = timedelta(0)
    """Business time that was used up before `running_since`."""
    turns: int = 0
    """How often the question changed hands."""
    comments: list[Comment] = Field(default_factory=list)
    receipts: list[Receipt] = Field(default_factory=list)
    decision: Decision | None = None
    values: dict[str, str] = Field(default_factory=dict)
    """What the deciding person entered by hand."""
    withdrawn: str = ""
    """Why it was taken back, if it was."""

    @property
    def is_paused(self) -> bool:
        """Whether the clock stands still."""
        return self.rest is not None

    @property
    def open_enquiry(self) -> Enquiry | None:
        """The request for information that is not answered."""
        return self.enquiries[-1] if self.is_paused and self.enquiries else None

    @property
    def due_at(self) -> datetime:
        """The next moment at which somebody must have done something."""
        enquiry = self.open_enquiry
        return enquiry.until if enquiry else self.deadlines.expires_at

    @property
    def idle_state(self) -> TaskState:
        """Where it stands while nothing is being done with it."""
        if self.is_paused:
            return TaskState.INFO_REQUESTED
        return TaskState.READY if self.owner is None else TaskState.RESERVED

    def pass_to(self, role: str, *, stands_in: bool) -> None:
        """Await `role`. A claim is dropped."""
        self.role = role
        self.stands_in = stands_in
        self.drop_claim()

    def drop_claim(self) -> None:
        """Whoever holds the role may take it."""
        self.owner = None
        self.owner_for = None
        self.turns += 1
        self.state = self.idle_state
