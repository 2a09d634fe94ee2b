"""Orders that did not come through as they should: parts that nobody knows, units, refused connections, silence."""

from __future__ import annotations

from typing import Any

from sandbox.day.mixed import clean
from sandbox.day.plan import Conduct, Scenario
from sandbox.day.world import REGIONS, Document, World
from sandbox.edi import x12

_US = "HOLDFAST"
_SITE = "0042"
_PRICE = "120.00"
_NOT_TO_BE_SENT = {"code": "INTEGRATION", "hold_class": "HARD", "reason": "the partner's contract is in dispute"}
_NOBODY_KNOWS = {"code": "INTEGRATION", "source_system": "EDI", "source_code": "EDI_ERROR", "reason": "interface error"}


def unknown_part(world: World) -> Document:
    """A part number that has no item yet, of one partner: one answer is enough for all its orders."""
    if world.newcomer is None:
        world.newcomer = _partner(world)
        world.edi["items"].append({"item": world.plenty(), "description": "pump", "numbers": ["77-410"]})
    return _interchange(world, world.newcomer, part="77-410")


def strange_unit(world: World) -> Document:
    """A unit that no table of units has."""
    return _interchange(world, _partner(world), unit="ZZ")


def refused(world: World) -> Document:
    """The partner does not let us in by the usual way; there is another."""
    routes = [{"name": "AS2", "accepts": False}, {"name": "SFTP"}]
    return _interchange(world, _partner(world, routes=routes))


def _stopped(world: World) -> Document:
    return clean(world) | {"extra_holds": [_NOT_TO_BE_SENT]}


def _unexplained(world: World) -> Document:
    return clean(world) | {"extra_holds": [_NOBODY_KNOWS]}


def _partner(world: World, **connection: Any) -> str:
    """A new trading partner, which knows the item that is always there as B-10."""
    customer = world.customer(segment="B")
    partner = f"TP{customer.removeprefix('C-')}"
    ship_to = {"site_id": f"{customer}-1", "region": "TX", "postal_code": REGIONS["TX"][0]}
    world.edi["partners"].append(
        {
            "partner": partner,
            "sender": partner,
            "customer_id": customer,
            "warehouse": "EAST",
            "sites": {_SITE: ship_to},
        }
    )
    world.edi["mappings"].append({"partner": partner, "part": "B-10", "item": world.plenty(), "unit": "EA"})
    world.edi["connections"].append({"partner": partner, **connection})
    return partner


def _interchange(world: World, partner: str, *, part: str = "B-10", unit: str = "EA") -> Document:
    """An 850 as the partner sends it."""
    world.interchanges += 1
    control = f"{world.start + world.interchanges:09d}"
    quantity = world.random.randrange(5, 40)
    number = f"{world.random.randrange(10_000, 99_999)}-{control.lstrip('0')}"
    segments: tuple[x12.Segment, ...] = (
        ("BEG", "00", "SA", number, "", world.today.strftime("%Y%m%d")),
        ("DTM", "002", world.day(7).replace("-", "")),
        ("N1", "ST", "", "92", _SITE),
        ("PO1", "1", str(quantity), unit, _PRICE, "PE", "BP", part),
    )
    document = x12.TransactionSet("850", "0001", segments)
    group = x12.Group("PO", partner, _US, control.lstrip("0"), "005010", (document,))
    sent_at = world.now.replace(tzinfo=None)
    text = x12.render(x12.Interchange("ZZ", partner, "ZZ", _US, control, sent_at, (group,)))
    return {
        "order_id": f"EDI-{partner}-{control}-0001",
        "customer_id": partner.replace("TP", "C-"),
        "warehouse": "EAST",
        "lines": [{"item": part}],
        "interchange": text,
    }


SCENARIOS = (
    Scenario("a part that nobody knows", unknown_part, together=True),
    Scenario("a part that nobody knows", unknown_part, together=True),
    Scenario("a part that nobody knows", unknown_part, together=True),
    Scenario("the partner does not let us in", refused),
    Scenario("a unit that does not exist", strange_unit),
    Scenario("the interface says error, and nothing else", _unexplained),
    Scenario("in dispute with the partner", _stopped),
    Scenario("the interface says error, and nothing else", _unexplained, Conduct.SILENT),
    Scenario("the partner does not let us in", refused, Conduct.CLAIM),
)
