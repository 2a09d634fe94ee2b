"""What the workflow and its activities say to each other."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum

from pydantic import AwareDatetime, JsonValue

from domain.approvals.records import Approval, Evidence, Level, Rest
from domain.assessment import Assessment, CustomerMessage, Option
from domain.base import Model
from domain.exception_types import ExceptionType
from domain.facts.fact import FactRequest, Facts
from domain.money import Money
from domain.order import Hold, Order
from domain.tasks import Deadlines, Decision, Refusal, Task, TaskKind, TaskRequest


class CaseRef(Model):
    """Which case a call is for."""

    tenant: str
    order_id: str
    workflow_id: str


class FactCall(Model):
    """Read one fact. The activity `{system}.{operation}` answers with a `Fact`."""

    case: CaseRef
    request: FactRequest


class StepCall(Model):
    """Carry out one step. `order_version` is the version the decision rests on; `may_have_happened` orders to look for
    the effect of `idempotency_key` before writing, because an earlier attempt's outcome is not known.
    """

    case: CaseRef
    order_version: int
    step_id: str
    arguments: dict[str, JsonValue]
    idempotency_key: str
    reason: str
    decided_by: str
    may_have_happened: bool = False


class UndoCall(Model):
    """Reverse whatever was written under `reference`, the idempotency key of the step; nothing found is success."""

    case: CaseRef
    step_id: str
    reference: str
    idempotency_key: str
    reason: str


class StepResult(Model):
    """What a write left behind. `order_version` is set if the step changed the order in the ERP: the version that this
    write made, never a later one.
    """

    reference: str
    resource_id: str
    order_version: int | None = None
    detail: dict[str, JsonValue] = {}
    read_back: bool = False


class TriageRequest(Model):
    """Look at the order: the argument of `triage.examine_order`."""

    case: CaseRef
    opened_at: datetime


class OpenException(Model):
    """A hold as triage sees it: its type, whose it is, and the facts its playbook wants."""

    hold: Hold
    exception_type: ExceptionType
    owning_team: str
    fact_requests: tuple[FactRequest, ...]
    rework_of: str | None = None
    """The hold of the same type that was taken off this order so short a time ago that this one is rework."""


class OutagePolicy(Model):
    """When a system's silence becomes a person's business, and whose: the answer of `deadlines.outage_policy`."""

    system: str
    ask_after: timedelta
    role: str
    together: bool = False
    """Whether all orders that wait for it are asked about at once."""


class ServiceTerms(Model):
    """The policy data the lifecycle itself needs, fixed at triage."""

    due_at: AwareDatetime
    recheck_after: timedelta
    """Facts older than this are read again before anything is carried out."""
    follow_until: str
    """`RELEASED`, `SHIPPED` or `INVOICED`: what closes the case."""
    follow_for: timedelta
    """How long that is waited for."""
    policy_version: str


class Triage(Model):
    """The order as the ERP has it now, and its open holds in the order of execution."""

    order: Order
    exceptions: tuple[OpenException, ...]
    terms: ServiceTerms


class AssessRequest(Model):
    """Judge one exception: the argument of `assessment.assess`, answered with an `Assessment`."""

    case: CaseRef
    order: Order
    hold: Hold
    exception_type: ExceptionType
    facts: Facts
    waited_for: tuple[str, ...] = ()
    adjustments: dict[str, dict[str, str]] = {}


class RecheckRequest(Model):
    """Does a decision still stand on today's facts: the argument of `assessment.recheck`, answered with a `Recheck`."""

    assess: AssessRequest
    approved: Option


class Recheck(Model):
    """`changes` says in words what moved for the worse; none means that the decision stands."""

    assessment: Assessment
    changes: tuple[str, ...]

    @property
    def stands(self) -> bool:
        """Whether what was decided may be carried out."""
        return not self.changes


class DeadlineRequest(Model):
    """When to remind, escalate and expire: the argument of `deadlines.schedule`, answered with `Deadlines`.

    `level` is 0 for the first question about a hold, and one more each time silence passed it on.
    """

    case: CaseRef
    kind: TaskKind
    exception_type: ExceptionType | None
    role: str
    amount: Money
    segment: str = "*"
    service_level: str
    site: str
    opened_at: AwareDatetime
    level: int = 0
    barred: tuple[str, ...] = ()
    """Who may not decide whatever the role: whoever asked for the order, or has filled a level of its chain."""


class CustomerWait(Model):
    """A stretch of time in which the next move was the customer's; open as long as there is no end."""

    started_at: AwareDatetime
    ended_at: AwareDatetime | None = None


class ResumeRequest(Model):
    """By when a case is due whose customer was waited for: the argument of `deadlines.resume`.

    `due_at` moves by the business time of `site` that lies in `pauses`; the answer is a `Resumed`.
    """

    case: CaseRef
    due_at: AwareDatetime
    pauses: tuple[CustomerWait, ...]
    site: str


class Resumed(Model):
    """The new deadline."""

    due_at: AwareDatetime


