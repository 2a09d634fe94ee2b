"""What an integration failure is judged by: the terms, and where the matter stands."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum

from domain.assessment import Circumstances, Option, RuleHit
from domain.exception_types import ExceptionType, IntegrationErrorKind
from domain.facts.integration import IntegrationFailure, UnreadLine
from domain.facts.validation import OrderValidation
from domain.order import Order
from domain.policy.table import Match

RETRY = "retry"
_DOUBLINGS = 20
"""More back-off than any longest pause."""


class Standing(StrEnum):
    """Where the matter stands; the word that the rule table uses."""

    ANSWERED = "ANSWERED"
    """The system that was silent has answered the ERP by now."""
    MENDED = "MENDED"
    """It is silent as far as the ERP knows, and a person has said for all orders that it is to be asked again."""
    DUE = "DUE"
    """It is time to ask it again."""
    PATIENT = "PATIENT"
    """It is silent, and not yet for long."""
    SILENT = "SILENT"
    """It has been silent for longer than policy bears with."""
    SETTLED = "SETTLED"
    """The EDI gateway has nothing against the order any more."""
    MAPPED = "MAPPED"
    """All parts are known by now, the document can be replayed."""
    UNREAD = "UNREAD"
    """The document, or a part of it, means nothing to us."""
    REFUSED = "REFUSED"
    """The partner does not accept our connection."""
    OVERDUE = "OVERDUE"
    """The partner has not acknowledged what we sent."""
    UNKNOWN = "UNKNOWN"
    """The gateway could not be asked, or does not know the order."""


def outage_of(system: str) -> str:
    """The key of the cause that holds all orders which a silent system was to be asked about."""
    return f"outage/{system}"


def after(cause: str) -> str:
    """The name of the retry that a settled cause makes."""
    return f"{RETRY} after {cause}"


@dataclass(frozen=True)
class IntegrationTerms:
    """The row of the table `integration_terms`."""

    retry_after: timedelta
    retry_longest: timedelta
    retry_for: timedelta
    tolerance_percent: Decimal
    role: str
    steward: str
    hit: RuleHit

    @classmethod
    def of(cls, row: Match) -> IntegrationTerms:
        """The terms of that row."""
        return cls(
            retry_after=row.duration("retry_after"),
            retry_longest=row.duration("retry_longest"),
            retry_for=row.duration("retry_for"),
            tolerance_percent=row.number("tolerance_percent"),
            role=row.text("role"),
            steward=row.text("steward"),
            hit=row.hit,
        )

    def pause(self, retries: int) -> timedelta:
        """How long after the last of so many retries the next one is: twice as long each time, up to the longest."""
        return min(self.retry_after * (1 << min(retries, _DOUBLINGS)), self.retry_longest)


@dataclass(frozen=True)
class IntegrationCase:
    """What every option is made from. `failure` is None for a hold that has nothing to do with a partner, and while
    the gateway is silent.
    """

    circumstances: Circumstances
    segment: str
    terms: IntegrationTerms
    validation: OrderValidation
    failure: IntegrationFailure | None
    others: dict[str, ExceptionType]
    """The order's other holds by id, each with what it is."""

    @property
    def order(self) -> Order:
        """The order that is held."""
        return self.circumstances.order

    @property
    def is_partners(self) -> bool:
        """Whether the hold is about a document of a trading partner, and not about a silent neighbour of the ERP."""
        return self.circumstances.hold.source_system == "EDI"

    @property
    def kind(self) -> IntegrationErrorKind | None:
        """Why it failed, by what can be done about it; None if nobody knows, or nothing fails any more."""
        if self.is_partners:
            return self.failure.kind if self.failure else None
        return IntegrationErrorKind.TRANSIENT

    @property
    def standing(self) -> Standing:
        """Where the matter stands."""
        return self._with_partner() if self.is_partners else self._with_neighbour()

    def _with_partner(self) -> Standing:
        failure = self.failure
        if failure is None or not failure.interchange_id:
            return Standing.UNKNOWN
        if failure.kind is None:
            return Standing.SETTLED
        if failure.kind is IntegrationErrorKind.AUTH:
            return Standing.REFUSED
        if failure.kind is IntegrationErrorKind.TRANSIENT:
            return Standing.OVERDUE
        readable = bool(failure.lines) and all(line.mapped_item and line.unit_known for line in failure.lines)
        return Standing.MAPPED if readable else Standing.UNREAD

    def _with_neighbour(self) -> Standing:
        if not self.validation.unanswered:
            return Standing.ANSWERED
        if self.mended is not None:
            return Standing.MENDED
        if self.circumstances.now >= self.next_retry:
            return Standing.DUE
        held_for = self.circumstances.now - self.circumstances.hold.applied_at
        return Standing.PATIENT if held_for < self.terms.retry_for else Standing.SILENT

    @property
    def mended(self) -> str | None:
        """The cause of the silence that a person has settled, if the system was not asked since; each counts once."""
        over = self.circumstances.waited_for
        causes = map(outage_of, self.validation.unanswered)
        return next((key for key in causes if f"cause {key}" in over and after(key) not in over), None)

    @property
    def retries(self) -> int:
        """How often it was waited for."""
        return sum(name.startswith(f"{RETRY} ") for name in self.circumstances.waited_for)

    @property
    def next_retry(self) -> datetime:
        """When the silent systems are asked again: at once, if they never were."""
        validated_at = self.validation.validated_at
        return self.circumstances.now if validated_at is None else validated_at + self.terms.pause(self.retries)

    @property
    def silent(self) -> str:
        """The systems that the ERP could not ask, for people."""
        return ", ".join(self.validation.unanswered) or "nobody"

    @property
    def unread(self) -> tuple[UnreadLine, ...]:
        """The lines that could not be translated, as far as they are still on the order."""
        open_ids = {line.line_id for line in self.order.open_lines}
        if self.failure is None or self.standing is Standing.SETTLED:
            return ()
        return tuple(line for line in self.failure.lines if line.line_id in open_ids)

    @property
    def at_stake(self) -> Decimal:
        """The value of the lines in question, or of the whole order."""
        ids = {line.line_id for line in self.unread}
        values = [line.value for line in self.order.open_lines if not ids or line.line_id in ids]
        return sum(values, Decimal(0))

    def option(self, code: str, title: str, reason: str, *, effect: str, **more: object) -> Option:
        """An option with what all of them share."""
        shared = {
            "code": code,
            "title": title,
            "reason": reason,
            "customer_effect": effect,
            "cost": self.order.money(0),
            "amount": self.order.money(self.at_stake).rounded(),
            "role": self.terms.role,
            "tolerance_percent": self.terms.tolerance_percent,
        }
        return Option.model_validate(shared | more)
