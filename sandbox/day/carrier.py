"""Orders that do not say how they are to travel, or say it in a way that nobody can follow."""

from __future__ import annotations

from typing import Any

from sandbox.day.plan import Conduct, Reply, Scenario
from sandbox.day.world import Document, World


def unsaid(world: World, *, freight: str = "60.00", **carrier: Any) -> Document:
    """Nothing is said about the carrier, or only a part."""
    order = world.order(world.customer(segment="B"), {world.plenty(): 12}, freight=freight)
    return order | {"carrier": carrier}


def _guided(world: World) -> Document:
    order = unsaid(world)
    world.tms["routing-guides"].append({"customer_id": order["customer_id"], "scac": "FXFE", "service": "ECONOMY"})
    return order


def _dear(world: World) -> Document:
    return unsaid(world, freight="0")


def _collect(world: World) -> Document:
    """To be billed to an account that the order does not name and nobody knows."""
    return unsaid(world, freight_terms="COLLECT")


def _collect_with_account(world: World) -> Document:
    order = unsaid(world, freight_terms="COLLECT")
    account = {"customer_id": order["customer_id"], "scac": "FXFE", "terms": "COLLECT", "account": "A-100"}
    world.tms["carrier-accounts"].append(account | {"valid_from": world.day(-100), "valid_to": world.day(100)})
    return order


def _in_a_hurry(world: World) -> Document:
    """In time only by air, and the customer pays for the freight."""
    order = unsaid(world, freight_terms="PREPAY_ADD")
    order["lines"][0]["need_by"] = world.day(2)
    return order


def _ex_works(world: World) -> Document:
    return unsaid(world, incoterms="EXW Newark")


SCENARIOS = (
    Scenario("no carrier is named", unsaid, touchless=True, weight=3),
    Scenario("the routing guide names the carrier", _guided, touchless=True, weight=2),
    Scenario("no carrier is named, and freight was to be free", _dear),
    Scenario("freight collect without an account", _collect),
    Scenario("freight collect, and the TMS knows the account", _collect_with_account, touchless=True),
    Scenario("in time only by air, and the customer pays", _in_a_hurry),
    Scenario("the customer collects it", _ex_works, touchless=True),
    Scenario("in time only by air, and the customer does not answer", _in_a_hurry, reply=Reply.SILENT),
    Scenario("freight collect, and the customer wants to be called", _collect, reply=Reply.DECLINES),
    Scenario("no carrier is named, and freight was to be free", _dear, Conduct.SILENT),
)
