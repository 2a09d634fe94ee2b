"""A day of orders, the same for the same seed, of any size: clean ones and held ones, and the world they need."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from random import Random

from domain.exception_types import ExceptionType
from sandbox.day import address, carrier, credit, duplicate, integration, inventory, mixed, price, tax
from sandbox.day.distribution import CLEAN, SEVERAL, SHARES, arrivals, quotas, rota
from sandbox.day.plan import Conduct, Incident, PlannedOrder, Reply, Scenario
from sandbox.day.world import World

__all__ = ["Chunk", "Conduct", "Day", "Incident", "PlannedOrder", "Reply", "World", "chunks", "plan"]

SCENARIOS: Mapping[str, Sequence[Scenario]] = {
    CLEAN: mixed.CLEAN,
    SEVERAL: mixed.SEVERAL,
    ExceptionType.CREDIT_HOLD: credit.SCENARIOS,
    ExceptionType.INVENTORY_SHORTFALL: inventory.SCENARIOS,
    ExceptionType.PRICE_DISCREPANCY: price.SCENARIOS,
    ExceptionType.TAX_DISCREPANCY: tax.SCENARIOS,
    ExceptionType.ADDRESS_INVALID: address.SCENARIOS,
    ExceptionType.CARRIER_INSTRUCTIONS_MISSING: carrier.SCENARIOS,
    ExceptionType.DUPLICATE_PO: duplicate.SCENARIOS,
    ExceptionType.INTEGRATION_FAILURE: integration.SCENARIOS,
    ExceptionType.UNCLASSIFIED: mixed.UNCLASSIFIED,
}
ALONE = 9
OUTAGE = 3
LEAST, MOST = 20, 1_000_000
_CHUNK = 1000


@dataclass(frozen=True)
class Chunk:
    """Some of a day's orders, by arrival, with the master data that only they need. The next chunk arrives later."""

    world: World
    orders: tuple[PlannedOrder, ...]


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


def chunks(seed: int, size: int, now: datetime) -> Iterator[Chunk]:
    """A day of `size` orders from morning to evening, a part at a time: memory does not grow with the size.

    ValueError beyond the limits.
    """
    if not LEAST <= size <= MOST:
        raise ValueError(f"a day has {LEAST} to {MOST:,} orders, not {size}")
    times = _times(seed, size, now)
    for number, start in enumerate(range(0, size, _CHUNK)):
        random = Random(f"{seed}/{number}")  # noqa: S311 - a play, not a secret
        world = World(random, now, start)
        yield Chunk(world, _orders(world, list(islice(times, _CHUNK))))


def plan(seed: int, now: datetime, size: int = 300) -> Day:
    """The day of that seed in one piece, with what is measured and what an outage meets."""
    world = World(Random(seed), now)  # noqa: S311 - a play, not a secret
    timed = Scenario("timed alone", credit.slightly_over, touchless=True)
    down = Scenario("the tax service is down", tax.wrong, touchless=True)
    alone = tuple(PlannedOrder.of(timed, "TIMED", world, now) for _ in range(ALONE))
    count = size - ALONE - OUTAGE
    orders = _orders(world, list(_times(seed, count, now)))
    outage = tuple(PlannedOrder.of(down, "OUTAGE", world, now) for _ in range(OUTAGE))
    return Day(world, alone, orders, outage)


def _shuffled(random: Random, wanted: Sequence[tuple[str, Scenario]]) -> list[tuple[str, Scenario]]:
    """In any order, but those that come together one after the other."""
    groups: dict[str, list[tuple[str, Scenario]]] = {}
    for number, (kind, scenario) in enumerate(wanted):
        groups.setdefault(scenario.story if scenario.together else str(number), []).append((kind, scenario))
    mixed = list(groups.values())
    random.shuffle(mixed)
    return [each for group in mixed for each in group]


def _times(seed: int, count: int, now: datetime) -> Iterator[datetime]:
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    return arrivals(Random(f"{seed}/times"), count, midnight)  # noqa: S311 - a play, not a secret


def _orders(world: World, times: Sequence[datetime]) -> tuple[PlannedOrder, ...]:
    """An order for each of these times, by the distribution."""
    wanted = [
        (kind, scenario)
        for kind, number in quotas(len(times), SHARES).items()
        for scenario in rota(SCENARIOS[kind], [each.weight for each in SCENARIOS[kind]], number)
    ]
    return tuple(
        PlannedOrder.of(scenario, str(kind), world, time)
        for (kind, scenario), time in zip(_shuffled(world.random, wanted), times, strict=True)
    )
