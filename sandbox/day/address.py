"""Orders whose address is not the one on file: written otherwise, another door, a PO box, or somebody on a list."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sandbox.day.plan import Conduct, Reply, Scenario
from sandbox.day.world import Document, World

_DOOR = {"street": "12 N QUARRY ST", "city": "DALLAS", "region": "TX", "postal_code": "75201"}
_YARD = {"street": "740 HARBOR AVE", "city": "HOUSTON", "region": "TX", "postal_code": "77001"}
_TYPED = _DOOR | {"street": "12 north quarry street", "city": "Dallas", "country": "US"}
_OTHER_DOOR = _DOOR | {"street": "14 N QUARRY ST", "country": "US"}


def written_otherwise(world: World) -> Document:
    """The address on file, as a person writes it."""
    return _order(world, _TYPED, _known(world))


def _to_the_yard(world: World) -> Document:
    customer = _known(world)
    site = {"customer_id": customer, "site_id": f"{customer}-2"}
    world.crm["sites"].append(site | {"recipient": "Yard"} | _YARD)
    world.crm["deliveries"].append(site | {"order_id": f"OLD-{customer}", "delivered_on": world.day(-20)})
    return _order(world, _YARD | {"country": "US"}, customer)


def another_door(world: World) -> Document:
    """A house number that nobody knows: the customer has to say what it is."""
    return _order(world, _OTHER_DOOR, _known(world))


def _new_place(world: World, *, quantity: int) -> Document:
    order = _order(world, _OTHER_DOOR, _known(world), quantity=quantity)
    order["ship_to"]["site_id"] = "DROP-SHIP"
    return order


def _post_office_box(world: World) -> Document:
    order = _order(world, _DOOR | {"street": "PO BOX 31", "country": "US"}, _known(world))
    order["lines"][0]["unit_weight_kg"] = "5"
    return order


def _on_a_list(world: World) -> Document:
    customer = _known(world)
    party = {"name": f"Receiving of {customer}", "list_name": "denied parties", "customer_id": customer}
    world.crm["denied-parties"].append(party)
    return _order(world, _TYPED, customer)


def _known(world: World) -> str:
    """A customer with a site that goods were delivered to a month ago."""
    customer = world.customer(segment="B")
    site = {"customer_id": customer, "site_id": f"{customer}-1"}
    world.crm["sites"].append(site | {"recipient": f"Receiving of {customer}"} | _DOOR)
    world.crm["deliveries"].append(site | {"order_id": f"OLD-{customer}-1", "delivered_on": world.day(-30)})
    return customer


def _order(world: World, address: Document, customer: str, *, quantity: int = 15, **changes: Any) -> Document:
    order = world.order(customer, {world.plenty(): quantity}, **changes)
    return order | {"address": address}


def _at_a_new_place(quantity: int) -> Callable[[World], Document]:
    return lambda world: _new_place(world, quantity=quantity)


SCENARIOS = (
    Scenario("the address is written otherwise", written_otherwise, touchless=True, weight=3),
    Scenario("another house number, and the customer confirms it", another_door),
    Scenario("another house number, and the customer does not answer", another_door, reply=Reply.SILENT),
    Scenario("the address of another site", _to_the_yard, touchless=True),
    Scenario("freight to a post office box", _post_office_box),
    Scenario("somebody who is on a list", _on_a_list, Conduct.REJECT),
    Scenario("a new address, and a large order", _at_a_new_place(40)),
    Scenario("a new address, and a small order", _at_a_new_place(10), touchless=True),
    Scenario("another house number, and the customer does not want it", another_door, reply=Reply.DECLINES),
)
