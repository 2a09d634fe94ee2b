"""How the orders of a day are distributed: over kinds, over the hours, over segments and sizes.

The shares are those of a bad day, on purpose: about half of the orders are held. They are quotas, not chances: a day of
300 orders has exactly 24 that are held for credit, whatever the seed. `docs/performance.md` says how they were chosen.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from random import Random
from typing import TypeVar

from domain.exception_types import ExceptionType

Key = TypeVar("Key")

CLEAN = "NOTHING_WRONG"
SEVERAL = "SEVERAL_HOLDS"

SHARES: Mapping[str, int] = {
    CLEAN: 515,
    ExceptionType.CREDIT_HOLD: 80,
    ExceptionType.INVENTORY_SHORTFALL: 75,
    ExceptionType.PRICE_DISCREPANCY: 60,
    SEVERAL: 60,
    ExceptionType.TAX_DISCREPANCY: 45,
    ExceptionType.ADDRESS_INVALID: 45,
    ExceptionType.CARRIER_INSTRUCTIONS_MISSING: 40,
    ExceptionType.DUPLICATE_PO: 35,
    ExceptionType.INTEGRATION_FAILURE: 35,
    ExceptionType.UNCLASSIFIED: 10,
}
"""Orders per thousand, by what is wrong with them."""

HOURS: Mapping[int, int] = {
    6: 30,
    7: 60,
    8: 110,
    9: 140,
    10: 130,
    11: 90,
    12: 60,
    13: 90,
    14: 110,
    15: 90,
    16: 50,
    17: 25,
    18: 15,
}
"""Orders per thousand, by the hour in which they arrive: two waves, before and after noon."""

SEGMENTS: Mapping[str, int] = {"A": 20, "B": 50, "C": 30}
"""Customers per hundred."""

REPEAT_PERCENT = 60
"""Of the orders with nothing wrong, those whose customer has ordered before on that day."""

_LAST_SECOND = 3599.999999
_MEDIAN_QUANTITY, _SPREAD = 24, 0.6
_LEAST, _MOST = 3, 300


def quotas(total: int, shares: Mapping[Key, int]) -> dict[Key, int]:
    """`total` divided by `shares`: whole numbers that add up, the largest remainders rounded up."""
    whole = sum(shares.values())
    counts = {key: total * share // whole for key, share in shares.items()}
    by_remainder = sorted(shares, key=lambda key: total * shares[key] % whole, reverse=True)
    for key in by_remainder[: total - sum(counts.values())]:
        counts[key] += 1
    return counts


def arrivals(random: Random, total: int, midnight: datetime) -> Iterator[datetime]:
    """When `total` orders arrive on the day that begins at `midnight`, the earliest first, one at a time.

    Each hour has its quota, evenly distributed in it. The next of n times is drawn as the least of n, so that no more
    than one has to be remembered.
    """
    for hour, count in quotas(total, HOURS).items():
        passed = 0.0
        for left in range(count, 0, -1):
            passed += (1 - passed) * (1 - random.random() ** (1 / left))
            yield midnight + timedelta(hours=hour, seconds=min(passed * 3600, _LAST_SECOND))


def segment(random: Random) -> str:
    """The segment of a customer of whom nothing else is said."""
    return random.choices(list(SEGMENTS), weights=list(SEGMENTS.values()))[0]


def quantity(random: Random) -> int:
    """Pieces on a line, log-normal: many small lines, a few large ones."""
    drawn = _MEDIAN_QUANTITY * random.lognormvariate(0, _SPREAD)
    return max(_LEAST, min(_MOST, round(drawn)))


def rota(scenarios: Sequence[Key], weights: Sequence[int], count: int) -> list[Key]:
    """`count` of the scenarios by weight; the first ones come first where there is not room for all."""
    shares = dict(zip(range(len(scenarios)), weights, strict=True))
    if count <= len(scenarios):
        return list(scenarios[:count])
    rest = quotas(count - len(scenarios), shares)
    return [scenario for number, scenario in enumerate(scenarios) for _ in range(1 + rest[number])]
