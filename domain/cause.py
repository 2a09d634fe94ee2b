"""One cause that holds many orders: what its workflow is told, what it keeps, and what it answers."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum

from pydantic import AwareDatetime, Field

from domain.approvals.records import Level
from domain.assessment import Cause, Option
from domain.base import Model
from domain.calls import AssessRequest, CaseRef
from domain.case import Case
from domain.exception_types import ExceptionType
from domain.money import Money
from domain.order import ServiceLevel
from domain.tasks import Decision

_MOST_URGENT_FIRST = tuple(ServiceLevel)
SEPARATELY = "SEPARATELY"
"""The choice to mend nothing for all: every order asks for itself."""


class Settlement(StrEnum):
    """How a cause ended."""

    MENDED = "MENDED"
    """It is gone: every order looks at its facts again, and is resolved by its own rules."""
    BORNE = "BORNE"
    """It is waited for, by all of them: the silence of a system."""
    SEPARATELY = "SEPARATELY"
    """Nothing was mended: every order asks for itself."""


class Concern(Model):
    """One hold that is due to a cause. `amount` is what its share of the decision is measured by."""

    case: CaseRef
    hold_id: str
    amount: Money
    order_value: Money
    requester: str
    changed_by: tuple[str, ...] = ()
    service_level: ServiceLevel
    joined_at: AwareDatetime

    @property
    def key(self) -> str:
        """The hold, among those of all orders."""
        return f"{self.case.order_id}/{self.hold_id}"


class Joining(Model):
    """A hold joins a cause: the argument of `causes.join`, and of the signal `concern_joined`.

    `question` is what the hold is judged by, `fix` the option that mends the cause; those of the first are kept. A
    system's silence is joined by what an order waits for, whose name `hold_id` has; there is nothing to judge.
    """

    cause: Cause
    concern: Concern
    exception_type: ExceptionType
    role: str
    fix: Option
    question: AssessRequest | None


class Joined(Model):
    """Which workflow takes care of the cause."""

    workflow_id: str
    alone_after: timedelta
    """The case waits no longer than this for the common answer."""


class Left(Model):
    """A hold went its own way: the argument of the signal `concern_left`."""

    key: str
    reason: str


class CauseSettled(Model):
    """What became of a cause: the argument of the signal `cause_settled` to every case concerned."""

    key: str
    workflow_id: str
    settlement: Settlement
    decision: Decision | None = None
    reason: str


class CauseTermsRequest(Model):
    """How a cause is asked about: the argument of `causes.terms`, answered with `CauseTerms`."""

    tenant: str
    system: str
    exception_type: ExceptionType
    role: str
    amount: Money


class CauseTerms(Model):
    """Policy's word on one cause. `role` may decide about the whole amount, or is the first of the chain for it."""

    collect_for: timedelta
    """How long orders are gathered before anybody is asked."""
    at_least: int
    """Fewer orders than this are asked about one by one."""
    alone_after: timedelta
    """A case waits no longer than this for the common answer; then it asks for itself."""
    role: str
    levels: tuple[Level, ...] = ()
    """The chain of approvals that all orders together take; empty if one person decides."""


class CauseCase(Case):
    """The state of the workflow `RootCause`: a case about a cause in the place of an order."""

    cause: Cause | None = None
    exception_type: ExceptionType | None = None
    role: str = ""
    """Who would decide about one of the orders."""
    fix: Option | None = None
    question: AssessRequest | None = None
    adjustments: dict[str, str] = Field(default_factory=dict)
    concerns: dict[str, Concern] = Field(default_factory=dict)
    untold: dict[str, Concern] = Field(default_factory=dict)
    """Those who have not heard yet how it ended."""
    collected_at: datetime | None = None
    task_id: str | None = None
    settled_as: CauseSettled | None = None

    @property
    def requesters(self) -> tuple[str, ...]:
        """Whoever entered or changed one of the orders: they never decide."""
        concerns = self.concerns.values()
        return tuple(dict.fromkeys(who for each in concerns for who in (each.requester, *each.changed_by)))

    @property
    def amount(self) -> Money | None:
        """What is decided about, all orders together; all have one currency. None without any."""
        amounts = [concern.amount for concern in self.concerns.values()]
        return sum(amounts[1:], amounts[0]) if amounts else None

    @property
    def exception_types(self) -> list[str]:
        """The one type that its holds have."""
        return [str(self.exception_type)] if self.exception_type else []

    @property
    def value_at_risk(self) -> Money | None:
        """What the orders are worth together."""
        values = [concern.order_value for concern in self.concerns.values()]
        return sum(values[1:], values[0]) if values else None

    @property
    def service_level(self) -> ServiceLevel:
        """That of the most urgent order."""
        levels = {concern.service_level for concern in self.concerns.values()}
        return min(levels, key=_MOST_URGENT_FIRST.index, default=ServiceLevel.STANDARD)


class CauseStart(Model):
    """The argument of the workflow `RootCause`: which cause, or the state of the run before this one."""

    ref: CaseRef
    carried: CauseCase | None = None


class CauseSummary(Model):
    """What remains of a cause in lists: result and memo of its workflow."""

    key: str
    settlement: Settlement
    decided_by: str | None
    orders: tuple[str, ...]
    amount: Money | None
    opened_at: datetime
    closed_at: datetime
