"""Figures as people and other systems read them, and instants that do not move with every look."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from domain.order import Order

_STEPS = 4
"""An instant that lies a duration ahead moves on in quarters of that duration."""


def figure(value: Decimal) -> str:
    """A number without exponent and without idle zeros: 40, 0.5."""
    return f"{value.normalize():f}" if value else "0"


def booked(order: Order, amount: Decimal) -> str:
    """An amount in the minor unit of the order's currency, as it is sent to other systems."""
    return f"{order.money(amount).rounded().amount:f}"


def percent_of(part: Decimal, whole: Decimal) -> Decimal:
    """`part` in percent of `whole`. Something of nothing counts as a thousand percent, nothing as none."""
    if whole > 0:
        return part / whole * 100
    return Decimal(1000) if part > 0 else Decimal(0)


def ahead(now: datetime, duration: timedelta) -> datetime:
    """At least `duration` after `now`, the same for every look within a quarter of it.

    What a person approves carries such instants; if they moved with every look, no approval would fit any more.
    """
    step = max(duration.total_seconds() / _STEPS, 1.0)
    started = math.ceil(now.timestamp() / step) * step
    return datetime.fromtimestamp(started, UTC) + duration


def end_of_day(now: datetime, days: int) -> datetime:
    """The last second of the day that comes `days` after today, in UTC."""
    day = now.astimezone(UTC).replace(hour=23, minute=59, second=59, microsecond=0)
    return day + timedelta(days=days)


def rfc3339(instant: datetime) -> str:
    """An instant as other systems read it."""
    return instant.astimezone(UTC).isoformat().replace("+00:00", "Z")
