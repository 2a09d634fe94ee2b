"""Questions put to people, their deadlines, and the answers."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta
from enum import StrEnum

from pydantic import AwareDatetime, Field

from domain.base import Model, State, StrictModel, digest
from domain.exception_types import ExceptionType
from domain.money import Money


class TaskState(StrEnum):
    """Where a question stands."""

    READY = "READY"
    RESERVED = "RESERVED"
    INFO_REQUESTED = "INFO_REQUESTED"
    AUTHORISING = "AUTHORISING"
    APPLYING = "APPLYING"
    DONE = "DONE"
    WITHDRAWN = "WITHDRAWN"
    EXPIRED = "EXPIRED"
    FAULTED = "FAULTED"

    @property
    def is_open(self) -> bool:
        """Whether an answer is still wanted."""
        return self in (TaskState.READY, TaskState.RESERVED, TaskState.INFO_REQUESTED, TaskState.AUTHORISING)


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

    def later(self, by: timedelta) -> Deadlines:
        """The same deadlines, the expiry put off: granted once after an outage of ours."""
        return self.model_copy(update={"expires_at": self.expires_at + by})


class Comment(Model):
    """A remark on a task, up to 2 KB."""

    at: datetime
    actor: str
    text: str = Field(max_length=2048)


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
    on_behalf_of: str | None = Field(default=None, max_length=128)
    credential: str | None = None

    @property
    def digest(self) -> str:
        """What makes two requests the same decision."""
        return digest(self.model_dump(mode="json", exclude={"credential"}))

    @property
    def proof(self) -> str:
        """What names its credential without repeating it: SHA-256 in hex; empty without one."""
        return hashlib.sha256(self.credential.encode()).hexdigest() if self.credential else ""


class Evidence(Model):
    """By what a person was recognised: the key, the proof (its SHA-256), the digest of the key set of that moment."""

    kid: str
    proof: str
    key_set: str


class Decision(Model):
    """The answer to a task, by a named person, by `system:policy` or by `system:sla`."""

    task_id: str | None
    outcome: ApprovalOutcome
    option: str
    decided_by: str
    role: str | None = None
    amount: Money
    decided_at: datetime
    reason_code: str | None = None
    comment: str = ""
    digest: str
    policy_version: str
    evidence: Evidence | None = None
    """None if no person decided."""

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
    amount: Money
    choices: tuple[str, ...]
    recommended: str | None = None
    opened_at: datetime
    deadlines: Deadlines
    owner: str | None = None
    reminders_sent: int = 0
    escalation_level: int = 0
    extended: bool = False
    level: int = 0
    """How often silence had passed the question on before it became this task."""
    comments: list[Comment] = Field(default_factory=list)
    receipts: list[Receipt] = Field(default_factory=list)
    decision: Decision | None = None
    values: dict[str, str] = Field(default_factory=dict)
    """What the deciding person entered by hand."""
