"""What is planned for one order of the day: what it is, what the people do about it, and what else happens to it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

Document = dict[str, Any]


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


@dataclass(frozen=True)
class PlannedOrder:
    """One order as it enters the ERP. `story` says in a few words why it is interesting."""

    order: Document
    story: str
    conduct: Conduct = Conduct.PROMPT
    incident: Incident | None = None
    touchless: bool = False
    """Whether policy should clear it without asking anybody."""

    @property
    def order_id(self) -> str:
        """The order's id in the ERP."""
        return str(self.order["order_id"])
