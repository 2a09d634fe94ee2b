"""What the ERP holds against which cases are open: the parts of a reconciliation, and its two rules."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum

from pydantic import Field

from domain.base import Model, State, digest
from domain.calls import CaseRef
from domain.case import CaseState
from domain.events import EventData, EventType, OrderEvent
from domain.identifiers import workflow_id
from domain.order import Hold, Order, OrderStatus

RECONCILIATION_TYPE = "Reconciliation"
SOURCE = "/holdfast/reconciliation"
LET_REST = timedelta(hours=1)
"""How long a case that ended by itself is believed, although the ERP still shows the holds that it knew: somebody gave
it up, and would be asked again every few minutes.
"""
_NAMED = 20
_LONGEST_KEY = 40


class HeldOrder(Model):
    """An order that the ERP shows with open holds; no more of it than a first look needs, or a watch tells."""

    tenant: str
    order_id: str
    version: int
    status: OrderStatus
    holds: tuple[Hold, ...]


class HeldPage(Model):
    """Some of the orders with open holds. `next_cursor` is None on the last page."""

    orders: tuple[HeldOrder, ...]
    next_cursor: str | None = None


class RunState(StrEnum):
    """How the newest run of a case stands."""

    RUNNING = "RUNNING"
    ENDED = "ENDED"
    """By itself, with a closing summary."""
    CUT_OFF = "CUT_OFF"
    """Terminated, cancelled, failed or timed out: nobody takes care of the order."""


class CaseRun(Model):
    """The newest run of an order's case, as Temporal itself has it (no list that may lag behind)."""

    case: CaseRef
    run_id: str
    state: RunState
    doing: CaseState | None = None
    closed_at: datetime | None = None


class CasePage(Model):
    """Some of the open cases that should have a held order."""

    cases: tuple[CaseRef, ...]
    next_cursor: str | None = None


class PageRequest(Model):
    """Which page to look at; None is the first."""

    cursor: str | None = None


class Sighting(Model):
    """What the first look at a page found: how much was looked at, and what is to be looked at again."""

    looked_at: int
    suspects: tuple[CaseRef, ...]
    next_cursor: str | None = None


class SecondLook(Model):
    """The suspects of a first look."""

    cases: tuple[CaseRef, ...]


class Confirmed(Model):
    """The suspects that the second look confirmed, and that were told of it."""

    order_ids: tuple[str, ...]


class ReconciliationState(State):
    """How far a run has come; carried through continue-as-new."""

    started_at: datetime
    held: int = 0
    cases: int = 0
    cursor: str | None = None
    holds_done: bool = False
    cases_done: bool = False
    lost: list[CaseRef] = Field(default_factory=list)
    stale: list[CaseRef] = Field(default_factory=list)
    opened: int = 0
    closed: int = 0
    named_opened: list[str] = Field(default_factory=list)
    named_closed: list[str] = Field(default_factory=list)

    @property
    def suspects(self) -> int:
        """How many wait for their second look."""
        return len(self.lost) + len(self.stale)

    def add_opened(self, order_ids: tuple[str, ...]) -> None:
        """Orders that have their case again."""
        self.opened += len(order_ids)
        self.named_opened = [*self.named_opened, *order_ids][:_NAMED]

    def add_closed(self, order_ids: tuple[str, ...]) -> None:
        """Cases that were told that nothing is held."""
        self.closed += len(order_ids)
        self.named_closed = [*self.named_closed, *order_ids][:_NAMED]


class ReconciliationReport(Model):
    """What a run found: result and memo of the workflow. The first twenty orders of each kind are named."""

    started_at: datetime
    ended_at: datetime
    held: int
    """Orders with open holds in the ERP."""
    cases: int
    """Open cases that should have one."""
    opened: int
    """Held orders of which no case took care: each has one now."""
    closed: int
    """Cases whose order was no longer held: each was told to look again."""
    named_opened: tuple[str, ...]
    named_closed: tuple[str, ...]

    @property
    def found_something(self) -> bool:
        """Whether ERP and cases had parted."""
        return bool(self.opened or self.closed)


def case_of(tenant: str, order_id: str) -> CaseRef:
    """The case of an order. Raises InvalidIdentifier for an id that no case can have."""
    return CaseRef(tenant=tenant, order_id=order_id, workflow_id=workflow_id(tenant, order_id))


def is_lost(order: Order, run: CaseRun | None, now: datetime) -> bool:
    """Whether nobody takes care of a held order: there is no run, it was cut off, or it knows nothing of the hold.

    A case that only follows a released order does not know that it is held again. One that has ended by itself is
    believed for a while, unless the hold is younger than its end.
    """
    if not order.holds or order.status.is_dead:
        return False
    if run is None or run.state is RunState.CUT_OFF:
        return True
    if run.state is RunState.RUNNING:
        return run.doing is CaseState.FOLLOWING
    ended = run.closed_at or now
    return _newest(order) > ended or now - ended > LET_REST


def is_stale(order: Order, run: CaseRun | None) -> bool:
    """Whether a case works on an order that is not held. One that follows a released order is where it should be."""
    working = run is not None and run.state is RunState.RUNNING and run.doing is not CaseState.FOLLOWING
    return working and (order.status.is_dead or not order.holds)


def found_held(order: Order, run: CaseRun | None) -> OrderEvent:
    """The event that opens the case of a lost order: always the same for the same loss, another one for the next."""
    hold = max(order.holds, key=lambda hold: _aware(hold.applied_at, order))
    return OrderEvent(
        event_id=_event_id("held", order, run),
        type=EventType.HOLD_PLACED,
        source=SOURCE,
        occurred_at=_aware(hold.applied_at, order),
        data=EventData(
            tenant=order.tenant,
            order_id=order.order_id,
            order_version=order.version,
            hold=hold,
            customer_id=order.customer_id,
            amount=order.value,
        ),
    )


def found_free(order: Order, run: CaseRun, now: datetime) -> OrderEvent:
    """The event that makes a stale case look again. It names no version: the case may know it already."""
    return OrderEvent(
        event_id=_event_id("free", order, run),
        type=EventType.HOLD_CLEARED,
        source=SOURCE,
        occurred_at=now,
        data=EventData(tenant=order.tenant, order_id=order.order_id, customer_id=order.customer_id),
    )


def _event_id(what: str, order: Order, run: CaseRun | None) -> str:
    """Temporal drops a second start for the same event, also if the first was terminated: so the run is part of it."""
    return f"reconciliation-{what}-" + digest(order.order_id, order.version, run.run_id if run else "")[:_LONGEST_KEY]


def _newest(order: Order) -> datetime:
    return max(_aware(hold.applied_at, order) for hold in order.holds)


def _aware(moment: datetime, order: Order) -> datetime:
    """Some ERPs leave the time zone out: then it is that of the order's own date."""
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=order.ordered_at.tzinfo)
