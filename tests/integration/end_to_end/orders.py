"""Orders that the ERP will hold, and for what. Each has a customer and, where it matters, goods of its own."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from sandbox.day import inventory, tax
from sandbox.day.world import Document, World

LIMIT = Decimal(50_000)
LEGAL = {"code": "LEGAL", "hold_class": "HARD", "source_system": "LEGAL", "reason": "export control review"}
STRANGE = {"code": "QA-77", "hold_class": "MANUAL", "source_system": "QA", "reason": "see the note on the desk"}


def clean(world: World, **changes: Any) -> Document:
    """Nothing is wrong with it."""
    return world.order(world.customer(), {world.plenty(): 10}, **_calm(changes))


def over_limit(world: World, times: str = "1.05", *, credit: Document | None = None, **changes: Any) -> Document:
    """The customer owes `times` the limit with it; up to 1.10 policy lets it go."""
    goods = {world.plenty(): 30}
    total = world.value(goods) + world.tax(world.plenty(), 30, "TX") + Decimal(60)
    receivables = max(LIMIT * Decimal(times) - total, Decimal(0))
    customer = world.customer(limit=LIMIT, open_receivables=receivables, **(credit or {}))
    return world.order(customer, goods, **_calm(changes))


def elsewhere(world: World, **changes: Any) -> Document:
    """Part of the goods is in another warehouse, in time: policy sends them from there."""
    return inventory.elsewhere(world) | _calm(changes)


def nowhere(world: World, **changes: Any) -> Document:
    """Nobody has enough of the goods."""
    item = world.item(price=110)
    world.stock(item, "EAST", 2)
    return world.order(world.customer(), {item: 20, world.plenty(): 3}, **_calm(changes))


def mistaxed(world: World, difference: str = "45.00", **changes: Any) -> Document:
    """The ERP has that much more tax than the engine: up to 250 policy corrects it."""
    return tax.stated(world, difference, quantity=90 if Decimal(difference) > 250 else 12) | _calm(changes)


def mispriced(world: World, stated: str = "119.80", **changes: Any) -> Document:
    """The purchase order asks for a little less than the 120 in the ERP: policy accepts what is inside the limits."""
    order = world.order(world.customer(), {world.plenty(): 10}, **_calm(changes))
    order["lines"][0] |= {"as_ordered": {"unit_price": stated, "currency": "USD"}}
    return order


def unrouted(world: World, **changes: Any) -> Document:
    """Nobody said which carrier takes it: policy chooses the cheapest in time, within the freight on the order."""
    return world.order(world.customer(), {world.plenty(): 10}, carrier={}, **_calm(changes))


def elsewhere_and_over_limit(world: World, **changes: Any) -> Document:
    """Short of goods here and of credit."""
    order = elsewhere(world, **changes)
    world.credit[order["customer_id"]] |= {"limit": "50000", "open_receivables": "55000"}
    return order


def _calm(changes: Document) -> Document:
    return {"service_level": "STANDARD", "entered_by": "edi-gateway"} | changes
