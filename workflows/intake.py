"""Events on their way into a case: kept for the process to act on, or let go."""

from __future__ import annotations

from domain.case import Case, Milestone
from domain.events import EventType, OrderEvent
from workflows import closing
from workflows.journal import record_one_of_many

_SEEN = 1000
"""Event ids remembered at least; older ones are recognised by the order's version."""
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
    case.seen_events.append(event.event_id)
    if len(case.seen_events) > 2 * _SEEN:
        del case.seen_events[:-_SEEN]
    version = event.data.order_version
    _mark(case, event)
    if event.type is EventType.ORDER_SHIPPED:
        case.shipped_at = case.shipped_at or event.occurred_at
    elif event.type is EventType.ORDER_INVOICED:
        case.invoiced_at = case.invoiced_at or event.occurred_at
    elif version and version <= case.order_version:
        record_one_of_many(case, event.source, "known already", f"{event.type.signal} of version {version}")
    elif not closing.concerns(case, event):
        record_one_of_many(case, event.source, "of no concern", event.type.signal)
    else:
        record_one_of_many(case, event.source, event.type.signal, f"version {version}")
        _keep(case, event)


def _keep(case: Case, event: OrderEvent) -> None:
    """That something of this kind happened, as of the latest version of the order that was told: no more is acted on,
    and thousands of events must fit into a history.
    """
    version = event.data.order_version

    def outdone(other: OrderEvent) -> bool:
        return other.type is event.type and bool(other.data.order_version) == bool(version)

    alike = [other for other in case.news if outdone(other)]
    if all((other.data.order_version or 0) <= (version or 0) for other in alike):
        case.news = [*(other for other in case.news if not outdone(other)), event]


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