class PauseRequest(Model):
    """Stop the clock of a question: the argument of `deadlines.pause`, answered with a `Paused`.

    `enquiries` is how often that was done before. Once too often is an ApplicationError of type INVALID.
    """

    case: CaseRef
    kind: TaskKind
    exception_type: ExceptionType | None
    deadlines: Deadlines
    running_since: AwareDatetime
    at: AwareDatetime
    site: str
    enquiries: int


class Paused(Model):
    """Until when the clock may stand still, what it had used up in this stretch, and what is left."""

    until: AwareDatetime
    consumed: timedelta
    rest: Rest


class ProceedRequest(Model):
    """Let the clock of a question go on: the argument of `deadlines.proceed`, answered with the new `Deadlines`."""

    case: CaseRef
    deadlines: Deadlines
    rest: Rest
    at: AwareDatetime
    site: str


class ExtendRequest(Model):
    """Put a question's expiry off: the argument of `deadlines.extend`, answered with the new `Deadlines`."""

    case: CaseRef
    kind: TaskKind
    exception_type: ExceptionType | None
    deadlines: Deadlines
    site: str


class AuthoriseRequest(Model):
    """May this actor do this now: the argument of `authorisation.authorise`.

    Answered with an `Authorisation`; a refusal is an ApplicationError whose type is the `Refusal`. `role` is the one
    that must decide about the option if there is no chain. Everything else is what the task knows of its people.
    """

    case: CaseRef
    task_id: str
    task_revision: int
    role: str
    kind: TaskKind
    exception_type: ExceptionType | None
    amount: Money
    requesters: tuple[str, ...]
    request: TaskRequest
    now: datetime
    option: str | None = None
    """The choice that the request comes to, also where it names none."""
    stake: Money | None = None
    """What that choice commits, as the signer saw it if nothing has changed; `amount` if not given."""
    asked_role: str = ""
    """Whom policy asked, before the question was escalated or forwarded."""
    stand_in: str | None = None
    """The role awaited in the place of the level's own."""
    stricter: str | None = None
    """A role that this option needs, whatever the chain."""
    decider: str | None = None
    """The role that decides about this option, by the rules of its type: the chain may depend on it."""
    approvals: tuple[Approval, ...] = ()
    adjusters: tuple[str, ...] = ()
    givers: tuple[str, ...] = ()
    """Who has delegated it before."""
    owner: str | None = None
    asked_person: str | None = None
    """Who was asked for information."""


class Authorisation(Model):
    """Who acts, in which role and for whom, and by which policy that was found.

    `levels` is the chain that the option takes, none if this one person decides; `at` is the level that he fills.
    """

    subject: str
    role: str
    policy_version: str
    evidence: Evidence | None = None
    on_behalf_of: str | None = None
    levels: tuple[Level, ...] = ()
    at: int = 0


class ScreenRequest(Model):
    """Which of these signalled requests carry a valid proof: the argument of `authorisation.screen`."""

    case: CaseRef
    requests: tuple[TaskRequest, ...]
    now: datetime


class Screened(Model):
    """The answer to a `ScreenRequest`: for each request the refusal it deserves, None for one that may go on."""

    refusals: tuple[Refusal | None, ...]


class NoticeKind(StrEnum):
    """Why people are written to about a task."""

    ASKED = "ASKED"
    REMINDER = "REMINDER"
    ESCALATED = "ESCALATED"
    EXPIRED = "EXPIRED"
    WITHDRAWN = "WITHDRAWN"
    ENQUIRY = "ENQUIRY"
    """Information is wanted of the people named."""
    ANSWERED = "ANSWERED"


class Notice(Model):
    """Tell a role about a task: the argument of `notification.notify_role`. `message_id` makes it once.

    If `people` are named, they are told and nobody else; those who are not in `people.csv` (a gateway that entered the
    order, say) are passed over.
    """

    case: CaseRef
    message_id: str
    kind: NoticeKind
    role: str
    task: Task
    headline: str
    people: tuple[str, ...] = ()


class CustomerNotice(Model):
    """Tell the customer, once for the whole order: the argument of `notification.tell_customer`."""

    case: CaseRef
    message_id: str
    customer_id: str
    po_number: str
    outcome: str
    messages: tuple[CustomerMessage, ...]


class Sent(Model):
    """What became of a message: `SENT`, `ALREADY_SENT`, `UNCERTAIN` when a crash hid whether it went out, or `NOBODY`
    when none of the people named can be written to.
    """

    message_id: str
    status: str


class ReleaseResolution(Model):
    """Why one hold goes away, as the ERP will keep it."""

    hold_id: str
    resolution: str
    reason: str
    decided_by: str
    on_behalf_of: str | None = None
    """Whom a substitute acted for."""
    role: str | None
    amount: Money
    policy_version: str

    @classmethod
    def of(cls, hold_id: str, reason: str, decision: Decision) -> ReleaseResolution:
        """The ERP's record of a decision."""
        return cls(
            hold_id=hold_id,
            resolution=decision.option,
            reason=reason,
            decided_by=decision.decided_by,
            on_behalf_of=decision.on_behalf_of,
            role=decision.role,
            amount=decision.amount,
            policy_version=decision.policy_version,
        )
