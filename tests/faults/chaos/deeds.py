"""What chaos does, drawn from a seed: kills of processes, faults of systems, and events that come again."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from random import Random

from sandbox.day import Incident, PlannedOrder
from sandbox.demo.enterprise import Document, Enterprise
from sandbox.demo.incidents import Incidents
from sandbox.demo.progress import Progress
from sandbox.stack import SERVICES, SYSTEMS, Stack
from tests.faults.chaos.undeterred import undeterred

OURS_AND_THEIRS = ("temporal", "door", *SERVICES, "mailbox")
_AWAY = (0.0, 4.0)
_BETWEEN_KILLS = (1.0, 5.0)
_BETWEEN_FAULTS = (0.5, 3.0)
_BETWEEN_COPIES = (2.0, 6.0)
"""Seconds, from and to."""
_LASTS = (1.0, 6.0)

FAULTS: dict[str, Callable[[Random], Document]] = {
    "500": lambda _: {"kind": "ERROR", "status": 500},
    "503": lambda _: {"kind": "ERROR", "status": 503},
    "slow": lambda random: {"kind": "DELAY", "delay_ms": random.randint(200, 4000)},
    "silent": lambda _: {"kind": "HANG"},
    "connection dropped": lambda _: {"kind": "DROP"},
    "garbage": lambda _: {"kind": "GARBAGE"},
    "done and not answered": lambda random: {"kind": "COMMIT_THEN_TIMEOUT", "delay_ms": random.choice((0, 100, 1000))},
    "429 with Retry-After": lambda random: {"kind": "RETRY_AFTER", "retry_after": random.randint(1, 3)},
    "refused as stale": lambda _: {"kind": "STALE_ETAG"},
}
WRITES = {
    "erp": "POST /v1/orders/{order_id}/release",
    "credit": "POST /v1/releases",
    "wms": "POST /v1/reservations",
    "crm": "POST /v1/communications",
}
"""Of systems that know no idempotency for a while: each of these is done, and the answer is lost."""
FORGETFUL = "done and not answered, without idempotency"


@dataclass
class Bag:
    """Draws each of some things once before any of them comes again."""

    things: Sequence[str]
    random: Random

    def __iter__(self) -> Iterator[str]:
        while True:
            drawn = list(self.things)
            self.random.shuffle(drawn)
            yield from drawn


class Chaos:
    """Three strands of deeds side by side, each with a sequence of its own that the seed gives."""

    def __init__(self, seed: int, stack: Stack, enterprise: Enterprise, progress: Progress) -> None:
        self._kills, self._faults, self._copies = (Random(f"{seed}/{name}") for name in ("kills", "faults", "copies"))  # noqa: S311
        self._stack = stack
        self._enterprise = enterprise
        self._progress = progress
        self._incidents = Incidents(stack, enterprise, progress)
        self.entered: list[PlannedOrder] = []
        self.done: Counter[str] = Counter()
        """How often each thing was done."""

    async def rage(self, kills: int, parts: Sequence[str]) -> None:
        """So many kills, drawn from these parts, and the other strands for as long."""
        others = [asyncio.create_task(self._spoil()), asyncio.create_task(self._repeat())]
        try:
            for _, name in zip(range(kills), Bag(parts, self._kills), strict=False):
                await self._kill(name)
                await asyncio.sleep(self._kills.uniform(*_BETWEEN_KILLS))
        finally:
            for other in others:
                other.cancel()
            await asyncio.gather(*others, return_exceptions=True)
            for service in SERVICES:
                await undeterred(lambda name=service: self._enterprise.repair(name))  # type: ignore[misc]

    async def _kill(self, name: str) -> None:
        away = self._kills.uniform(*_AWAY)
        self._note(f"kill -9 {name}", f"{name} is killed and stays away for {away:.1f} s")
        self._stack.supervisor.kill(name)
        await asyncio.sleep(away)
        await self._stack.supervisor.restart(name)

    async def _spoil(self) -> None:
        random = self._faults
        for service in Bag(SYSTEMS, random):
            lasts = random.uniform(*_LASTS)
            if service in WRITES and random.random() < 1 / len(FAULTS):
                name, faults = FORGETFUL, _forgetful(WRITES[service], lasts)
            else:
                name = random.choice(list(FAULTS))
                faults = [{"operation": "*", "seconds": lasts, **FAULTS[name](random)}]
            self._note(f"{service}: {name}", f"{service} for {lasts:.1f} s: {name}")
            for fault in faults:
                await undeterred(lambda fault=fault, to=service: self._enterprise.break_down(to, fault))  # type: ignore[misc]
            await asyncio.sleep(lasts + random.uniform(*_BETWEEN_FAULTS))

    async def _repeat(self) -> None:
        while True:
            await asyncio.sleep(self._copies.uniform(*_BETWEEN_COPIES))
            if self.entered:
                plan = replace(self._copies.choice(self.entered), incident=Incident.REDELIVERED)
                self._note("events repeated, ten at once", f"{plan.order_id}: its events come again")
                await undeterred(lambda plan=plan: self._incidents.befall(plan))  # type: ignore[misc]

    def _note(self, kind: str, what: str) -> None:
        self.done[kind] += 1
        self._progress.note(f"CHAOS {what}")


def _forgetful(write: str, lasts: float) -> list[Document]:
    """Both at once, and only that: slow writes, too, would be beyond what anybody could find out."""
    return [
        {"operation": write, "seconds": lasts, "kind": kind, **more}
        for kind, more in (("NO_IDEMPOTENCY", {}), ("COMMIT_THEN_TIMEOUT", {"delay_ms": 100}))
    ]
