"""What is planned for one order of the day: what it is, what the people do about it, and what else happens to it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sandbox.day.world import Document, World


class Conduct(StrEnum):
    """What the people who are asked about an order do."""

    PROMPT = "PROMPT"
    """Somebody approves what is recommended."""
    CLAIM = "CLAIM"
    """Somebody claims the task, says so in a comment, and approves."""
    ADJUST = "ADJUST"
    """Somebody changes a figure of the recommended option and approves that."""
    REJECT = "REJECT"
    """Somebody rejects what is recommended; what policy then proposes is approved."""
    LATE = "LATE"
    """The first who is asked stays silent past the reminders; whom it is escalated to approves."""
    SILENT = "SILENT"
    """Nobody answers: the table says what happens at expiry."""


class Incident(StrEnum):
    """What else happens to an order, outside of what people are asked."""

    PAYMENT = "PAYMENT"
    """The customer pays for this order."""
    CASH_APPLIED = "CASH_APPLIED"
    """Money that had come in before is found to be for the receivables."""
    RECEIPT = "RECEIPT"
    """The missing goods come in."""
    CANCELLED = "CANCELLED"
    """Somebody cancels the order in the ERP."""
    CLEARED = "CLEARED"
    """Somebody clears the hold in the ERP by hand."""
    REDELIVERED = "REDELIVERED"
    """Its events arrive a second time."""


class Reply(StrEnum):
    """What the customer does when asked."""

    CONSENTS = "CONSENTS"
    """Presses the first button."""
    DECLINES = "DECLINES"
    """Presses the last one."""
    SILENT = "SILENT"
    """Does not answer: the table says what that means."""


@dataclass(frozen=True)
class Scenario:
    """One kind of order. `build` makes the order, and in the world whatever it needs."""

    story: str
    build: Callable[[World], Document]
    conduct: Conduct = Conduct.PROMPT
    incident: Incident | None = None
    touchless: bool = False
    reply: Reply = Reply.CONSENTS
    together: bool = False
    """Whether all of them arrive one right after the other, as they do when one cause holds them."""
    weight: int = 1
    """How often it comes among those of its kind."""


@dataclass(frozen=True)
class PlannedOrder:
    """One order as it enters the company. `story` says in a few words why it is interesting."""

    order: Document
    story: str
    arrives_at: datetime
    kind: str
    conduct: Conduct = Conduct.PROMPT
    incident: Incident | None = None
    touchless: bool = False
    """Whether policy should clear it without asking anybody."""
    reply: Reply = Reply.CONSENTS

    @classmethod
    def of(cls, scenario: Scenario, kind: str, world: World, arrives_at: datetime) -> PlannedOrder:
        """The next order of that kind."""
        return cls(
            order=scenario.build(world),
            story=scenario.story,
            arrives_at=arrives_at,
            kind=kind,
            conduct=scenario.conduct,
            incident=scenario.incident,
            touchless=scenario.touchless,
            reply=scenario.reply,
        )

    @property
    def order_id(self) -> str:
        """The order's id in the ERP."""
        return str(self.order["order_id"])
