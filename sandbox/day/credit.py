"""Orders of customers who owe: most of them a little, some of them too much, one of them in court."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from sandbox.day.plan import Conduct, Incident, Scenario
from sandbox.day.world import Document, World

LIMIT = Decimal(50_000)


def slightly_over(world: World) -> Document:
    """An order that takes a good customer a few percent over the limit: policy lets it go."""
    return _over(world, "1.05", segment=world.random.choice("AB"), oldest_overdue_days=world.random.randrange(10))


def _over(world: World, times: str, *, segment: str = "B", **credit: Any) -> Document:
    """An order after which the customer owes `times` the limit, as the ERP counts."""
    quantity = world.random.randrange(20, 80)
    item = world.plenty()
    goods = {item: quantity}
    total = world.value(goods) + world.tax(item, quantity, "TX") + Decimal(60)
    receivables = max(LIMIT * Decimal(times) - total, Decimal(0))
    customer = world.customer(segment=segment, limit=LIMIT, open_receivables=receivables, **credit)
    return world.order(customer, goods)


def _owing(times: str, **credit: Any) -> Callable[[World], Document]:
    return lambda world: _over(world, times, **credit)


SCENARIOS = (
    Scenario("a little over the credit limit", slightly_over, touchless=True, weight=4),
    Scenario("far over the credit limit", _owing("1.30")),
    Scenario("far over the credit limit", _owing("1.30"), Conduct.CLAIM),
    Scenario("far over the credit limit", _owing("1.30"), Conduct.ADJUST),
    Scenario("far over the credit limit", _owing("1.30"), Conduct.LATE),
    Scenario("far over the credit limit", _owing("1.30"), Conduct.SILENT),
    Scenario("pays late", _owing("0.80", oldest_overdue_days=35)),
    Scenario("has not paid for months", _owing("0.90", oldest_overdue_days=75), Conduct.REJECT),
    Scenario("a payment was returned", _owing("0.70", returned_payments_90d=1)),
    Scenario(
        "has paid, not yet applied", _owing("1.20", unapplied_cash=LIMIT / 4), incident=Incident.CASH_APPLIED, weight=2
    ),
    Scenario("has paid, and nobody applies it", _owing("1.20", unapplied_cash=LIMIT / 4)),
    Scenario("pays while in question", _owing("1.40"), Conduct.SILENT, Incident.PAYMENT),
    Scenario("cancelled while in question", _owing("1.40"), Conduct.SILENT, Incident.CANCELLED),
    Scenario("cleared in the ERP by hand", _owing("1.40"), Conduct.SILENT, Incident.CLEARED),
    Scenario("insolvent", _owing("0.40", insolvent=True)),
    Scenario("its events arrive twice", slightly_over, incident=Incident.REDELIVERED, touchless=True),
)
