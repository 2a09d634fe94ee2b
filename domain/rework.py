"""Holds that come back: an order held again for what it was let go for not long before."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from domain.exception_types import ExceptionType
from domain.order import Hold, Order


def rework_of(order: Order, hold: Hold, within: timedelta, kind: Callable[[Hold], ExceptionType]) -> str | None:
    """The hold of the same type that was taken off `order` at most `within` before `hold` came; the latest of them.

    None if there is none: then it is the first time, or long ago. What nobody classified is never taken for the same.
    """
    own = kind(hold)
    if own is ExceptionType.UNCLASSIFIED:
        return None
    before = [
        cleared
        for cleared in order.cleared_holds
        if cleared.hold.hold_id != hold.hold_id
        and timedelta(0) <= hold.applied_at - cleared.cleared_at <= within
        and kind(cleared.hold) is own
    ]
    return max(before, key=lambda cleared: cleared.cleared_at).hold.hold_id if before else None
