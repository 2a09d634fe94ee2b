"""Everything about one held order, as its workflow keeps it: one serialisable state, carried whole."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum

from pydantic import Field

from domain.assessment import Assessment, Cause, Option, Step, Wait
from domain.base import Model, State
from domain.calls import CaseRef, CustomerWait, Notice, OpenException, ServiceTerms, StepResult
from domain.events import OrderEvent
from domain.exception_types import EXECUTION_ORDER, ExceptionType, IntegrationErrorKind
from domain.facts.fact import Fact, Facts
from domain.money import Money
from domain.order import Order
from domain.tasks import Decision, Task


class CaseState(StrEnum):
    """What a case is doing, in the words of the operator's list."""

    OPENED = "OPENED"
    GATHERING = "GATHERING"
    AWAITING_DECISION = "AWAITING_DECISION"
    WAITING = "WAITING"
    RETRYING = "RETRYING"
    EXECUTING = "EXECUTING"
    UNDOING = "UNDOING"
    FOLLOWING = "FOLLOWING"
    CLOSED = "CLOSED"


class CaseOutcome(StrEnum):
    """How a case ended."""

    RELEASED = "RELEASED"
    ORDER_CANCELLED = "ORDER_CANCELLED"
    """By a decision of ours, carried out in the ERP."""
    WITHDRAWN = "WITHDRAWN"
    """The order was cancelled in the ERP while we worked on it."""
    NO_LONGER_HELD = "NO_LONGER_HELD"
    """The ERP holds nothing, or no longer."""
    GIVEN_UP = "GIVEN_UP"
    """A person gave the case up because the ERP would not show the order: it may still be held."""


class ExceptionCase(State):
    """One hold on its way to a resolution."""

    subject: OpenException
    opened_at: datetime
    facts: dict[str, Fact] = Field(default_factory=dict)
    assessment: Assessment | None = None
    assessed_version: int = 0
    """The order version that the assessment rests on."""
    task_id: str | None = None
    questions: int = 0
    """How many tasks this hold has had."""
    decision: Decision | None = None
    approved: Option | None = None
    """The option as it was when it was decided on: later facts are held against it, never against the last look."""
    waiting: Wait | None = None
    waited_for: list[str] = Field(default_factory=list)
    adjustments: dict[str, dict[str, str]] = Field(default_factory=dict)
    wait_ends: dict[str, datetime] = Field(default_factory=dict)
    """When each wait ends: looking again in between does not prolong it."""
    abandoned: dict[str, str] = Field(default_factory=dict)
    """Options whose plan a person gave up half-way, with that person's role: never policy's own choice again."""
    awaited_cause: Cause | None = None
    """The cause whose common answer it waits for."""
    cause_workflow: str = ""
    """The workflow of that cause."""
    causes: dict[str, str] = Field(default_factory=dict)
    """The causes that were settled, by key, and how: none is joined a second time."""
    carried_out: bool = False
    """Whether its plan is in effect, while a later one is decided about anew on the order as this one left it."""
    resolved_at: datetime | None = None

    @property
    def hold_id(self) -> str:
        """The hold's id in the ERP."""
        return self.subject.hold.hold_id

    @property
    def exception_type(self) -> ExceptionType:
        """What kind of exception it is."""
        return self.subject.exception_type

    @property
    def gathered(self) -> Facts:
        """The facts in the form that playbooks take."""
        return Facts(items=tuple(self.facts.values()))


class Outage(State):
    """A system that cannot be reached. The attempt under way is Temporal's: see the pending activities."""

    system: str
    activity: str
    since: datetime
    kind: IntegrationErrorKind
    message: str
    attempt: int
    next_try_at: datetime
    task_id: str | None = None
    cause: str | None = None
    """The key of the cause by which it is asked about for all orders, as long as this one waits for the answer."""
    cause_workflow: str = ""
    settled: str | None = None
    """How that question was settled."""


class ExecutedStep(State):
    """A step that ran or may have run: put here before it starts, so that undoing never forgets one."""

    hold_id: str
    step: Step
    idempotency_key: str
    result: StepResult | None = None
    done: bool = False
    """Whether it is certain that it was done, by us or by hand."""
    kept: bool = False
    """Whether it was done ahead of the rest of its plan, to keep what the plan is going to need."""
    stands: bool = False
    """Whether its plan ran to the end and settled nothing yet: undone only if the hold goes away or the order ends."""


class AuditEntry(Model):
    """One line of the case's own story. `actor` is a subject id or `system:...`; no names, no strangers' text."""

    at: datetime
    actor: str
    action: str
    detail: str
    proof: str = ""
    """The SHA-256 of the signed proof behind it, if a person acted."""
    hash: str = ""
    """Its link in the chain (`domain.audit`): over the entry before it and itself."""


class Milestone(Model):
    """Something that happened to the order in the house, as another system told it: `at` is that system's time."""

    at: datetime
    source: str
    name: str
    detail: str = ""


