"""A day of orders, the same for the same seed: clean ones and held ones, and the world they need."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from random import Random

from sandbox.day import credit, inventory, mixed, tax
from sandbox.day.plan import Conduct, Incident, PlannedOrder
from sandbox.day.world import World

__all__ = ["Conduct", "Day", "Incident", "PlannedOrder", "World", "plan"]

ALONE = 9
OUTAGE = 3


@dataclass(frozen=True)
class Day:
    """`orders` in the order in which they enter; `alone` are touchless ones, entered one by one before all others to be
    timed; `outage` are those that enter as the tax service goes down.
    """

    world: World
    alone: tuple[PlannedOrder, ...]
    orders: tuple[PlannedOrder, ...]
    outage: tuple[PlannedOrder, ...]

    @property
    def all(self) -> tuple[PlannedOrder, ...]:
        """Every order of the day."""
        return (*self.alone, *self.orders, *self.outage)


def plan(seed: int, now: datetime) -> Day:
    """The day of that seed, with dates that follow from `now`."""
    world = World(Random(seed), now)  # noqa: S311 - a play, not a secret
    alone = tuple(PlannedOrder(credit.slightly_over(world), "timed alone", touchless=True) for _ in range(ALONE))
    orders = [*mixed.clean(world), *credit.orders(world), *inventory.orders(world), *tax.orders(world)]
    orders += mixed.orders(world)
    outage = tuple(
        PlannedOrder(tax.stated(world, "45.00"), "the tax service is down", touchless=True) for _ in range(OUTAGE)
    )
    world.random.shuffle(orders)
    return Day(world, alone, tuple(orders), outage)
