"""Orders whose tax somebody sees otherwise than the tax engine does."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from sandbox.day.plan import Conduct, PlannedOrder
from sandbox.day.world import Document, World


def orders(world: World) -> Iterator[PlannedOrder]:
    """The tax part of the day."""
    for _ in range(2):
        yield PlannedOrder(stated(world, "0.03"), "the tax is off by cents", touchless=True)
    for _ in range(3):
        yield PlannedOrder(stated(world, "45.00"), "the tax is wrong, the engine knows better", touchless=True)
    for conduct in (Conduct.PROMPT, Conduct.CLAIM, Conduct.SILENT):
        yield PlannedOrder(stated(world, "400.00", quantity=90), "the tax is wrong by a lot", conduct)
    yield PlannedOrder(_exempt(world, valid_to=200), "exempt by certificate")
    yield PlannedOrder(_exempt(world, valid_to=-12), "exempt, but the certificate has just ended")


def stated(world: World, difference: str, *, quantity: int = 12, customer: str | None = None) -> Document:
    """An order on which the ERP has `difference` more tax than the engine."""
    item = world.plenty()
    right = world.tax(item, quantity, "TX")
    order = world.order(customer or world.customer(segment="A"), {item: quantity})
    order["lines"][0] |= {"tax_as_ordered": str(right), "tax_in_erp": str(right + Decimal(difference))}
    return order


def _exempt(world: World, *, valid_to: int) -> Document:
    customer = world.customer()
    world.certificate(customer, "TX", valid_to=valid_to)
    order = world.order(customer, {world.plenty(): 15})
    order["lines"][0] |= {"tax_as_ordered": "0", "tax_in_erp": "0"}
    return order
