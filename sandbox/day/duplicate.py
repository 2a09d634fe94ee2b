"""Orders that came before, or look as if they had."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

from sandbox.day.mixed import clean
from sandbox.day.plan import Conduct, Scenario
from sandbox.day.world import Document, World

_SUSPECTED = {"extra_holds": [{"code": "DUPLICATE", "reason": "looks like an order of the same customer"}]}


def _copy(world: World, *, of_shipped: bool = False, **changes: Any) -> Document:
    """Another order like an earlier one, the last that came or one that has shipped by now."""
    if not world.clean:
        return clean(world) | _SUSPECTED
    first = deepcopy(world.clean.pop(0 if of_shipped else -1))
    del first["edi"]
    return first | {"order_id": world.number()} | changes


def _typed_again(world: World) -> Document:
    """The same purchase order, its number written otherwise."""
    order = _copy(world)
    return order | {"po_number": order["po_number"].lower().replace("-", " ")}


def _shipped_before(world: World) -> Document:
    return _copy(world, of_shipped=True)


def _more_of_it(world: World) -> Document:
    """The same purchase order, and more goods."""
    order = _copy(world)
    order["lines"][0]["quantity"] = str(int(order["lines"][0]["quantity"]) + 5)
    return order


def _replayed(world: World) -> Document:
    """The same message once more: nothing was ordered twice."""
    if not world.clean:
        return clean(world) | _SUSPECTED
    return deepcopy(world.clean.pop()) | {"order_id": world.number()}


def _ordered_again(world: World) -> Document:
    """The same goods under another number, within the day."""
    order = _copy(world)
    return order | {"po_number": f"{order['po_number']}-B"} | _SUSPECTED


SCENARIOS = (
    Scenario("the same purchase order again", _typed_again, weight=2),
    Scenario("the same purchase order again, and the first has shipped", _shipped_before),
    Scenario("the same purchase order with more on it", _more_of_it),
    Scenario("the same message again", _replayed),
    Scenario("the same goods under another number", _ordered_again),
    Scenario("the same purchase order with more on it", _more_of_it, Conduct.CLAIM),
    Scenario("the same purchase order again, and the first has shipped", _shipped_before, Conduct.LATE),
)
