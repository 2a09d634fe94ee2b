"""`show --timeline`: the whole way of an order, from its receipt to its invoice, in one list by time."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from enum import StrEnum

from domain.base import Model
from domain.case import AuditEntry, Case, ExceptionCase, Milestone


class Stage(StrEnum):
    """What an entry is about."""

    ORDER = "ORDER"
    HOLD = "HOLD"
    FACT = "FACT"
    QUESTION = "QUESTION"
    DECISION = "DECISION"
    STEP = "STEP"
    UNDO = "UNDO"
    RELEASE = "RELEASE"
    SHIPMENT = "SHIPMENT"
    INVOICE = "INVOICE"
    CUSTOMER = "CUSTOMER"
    CASE = "CASE"


class TimelineEntry(Model):
    """One thing that happened: when, by whom or which system (`system:...`, a subject, or an event's source)."""

    at: datetime
    stage: Stage
    source: str
    what: str


class Timeline(Model):
    """The way of one order. `invoice_delay_seconds` is elapsed time from the first shipment to the invoice."""

    order_id: str
    workflow_id: str
    read_at: datetime
    state: str
    outcome: str | None
    rework: tuple[str, ...]
    """The holds that are rework."""
    invoice_delay_seconds: float | None
    entries: tuple[TimelineEntry, ...]
    entries_dropped: int
    """How many of the case's own entries an earlier run took with it."""


_STAGES = {
    "asked": Stage.QUESTION,
    "asked anew": Stage.QUESTION,
    "reminded": Stage.QUESTION,
    "escalated": Stage.QUESTION,
    "expired": Stage.QUESTION,
    "withdrawn": Stage.QUESTION,
    "deadline extended": Stage.QUESTION,
    "claim": Stage.QUESTION,
    "release_claim": Stage.QUESTION,
    "comment": Stage.QUESTION,
    "ask": Stage.QUESTION,
    "answer": Stage.QUESTION,
    "clock goes on": Stage.QUESTION,
    "delegate": Stage.QUESTION,
    "forward": Stage.QUESTION,
    "reassign": Stage.QUESTION,
    "extend": Stage.QUESTION,
    "withdraw": Stage.DECISION,
    "approve": Stage.DECISION,
    "adjust": Stage.DECISION,
    "reject": Stage.DECISION,
    "decision void": Stage.DECISION,
    "done": Stage.STEP,
    "done by hand": Stage.STEP,
    "undone": Stage.UNDO,
    "hold cleared": Stage.HOLD,
    "taken up again": Stage.HOLD,
    "hold_placed": Stage.HOLD,
    "hold_cleared": Stage.HOLD,
    "customer told": Stage.CUSTOMER,
    "waiting": Stage.CASE,
}
_MILESTONES = {
    "order_shipped": (Stage.SHIPMENT, "shipped"),
    "order_invoiced": (Stage.INVOICE, "invoiced"),
    "order_cancelled": (Stage.ORDER, "cancelled"),
    "hold_placed": (Stage.HOLD, "hold placed"),
    "hold_cleared": (Stage.HOLD, "hold cleared"),
    "customer_answered": (Stage.CUSTOMER, "the customer answered"),
    "payment_received": (Stage.CUSTOMER, "payment received"),
}
_PIVOTS = ("Release order ", "Cancel order ")


def timeline_of(case: Case, now: datetime) -> Timeline:
    """Everything that the case knows of its order's way, the earliest first."""
    exceptions = [*case.settled, *case.in_order]
    entries = sorted(_entries(case, exceptions), key=lambda entry: entry.at)
    delay = case.invoiced_at - case.shipped_at if case.invoiced_at and case.shipped_at else None
    return Timeline(
        order_id=case.ref.order_id,
        workflow_id=case.ref.workflow_id,
        read_at=now,
        state=str(case.state),
        outcome=case.outcome,
        rework=tuple(exception.hold_id for exception in exceptions if exception.subject.rework_of),
        invoice_delay_seconds=None if delay is None else delay.total_seconds(),
        entries=tuple(entries),
        entries_dropped=case.audit_dropped,
    )


def _entries(case: Case, exceptions: list[ExceptionCase]) -> Iterator[TimelineEntry]:
    known = {exception.hold_id for exception in exceptions}
    yield from _receipt(case, known)
    yield _entry(case.opened_at, Stage.CASE, "system:policy", "case opened")
    for exception in exceptions:
        yield from _exception(exception)
    for milestone in case.milestones:
        if milestone.name != "hold_placed" or milestone.detail not in known:
            yield _milestone(milestone)
    for entry in case.audit:
        if entry.action not in _MILESTONES:
            yield _audited(entry)
    if case.closed_at is not None:
        yield _entry(case.closed_at, Stage.CASE, "system:policy", f"case closed: {case.outcome}")


def _receipt(case: Case, known: set[str]) -> Iterator[TimelineEntry]:
    """How the order came in, and what it was held for before this case."""
    order = case.order
    if order is None:
        return
    channel = f"order received by {order.channel}, PO {order.po_number}"
    yield _entry(order.ordered_at, Stage.ORDER, order.entered_by, channel)
    for cleared in order.cleared_holds:
        if cleared.hold.hold_id not in known:
            hold = cleared.hold
            yield _entry(hold.applied_at, Stage.HOLD, hold.source_system, f"{hold.hold_id} {hold.code} placed")
            yield _entry(cleared.cleared_at, Stage.HOLD, "erp", f"{hold.hold_id} {hold.code} cleared")


def _exception(exception: ExceptionCase) -> Iterator[TimelineEntry]:
    hold, decision = exception.subject.hold, exception.decision
    again = f", again after {exception.subject.rework_of}: rework" if exception.subject.rework_of else ""
    placed = f"{hold.hold_id} {hold.code} placed ({exception.exception_type}){again}"
    yield _entry(hold.applied_at, Stage.HOLD, hold.source_system, placed)
    for fact in exception.facts.values():
        said = f"{fact.name} read, version {fact.version}" if fact.value is not None else f"{fact.name} not to be had"
        yield _entry(fact.read_at, Stage.FACT, fact.entered_by or fact.system, f"{hold.hold_id}: {said}")
    if decision is not None and not decision.by_person:
        what = f"{hold.hold_id}: {decision.outcome} {decision.option}"
        yield _entry(decision.decided_at, Stage.DECISION, decision.decided_by, what)


def _milestone(milestone: Milestone) -> TimelineEntry:
    stage, words = _MILESTONES.get(milestone.name, (Stage.CASE, milestone.name))
    return _entry(milestone.at, stage, milestone.source, f"{words} {milestone.detail}".strip())


def _audited(entry: AuditEntry) -> TimelineEntry:
    is_pivot = entry.detail.startswith(_PIVOTS) and entry.action in ("done", "done by hand")
    stage = Stage.RELEASE if is_pivot else _STAGES.get(entry.action, Stage.CASE)
    return _entry(entry.at, stage, entry.actor, f"{entry.action}: {entry.detail}")


def _entry(at: datetime, stage: Stage, source: str, what: str) -> TimelineEntry:
    return TimelineEntry(at=at, stage=stage, source=source, what=what)