class Case(State):
    """The state of the workflow `OrderException`."""

    ref: CaseRef
    opened_at: datetime
    state: CaseState = CaseState.OPENED
    order: Order | None = None
    order_version: int = 0
    """The newest version of the order that we know of, our own writes included."""
    examined_version: int = 0
    """What `order_version` was when the order was last read: if they differ, `order` is not what it was."""
    terms: ServiceTerms | None = None
    exceptions: dict[str, ExceptionCase] = Field(default_factory=dict)
    """The open ones, by hold id."""
    settled: list[ExceptionCase] = Field(default_factory=list)
    """Those that were resolved, and those whose hold went away by itself (they have no decision)."""
    asked: int = 0
    """How many tasks there have been; numbers them."""
    tasks: dict[str, Task] = Field(default_factory=dict)
    outages: dict[str, Outage] = Field(default_factory=dict)
    executed: list[ExecutedStep] = Field(default_factory=list)
    audit: list[AuditEntry] = Field(default_factory=list)
    audit_dropped: int = 0
    audit_base: str = ""
    """The link before the first entry that is kept; empty if that is the chain's beginning."""
    audit_head: str = ""
    """The last link; empty while nothing is recorded."""
    unlisted: dict[str, int] = Field(default_factory=dict)
    """How many lines of a kind were counted and not written down, since the last that was."""
    customer_waits: list[CustomerWait] = Field(default_factory=list)
    """When the customer was waited for, by however many holds: not our time."""
    seen_events: list[str] = Field(default_factory=list)
    news: list[OrderEvent] = Field(default_factory=list)
    """Events that nobody has acted on yet."""
    rounds: int = 0
    """How often a plan was started: part of the idempotency keys, because what was undone may be done again."""
    contradictions: int = 0
    """How often in a row a system refused what its own answers had promised."""
    pending_notices: dict[str, Notice] = Field(default_factory=dict)
    """Messages to approvers that are on their way; they never hold anything up."""
    releases: int = 0
    """How often this case released the order: more than once only if it was held again."""
    quarantined: int = 0
    customer_told: bool = False
    """Whether the customer knows of the last thing that we did to the order."""
    told_of: int = 0
    """How many of the settled exceptions the customer knows about."""
    published: dict[str, str] = Field(default_factory=dict)
    """The search attributes as last published."""
    outcome: CaseOutcome | None = None
    released_at: datetime | None = None
    shipped_at: datetime | None = None
    """When the first of it left."""
    invoiced_at: datetime | None = None
    milestones: list[Milestone] = Field(default_factory=list)
    """What other systems told of the order's way, in the order in which it was heard."""
    closed_at: datetime | None = None

    @property
    def in_order(self) -> list[ExceptionCase]:
        """The exceptions in the order in which their resolutions are carried out."""
        return sorted(
            self.exceptions.values(),
            key=lambda exception: (EXECUTION_ORDER.index(exception.exception_type), exception.hold_id),
        )

    @property
    def customer_until(self) -> datetime | None:
        """Until when the customer is waited for now: the first of the waits to end. None if nobody waits for them."""
        waits = [one.waiting for one in self.exceptions.values() if one.waiting and one.waiting.on_customer]
        return min((wait.until for wait in waits), default=None)

    @property
    def is_paused(self) -> bool:
        """Whether a wait for the customer has begun and not ended."""
        return bool(self.customer_waits) and self.customer_waits[-1].ended_at is None

    def waited_for_customer(self, now: datetime) -> timedelta:
        """How long the customer was waited for until `now`, in elapsed time."""
        return sum(((wait.ended_at or now) - wait.started_at for wait in self.customer_waits), timedelta(0))

    @property
    def open_tasks(self) -> list[Task]:
        """The questions that still want an answer, the most urgent first."""
        return sorted((task for task in self.tasks.values() if task.state.is_open), key=lambda task: task.due_at)

    @property
    def requesters(self) -> tuple[str, ...]:
        """Whoever entered or changed the order: they never decide."""
        return tuple(dict.fromkeys((self.order.entered_by, *self.order.changed_by))) if self.order else ()

    @property
    def exception_types(self) -> list[str]:
        """What kinds of exception there are or were, sorted."""
        return sorted({str(each.exception_type) for each in (*self.exceptions.values(), *self.settled)})

    @property
    def value_at_risk(self) -> Money | None:
        """What the order is worth, once it is known."""
        return self.order.value if self.order else None

    @property
    def touchless(self) -> bool:
        """Whether it was released and no person decided anything."""
        by_people = any(task.decision is not None and task.decision.by_person for task in self.tasks.values())
        return self.outcome is CaseOutcome.RELEASED and not by_people


class ResolvedException(Model):
    """How one hold ended."""

    hold_id: str
    exception_type: ExceptionType
    option: str | None
    decided_by: str | None
    role: str | None
    amount: Money | None
    opened_at: datetime
    resolved_at: datetime | None
    questions: int
    rework: bool = False
    """Whether the order had been held for the same not long before, and was let go."""


class ClosingSummary(Model):
    """What remains of a case in lists and metrics: result and memo of the workflow. Nothing personal."""

    tenant: str
    order_id: str
    customer_id: str | None
    outcome: CaseOutcome
    exceptions: tuple[ResolvedException, ...]
    touchless: bool
    opened_at: datetime
    released_at: datetime | None
    shipped_at: datetime | None
    invoiced_at: datetime | None
    closed_at: datetime
    order_value: Money | None
    added_cost: Money | None
    """What the chosen options cost us together."""
    reworked: int = 0
    """How many of the exceptions are rework."""
    invoice_delay: timedelta | None = None
    """From the first shipment to the invoice, in elapsed time."""
    waited_for_customer: float = 0
    """Seconds in which the next move was the customer's: no part of our own resolution time."""
    policy_version: str | None


class CaseStart(Model):
    """The argument of the workflow: which order, or the state of the run before this one."""

    ref: CaseRef
    carried: Case | None = None
