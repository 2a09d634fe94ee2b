"""What a playbook answers: ranked options, each with its cost, its effect on the customer and a plan as data."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field, JsonValue, StringConstraints

from domain.approvals.records import Level
from domain.base import Model, digest
from domain.events import EventType
from domain.exception_types import ExceptionType
from domain.facts.fact import Facts
from domain.money import Money
from domain.order import Hold, Order


class Jeopardy(StrEnum):
    """How close the carrier's cut-off is: slack = cut-off - now - P80(remaining) - pick and pack."""

    LOW = "LOW"
    MEDIUM = "MEDIUM"
    HIGH = "HIGH"
    CRITICAL = "CRITICAL"


class Disposition(StrEnum):
    """What becomes of the hold when the option's plan is done."""

    RELEASE = "RELEASE"
    """The order may go as far as this hold is concerned."""
    CANCEL_ORDER = "CANCEL_ORDER"
    """The order ends here, all of it."""
    REASSESS = "REASSESS"
    """Nothing is settled yet: after the plan's wait the facts are read and judged again."""


class Step(Model):
    """One write on one system. The activity is `{system}.{operation}`; `undo` names the operation that reverses it,
    finding what to reverse by the step's own idempotency key. A step without `undo` leaves nothing behind to undo.
    """

    step_id: str
    system: str
    operation: str
    arguments: dict[str, JsonValue] = {}
    undo: str | None = None
    summary: str
    pivot: bool = False
    mends_cause: bool = False
    """Whether it mends what other orders are held for, too, and is therefore done once for all of them."""
    early: bool = False
    """Whether it only keeps what the plan is going to need, and depends on no step before it: done as soon as its hold
    is decided, while other holds are still open.
    """

    @property
    def activity(self) -> str:
        """The activity that carries it out."""
        return f"{self.system}.{self.operation}"

    @property
    def undo_activity(self) -> str | None:
        """The activity that reverses it."""
        return None if self.undo is None else f"{self.system}.{self.undo}"


class Wait(Model):
    """Do nothing until one of `events` arrives or `until` passes; then judge again, knowing that `name` is over."""

    name: str
    until: datetime
    events: tuple[EventType, ...]
    reason: str
    on_customer: bool = False
    """Whether the next move is the customer's: our own deadline stands still meanwhile."""


class Plan(Model):
    """Steps in order; if `wait` is given it follows the steps."""

    steps: tuple[Step, ...] = ()
    wait: Wait | None = None


class Parameter(Model):
    """Something about an option that a person may adjust before approving it."""

    name: str
    meaning: str
    kind: Literal["decimal", "integer", "date", "text"]
    value: str
    minimum: str | None = None
    maximum: str | None = None


class CustomerMessage(Model):
    """A paragraph for the customer: the name of a template that the business owns, and its values."""

    template: str
    values: dict[str, str] = {}


class Option(Model):
    """One way to resolve the exception.

    `amount` is what authority is measured against (the resulting exposure, the goods' value, the tax at stake).
    `automatic` says whether policy lets it happen without a person.
    """

    code: str
    title: str
    reason: str
    cost: Money
    amount: Money
    role: str | None = None
    juniors: tuple[str, ...] = ()
    """The roles that decide about less of the same. If one of them is awaited later, nothing has become stricter."""
    automatic: bool = False
    disposition: Disposition = Disposition.RELEASE
    customer_effect: str
    plan: Plan = Plan()
    parameters: tuple[Parameter, ...] = ()
    messages: tuple[CustomerMessage, ...] = ()
    covered_by: str | None = None
    """If the option ends the order: another order of the customer that delivers what this one asks for. Nothing that
    anybody ordered is lost then, which makes it the one cancellation that a table may make automatic.
    """
    levels: tuple[Level, ...] = ()
    """The chain of approvals that it takes; none if one person decides."""
    tolerance_percent: Decimal = Decimal(0)
    """By how much `amount` or `cost` may have grown at execution before an approval is void."""


class Ask(Model):
    """A question for a role, because policy wants a person."""

    role: str
    amount: Money
    question: str
    segment: str = "*"


class Cause(Model):
    """What made this exception and others like it: a price record, a partner's mapping, a system that was silent.

    `key` is the same for all of them. It is put to one person once, and `fix` is the code of the option that mends it.
    """

    key: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._:/-]{0,99}$")]
    system: str
    title: str
    fix: str


class RuleHit(Model):
    """A row of a policy table that decided something: for people to look up, and for the audit."""

    table: str
    row: int
    rule: str


class Assessment(Model):
    """The answer of a playbook. Options are ranked, best first; `recommended` is the code of one of them.

    `ask` is None only if the recommended option is automatic. `wait_first` asks nobody yet.
    """

    exception_type: ExceptionType
    hold_id: str
    options: tuple[Option, ...]
    recommended: str
    reason: str
    ask: Ask | None = None
    wait_first: Wait | None = None
    cause: Cause | None = None
    """If given, and a person is to be asked, the question is put together with those of the same cause."""
    rules: tuple[RuleHit, ...] = ()
    findings: dict[str, str] = {}
    """The figures the judgement rests on, for people: name to value with unit."""
    jeopardy: Jeopardy = Jeopardy.LOW
    amount_at_risk: Money
    segment: str = "*"
    policy_version: str
    assessed_at: datetime

    def option(self, code: str) -> Option | None:
        """The option of that code, or None if it is not offered."""
        return next((option for option in self.options if option.code == code), None)

    @property
    def recommended_option(self) -> Option:
        """The option recommended."""
        option = self.option(self.recommended)
        if option is None:
            raise ValueError(f"recommended {self.recommended!r} is not among the options of hold {self.hold_id}")
        return option

    @property
    def first_role(self) -> str | None:
        """Who is asked first: the first of the recommended option's chain, else the role that is asked."""
        if self.ask is None:
            return None
        levels = self.recommended_option.levels
        return levels[0].role if levels else self.ask.role

    @property
    def digest(self) -> str:
        """The digest of what an approval is bound to: the options as offered, not the moment of looking."""
        return digest(self.hold_id, [option.model_dump(mode="json") for option in self.options])


class Circumstances(Model):
    """Everything a playbook judges by, besides the policies: a pure function of this has no other inputs."""

    order: Order
    hold: Hold
    facts: Facts
    now: datetime
    waited_for: tuple[str, ...] = ()
    """The names of waits that are over without having settled the matter."""
    adjustments: dict[str, dict[str, str]] = Field(default_factory=dict)
    """What a person changed, by option code: parameter to value."""
