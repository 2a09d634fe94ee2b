"""Why a document of a trading partner did not get through, as the EDI gateway knows it: no names, no addresses."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from domain.base import Model
from domain.exception_types import IntegrationErrorKind


class Proposal(Model):
    """An item that the part may be, how sure that is (0 to 1), and what it rests on."""

    item: str
    confidence: Decimal
    basis: str


class UnreadLine(Model):
    """A line that could not be translated. `mapped_item` is set once somebody has said what the part is."""

    line_id: str
    part: str
    unit: str
    unit_known: bool = True
    mapped_item: str | None = None
    mapped_unit: str | None = None
    proposal: Proposal | None = None


class Overdue(Model):
    """A document of ours that the partner's 997 has not come for."""

    document_id: str
    document: str
    sent_at: datetime
    due_at: datetime


class PartnerRoute(Model):
    """A way to the partner: whether it is the one in use, and whether our credentials are accepted there."""

    name: str
    active: bool
    accepts: bool


class IntegrationFailure(Model):
    """Everything that is wrong between the partner and one order. `kind` is None if nothing is any more.

    `settled_by` says how it ended: `REPLAY` or `HAND`. `siblings` counts the other orders that the same mapping holds.
    """

    order_id: str
    interchange_id: str = ""
    partner: str = ""
    kind: IntegrationErrorKind | None = None
    what: str = ""
    mapping_key: str | None = None
    lines: tuple[UnreadLine, ...] = ()
    attempts: int = 0
    since: datetime | None = None
    siblings: int = 0
    overdue: tuple[Overdue, ...] = ()
    routes: tuple[PartnerRoute, ...] = ()
    paused: bool = False
    waiting: int = 0
    """Documents about the order that could not be sent."""
    exceptions_only: bool = False
    answered_with: str | None = None
    """BAK02 of the 855 about the order that is out, or on its way; None if there is none."""
    settled_by: str | None = None
    version: str = "0"
