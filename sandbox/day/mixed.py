"""Orders with nothing wrong, with several things wrong, and with something wrong that no table knows."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from sandbox.day import credit, inventory, tax
from sandbox.day.plan import Conduct, Incident, PlannedOrder
from sandbox.day.world import Document, World

NOTHING_WRONG = "nothing wrong"
LEGAL = {"code": "LEGAL", "hold_class": "HARD", "source_system": "LEGAL", "reason": "export control review"}
STRANGE = {"code": "QA-77", "hold_class": "MANUAL", "source_system": "QA", "reason": "see the note on the desk"}


def clean(world: World) -> Iterator[PlannedOrder]:
    """Orders that nobody has to look at."""
    for _ in range(24):
        quantity = world.random.randrange(5, 60)
        order = world.order(world.customer(segment=world.random.choice("ABC")), {world.plenty(): quantity})
        yield PlannedOrder(order, NOTHING_WRONG)


def orders(world: World) -> Iterator[PlannedOrder]:
    """The rest of the day."""
    for conduct in (Conduct.PROMPT, Conduct.CLAIM):
        order = credit.slightly_over(world)
        yield PlannedOrder(order | {"extra_holds": [LEGAL]}, "stopped by the lawyers", conduct)
    yield PlannedOrder(_clean(world) | {"extra_holds": [STRANGE]}, "stopped for a reason no table knows")
    yield PlannedOrder(_clean(world) | {"extra_holds": [STRANGE]}, "stopped, and nobody answers", Conduct.SILENT)
    for conduct in (Conduct.PROMPT, Conduct.CLAIM):
        yield PlannedOrder(_short_and_broke(world), "short of goods and of credit", conduct)
    for conduct in (Conduct.PROMPT, Conduct.LATE):
        yield PlannedOrder(_mistaxed_and_broke(world), "wrong tax and short of credit", conduct)
    yield PlannedOrder(credit.slightly_over(world), "its events arrive twice", incident=Incident.REDELIVERED)
    yield PlannedOrder(tax.stated(world, "45.00"), "its events arrive twice", incident=Incident.REDELIVERED)


def _clean(world: World) -> Document:
    return world.order(world.customer(), {world.plenty(): 10})


def _short_and_broke(world: World) -> Document:
    order = inventory.elsewhere(world)
    world.credit[order["customer_id"]] |= {"limit": "50000", "open_receivables": "55000"}
    return order


def _mistaxed_and_broke(world: World) -> Document:
    order = tax.stated(world, "45.00", customer=world.customer(limit=Decimal(30_000), open_receivables=Decimal(36_000)))
    return order | {"service_level": "STANDARD"}
