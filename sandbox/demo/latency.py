"""How fast is an order that nobody has to look at, and what does it take of Temporal."""

from __future__ import annotations

import asyncio
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sandbox.day.plan import PlannedOrder
from sandbox.demo.cases import Cases, Counts
from sandbox.demo.enterprise import Enterprise
from sandbox.demo.progress import Progress

MEDIAN_LIMIT_MS = 300
ACTIONS_LIMIT = 14
EVENTS_LIMIT = 60
_WARM_UP = 2
_PATIENCE = 120.0
_QUIET = 0.4
"""Seconds for the case before to tell its customer: each order is to be alone."""


@dataclass(frozen=True)
class Measured:
    """Milliseconds from hold to release, by the ERP's clock, one order at a time; and what one case counted."""

    milliseconds: Sequence[float]
    counts: Counts

    @property
    def median(self) -> float:
        """The median, in milliseconds."""
        return statistics.median(self.milliseconds)

    def problems(self) -> list[str]:
        """The limits that were not kept. Time is not among them: it depends on the machine, and is reported."""
        found = []
        if self.counts.total > ACTIONS_LIMIT:
            found.append(f"a touchless case took {self.counts.total} actions, more than {ACTIONS_LIMIT}")
        if self.counts.events > EVENTS_LIMIT:
            found.append(f"a touchless case took {self.counts.events} history events, more than {EVENTS_LIMIT}")
        return found


class TooSlow(RuntimeError):
    """A touchless order was not released in time."""


async def measure(enterprise: Enterprise, cases: Cases, plans: Sequence[PlannedOrder], progress: Progress) -> Measured:
    """Enter the orders one by one, each after the one before was released. The first ones only warm things up."""
    times = []
    for plan in plans:
        await enterprise.enter_order(plan.order)
        times.append(await _released(enterprise, plan.order_id))
        await asyncio.sleep(_QUIET)
    fastest = min(range(_WARM_UP, len(times)), key=times.__getitem__)  # nothing held it up, so it took no detour
    measured = Measured(times[_WARM_UP:], await cases.counts(plans[fastest].order_id))
    each = ", ".join(f"{milliseconds:.0f}" for milliseconds in measured.milliseconds)
    progress.note(f"touchless orders, one at a time: hold to release in {each} ms", "cyan")
    return measured


async def _released(enterprise: Enterprise, order_id: str) -> float:
    deadline = asyncio.get_running_loop().time() + _PATIENCE
    while asyncio.get_running_loop().time() < deadline:
        order = await enterprise.order(order_id)
        cleared: list[dict[str, Any]] = order["cleared_holds"]
        if cleared and not order["holds"]:
            return max(_milliseconds(entry) for entry in cleared)
        await asyncio.sleep(0.05)
    raise TooSlow(f"order {order_id} was not released within {_PATIENCE:.0f} s: it should not have needed anybody")


def _milliseconds(cleared: dict[str, Any]) -> float:
    placed = datetime.fromisoformat(cleared["hold"]["applied_at"])
    return (datetime.fromisoformat(cleared["cleared_at"]) - placed).total_seconds() * 1000
