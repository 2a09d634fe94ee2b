"""Orders for goods that are not where they should be, or not yet."""

from __future__ import annotations

from collections.abc import Iterator

from sandbox.day.plan import Conduct, Incident, PlannedOrder
from sandbox.day.world import Document, World

_WANTED = 20


def orders(world: World) -> Iterator[PlannedOrder]:
    """The inventory part of the day."""
    for _ in range(4):
        yield PlannedOrder(elsewhere(world), "the rest is in another warehouse", touchless=True)
    for conduct in (Conduct.PROMPT, Conduct.CLAIM, Conduct.LATE, Conduct.SILENT):
        yield PlannedOrder(_too_late(world), "the rest comes after it is needed", conduct)
    for strategic in (True, False):
        yield PlannedOrder(_replaceable(world, strategic=strategic), "another item would do")
    yield PlannedOrder(_by_supplier(world), "only the supplier has it")
    yield PlannedOrder(_complete_or_not(world), "only all at once", Conduct.CLAIM)
    yield PlannedOrder(_nowhere(world), "nobody has it", Conduct.REJECT)
    yield PlannedOrder(_nowhere(world), "comes in while in question", Conduct.SILENT, Incident.RECEIPT)


def elsewhere(world: World) -> Document:
    """Part of it is here, the rest in another warehouse, in time and cheap to send."""
    item = world.item(price=400)
    world.stock(item, "EAST", 12)
    world.stock(item, "CENTRAL", 30)
    return world.order(world.customer(segment="A"), {item: _WANTED})


def _too_late(world: World) -> Document:
    item = world.item(price=180)
    receipt = {"eta": world.day(14), "quantity": "50", "purchase_order": f"PO-IN-{item}"}
    world.stock(item, "EAST", 9, receipts=[receipt])
    return world.order(world.customer(), {item: _WANTED})


def _replaceable(world: World, *, strategic: bool) -> Document:
    other = world.item(price=150)
    world.stock(other, "EAST", 500)
    item = world.item(price=160)
    world.replace(item, other, price="150.00")
    world.stock(item, "EAST", 0)
    return world.order(world.customer(segment="A", strategic=strategic), {item: _WANTED}, allow_substitute=True)


def _by_supplier(world: World) -> Document:
    offer = {"supplier": "SUP-7", "unit_cost": "130.00", "lead_days": 4, "minimum_quantity": "5"}
    item = world.item(price=200, drop_ship=offer)
    world.stock(item, "EAST", 0)
    return world.order(world.customer(), {item: _WANTED})


def _complete_or_not(world: World) -> Document:
    item = world.item(price=90)
    receipt = {"eta": world.day(5), "quantity": "40", "purchase_order": f"PO-IN-{item}"}
    world.stock(item, "EAST", 6, receipts=[receipt])
    return world.order(world.customer(), {item: _WANTED}, ship_complete=True)


def _nowhere(world: World) -> Document:
    item = world.item(price=110)
    world.stock(item, "EAST", 2)
    more = world.plenty()
    return world.order(world.customer(), {item: _WANTED, more: 3})
