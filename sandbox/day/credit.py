"""Orders of customers who owe: most of them a little, some of them too much, one of them in court."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from sandbox.day.plan import Conduct, Incident, PlannedOrder
from sandbox.day.world import Document, World

LIMIT = Decimal(50_000)


def slightly_over(world: World) -> Document:
    """An order that takes a good customer a few percent over the limit: policy lets it go."""
    return _over(world, "1.05", segment=world.random.choice("AB"), oldest_overdue_days=world.random.randrange(10))


def orders(world: World) -> Iterator[PlannedOrder]:
    """The credit part of the day."""
    for _ in range(6):
        yield PlannedOrder(slightly_over(world), "a little over the credit limit", touchless=True)
    for conduct in (Conduct.PROMPT, Conduct.CLAIM, Conduct.ADJUST, Conduct.LATE, Conduct.SILENT):
        yield PlannedOrder(_over(world, "1.30"), "far over the credit limit", conduct)
    for conduct in (Conduct.PROMPT, Conduct.CLAIM):
        yield PlannedOrder(_over(world, "0.80", oldest_overdue_days=35), "pays late", conduct)
    yield PlannedOrder(_over(world, "0.90", oldest_overdue_days=75), "has not paid for months", Conduct.REJECT)
    yield PlannedOrder(_over(world, "0.70", returned_payments_90d=1), "a payment was returned", Conduct.PROMPT)
    for incident in (Incident.CASH_APPLIED, Incident.CASH_APPLIED, None):
        order = _over(world, "1.20", unapplied_cash=LIMIT / 4)
        yield PlannedOrder(order, "has paid, not yet applied", incident=incident)
    yield PlannedOrder(_over(world, "1.40"), "pays while in question", Conduct.SILENT, Incident.PAYMENT)
    yield PlannedOrder(_over(world, "1.40"), "cancelled while in question", Conduct.SILENT, Incident.CANCELLED)
    yield PlannedOrder(_over(world, "1.40"), "cleared in the ERP by hand", Conduct.SILENT, Incident.CLEARED)
    yield PlannedOrder(_over(world, "0.40", insolvent=True), "insolvent", Conduct.PROMPT)


def _over(world: World, times: str, *, segment: str = "B", **credit: Any) -> Document:
    """An order after which the customer owes `times` the limit, as the ERP counts."""
    quantity = world.random.randrange(20, 80)
    item = world.plenty()
    goods = {item: quantity}
    total = world.value(goods) + world.tax(item, quantity, "TX") + Decimal(60)
    receivables = max(LIMIT * Decimal(times) - total, Decimal(0))
    customer = world.customer(segment=segment, limit=LIMIT, open_receivables=receivables, **credit)
    return world.order(customer, goods)
