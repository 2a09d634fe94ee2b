"""Orders whose purchase order has another price than the ERP: agreed, close enough, in cases, or simply less."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from sandbox.day.plan import Conduct, Reply, Scenario
from sandbox.day.world import Document, World

_PRICE = 120
"""What the ERP asks for the item that is always there; its cost is 72."""
_QUANTITY = 60
_CONTRACT = Decimal(110)


def stated(world: World, price: str, **changes: Any) -> Document:
    """An order that states this price for what costs 120 in the ERP."""
    return _asking(world, world.customer(segment="B"), world.plenty(), price, **changes)


def agreed(world: World) -> Document:
    """The customer has a contract at the price that the purchase order states."""
    customer, item = world.customer(segment="B"), world.plenty()
    _contract(world, customer, item)
    return _asking(world, customer, item, str(_CONTRACT))


def wrong_record(world: World) -> Document:
    """The customer's own price record contradicts the contract, also for the next orders of that customer."""
    if world.misled is None:
        customer, item = world.customer(segment="B"), world.plenty()
        _contract(world, customer, item)
        own = {"currency": "USD", "breaks": [{"unit_price": str(_PRICE)}]}
        world.pricing["price-records"].append(
            {"record_id": f"PR-{customer}", "item": item, "customer_id": customer, "prices": own}
        )
        world.misled = customer, item
    customer, item = world.misled
    return _asking(world, customer, item, str(_CONTRACT), service_level="STANDARD")


def _in_cases(world: World) -> Document:
    """The same price, a case of twelve at a time."""
    order = stated(world, str(12 * _PRICE))
    order["lines"][0]["as_ordered"] |= {"unit": "CS", "pack_quantity": "12"}
    return order


def _asking(world: World, customer: str, item: str, price: str, **changes: Any) -> Document:
    order = world.order(customer, {item: _QUANTITY}, **changes)
    order["lines"][0]["as_ordered"] = {"unit_price": price, "currency": "USD"}
    return order


def _contract(world: World, customer: str, item: str) -> None:
    prices = {"currency": "USD", "breaks": [{"unit_price": str(_CONTRACT)}]}
    dates = {"valid_from": world.day(-100), "valid_to": world.day(200)}
    agreement = {"agreement_id": f"K-{customer}", "customer_id": customer, "item": item, "kind": "CONTRACT"}
    world.pricing["agreements"].append(agreement | dates | {"prices": prices})


def _priced(price: str) -> Callable[[World], Document]:
    return lambda world: stated(world, price)


SCENARIOS = (
    Scenario("the price is the contract's", agreed, touchless=True, weight=2),
    Scenario("a price record contradicts the contract", wrong_record, together=True),
    Scenario("a price record contradicts the contract", wrong_record, together=True),
    Scenario("a price record contradicts the contract", wrong_record, together=True),
    Scenario("the price is by the case", _in_cases, touchless=True),
    Scenario("the price is almost right", _priced("119.80"), touchless=True, weight=2),
    Scenario("asks for less, the margin is enough", _priced("106")),
    Scenario("asks for less, the margin is thin", _priced("92")),
    Scenario("asks for less than the floor allows, and agrees to our price", _priced("78")),
    Scenario("asks for less than the floor allows, and says nothing", _priced("78"), reply=Reply.SILENT),
    Scenario("asks for less than it costs", _priced("60"), reply=Reply.DECLINES),
    Scenario("asks for less, the margin is enough", _priced("106"), Conduct.CLAIM),
    Scenario("asks for less, the margin is enough", _priced("106"), Conduct.SILENT),
    Scenario("asks for more than we do", _priced("126")),
)
