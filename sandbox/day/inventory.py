"""Orders for goods that are not where they should be, or not yet."""

from __future__ import annotations

from sandbox.day.plan import Conduct, Incident, Reply, Scenario
from sandbox.day.world import Document, World

_WANTED = 20


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


def _replaceable_for_strategic(world: World) -> Document:
    return _replaceable(world, strategic=True)


def _replaceable_for_others(world: World) -> Document:
    return _replaceable(world, strategic=False)


def _in_two_places(world: World) -> Document:
    """Part of it is in WEST, part in CENTRAL, and nothing can be brought to WEST; the customer wants all at once."""
    item = world.item(price=130)
    world.stock(item, "WEST", 12)
    world.stock(item, "CENTRAL", 10)
    customer = world.customer(segment="B")
    return world.order(customer, {item: _WANTED}, warehouse="WEST", ship_complete=True, service_level="STANDARD")


SCENARIOS = (
    Scenario("the rest is in another warehouse", elsewhere, touchless=True, weight=4),
    Scenario("the rest comes after it is needed", _too_late),
    Scenario("the rest comes after it is needed", _too_late, Conduct.CLAIM),
    Scenario("another item would do", _replaceable_for_strategic),
    Scenario("another item would do", _replaceable_for_others),
    Scenario("only the supplier has it", _by_supplier),
    Scenario("only all at once", _complete_or_not, Conduct.CLAIM),
    Scenario("only all at once, and the customer agrees to two shipments", _in_two_places, touchless=True),
    Scenario("only all at once, and the customer does not agree", _in_two_places, reply=Reply.DECLINES),
    Scenario("nobody has it", _nowhere, Conduct.REJECT),
    Scenario("the rest comes after it is needed", _too_late, Conduct.LATE),
    Scenario("the rest comes after it is needed", _too_late, Conduct.SILENT),
    Scenario("comes in while in question", _nowhere, Conduct.SILENT, Incident.RECEIPT),
)
