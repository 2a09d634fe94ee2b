"""Events on their way into a case: kept for the process to act on, or let go."""

from __future__ import annotations

from domain.case import Case
from domain.events import EventType, OrderEvent
from workflows import closing
from workflows.journal import record

_SEEN = 1000
"""Event ids remembered; older ones are recognised by the order's version."""


def take_note(case: Case, event: OrderEvent) -> None:
    """Keep an event for the process to act on; what is known already, or older than what we know, is let go."""
    if event.event_id in case.seen_events:
        return
    case.seen_events = [*case.seen_events[-_SEEN:], event.event_id]
    version = event.data.order_version
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
