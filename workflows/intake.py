"""Events on their way into a case: kept for the process to act on, or let go."""

from __future__ import annotations

from domain.case import Case, Milestone
from domain.events import EventType, OrderEvent
from workflows import closing
from workflows.journal import record

_SEEN = 1000
"""Event ids remembered; older ones are recognised by the order's version."""
_MILESTONES_KEPT = 200
_MILESTONES = frozenset(
    {
        EventType.HOLD_PLACED,
        EventType.HOLD_CLEARED,
        EventType.ORDER_CANCELLED,
        EventType.CUSTOMER_ANSWERED,
        EventType.PAYMENT_RECEIVED,
        EventType.ORDER_SHIPPED,
        EventType.ORDER_INVOICED,
    }
)
"""What is part of an order's way. That something changed says nothing, and a receipt may be for anybody."""


def take_note(case: Case, event: OrderEvent) -> None:
    """Keep an event for the process to act on; what is known already, or older than what we know, is let go."""
    if event.event_id in case.seen_events:
        return
    case.seen_events = [*case.seen_events[-_SEEN:], event.event_id]
    version = event.data.order_version
    _mark(case, event)
    if event.type is EventType.ORDER_SHIPPED:
        case.shipped_at = case.shipped_at or event.occurred_at
    elif event.type is EventType.ORDER_INVOICED:
        case.invoiced_at = case.invoiced_at or event.occurred_at
    elif version and version <= case.order_version:
        record(case, event.source, "known already", f"{event.type.signal} of version {version}")
    elif not closing.concerns(case, event):
        record(case, event.source, "of no concern", event.type.signal)
    else:
        record(case, event.source, event.type.signal, f"version {version}")
        case.news.append(event)


def _mark(case: Case, event: OrderEvent) -> None:
    """Keep what belongs to the order's way, also if we knew of it, and when it happened to the sender."""
    if event.type not in _MILESTONES:
        return
    hold_id = event.data.hold.hold_id if event.data.hold else event.data.hold_id
    milestone = Milestone(
        at=event.occurred_at,
        source=event.source,
        name=event.type.signal,
        detail=hold_id or str(event.data.amount or ""),
    )
    case.milestones = [*case.milestones[-_MILESTONES_KEPT:], milestone]
