"""Orders whose tax somebody sees otherwise than the tax engine does."""

from __future__ import annotations

from decimal import Decimal

from sandbox.day.plan import Conduct, Incident, Scenario
from sandbox.day.world import Document, World


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


def wrong(world: World) -> Document:
    """The engine knows better, and policy believes it."""
    return stated(world, "45.00")


def _off_by_cents(world: World) -> Document:
    return stated(world, "0.03")


def _wrong_by_a_lot(world: World) -> Document:
    return stated(world, "400.00", quantity=90)


def _exempt_by_certificate(world: World) -> Document:
    return _exempt(world, valid_to=200)


def _exempt_until_lately(world: World) -> Document:
    return _exempt(world, valid_to=-12)


SCENARIOS = (
    Scenario("the tax is wrong, the engine knows better", wrong, touchless=True, weight=3),
    Scenario("the tax is off by cents", _off_by_cents, touchless=True, weight=2),
    Scenario("the tax is wrong by a lot", _wrong_by_a_lot),
    Scenario("exempt by certificate", _exempt_by_certificate),
    Scenario("exempt, but the certificate has just ended", _exempt_until_lately),
    Scenario("the tax is wrong by a lot", _wrong_by_a_lot, Conduct.CLAIM),
    Scenario("the tax is wrong by a lot", _wrong_by_a_lot, Conduct.SILENT),
    Scenario("its events arrive twice", wrong, incident=Incident.REDELIVERED, touchless=True),
)
