"""Held orders of every kind in a storm: they enter, people and customers answer, chaos rages, the books are closed."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from random import Random

import httpx
from rich.console import Console
from temporalio.client import Client
from temporalio.service import RPCError

from runtime.encryption.conversion import data_converter
from runtime.encryption.keyring import new_key
from runtime.policy_files import load_policies
from sandbox.concurrent import alongside
from sandbox.day import SCENARIOS, PlannedOrder, World
from sandbox.day.distribution import CLEAN, SHARES, quotas, rota
from sandbox.demo.authority import Auditor
from sandbox.demo.cases import CaseRow, Cases
from sandbox.demo.cast import Cast
from sandbox.demo.cli import Approver
from sandbox.demo.customers import Customers
from sandbox.demo.enterprise import Enterprise
from sandbox.demo.inbox import Inbox
from sandbox.demo.incidents import Incidents
from sandbox.demo.patience import Patience
from sandbox.demo.progress import Progress
from sandbox.demo.reckoning import Books, Reckoning
from sandbox.demo.stakes import CreditBooks, Stakes
from sandbox.stack import POLICIES, SERVICES, Stack, enterprise_of, running
from tests.faults.chaos.deeds import Chaos
from tests.faults.chaos.undeterred import DOWN, for_ever, undeterred

_WORKERS = 2
_ORDERED_BEFORE = 12
"""Orders with nothing wrong that others turn out to be copies of."""
_BUSY_AT_ONCE = 30
_QUIET = {"WAITING", "RETRYING", "FOLLOWING"}
_LOOK_EVERY = 1.0
_BEFALLS_AFTER = 5.0


@dataclass(frozen=True)
class Size:
    """How many orders are held, how often something is killed, and which parts."""

    held: int
    kills: int
    parts: Sequence[str]


@dataclass(frozen=True)
class Aftermath:
    """What the storm left behind."""

    held: int
    done: Counter[str]
    outcomes: Counter[str]
    answers: Counter[str]
    refusals: Counter[str]
    reconciled: Counter[str]
    problems: list[str]
    seconds: float


async def weather(seed: int, size: Size, scratch: Path, console: Console) -> Aftermath:
    """A storm of that seed, on a stack of its own, with encrypted cases."""
    world = World(Random(seed), datetime.now(UTC))  # noqa: S311 - a play, not a secret
    plans = planned(world, size.held)
    enterprise = replace(enterprise_of(world), encryption=new_key("storm"))
    began = asyncio.get_running_loop().time()
    async with running(enterprise, scratch, workers=_WORKERS) as stack:
        storm = Storm(seed, size, stack, plans, Progress(console))
        books, cases = await stack.supervisor.guard(storm.pass_by())
        policies = load_policies(*POLICIES)
        segments = {customer: str(account["segment"]) for customer, account in world.accounts.items()}
        credit = CreditBooks(world.credit, books.ledgers["credit"])
        stakes = Stakes({plan.order_id: plan.order for plan in plans}, credit)
        reckoning = Reckoning(books, {plan.order_id: plan for plan in plans}, Auditor(policies, segments, stakes))
        return Aftermath(
            held=sum(1 for order in books.orders if order["holds_placed"]),
            done=storm.chaos.done,
            outcomes=Counter(str(row.closing.outcome) if row.closing else row.status.name for row in books.cases),
            answers=storm.cast.answers,
            refusals=storm.cast.refusals,
            reconciled=await cases.reconciled(),
            problems=[*reckoning.problems(), *ended_twice(books.cases)],
            seconds=asyncio.get_running_loop().time() - began,
        )


def planned(world: World, held: int) -> list[PlannedOrder]:
    """A few orders with nothing wrong, then so many that are held, by the shares of a day, in any order."""
    [clean] = SCENARIOS[CLEAN]
    before = [PlannedOrder.of(clean, CLEAN, world, world.now) for _ in range(_ORDERED_BEFORE)]
    shares = {kind: share for kind, share in SHARES.items() if kind != CLEAN}
    wanted = [
        (kind, scenario)
        for kind, number in quotas(held, shares).items()
        for scenario in rota(SCENARIOS[kind], [each.weight for each in SCENARIOS[kind]], number)
    ]
    world.random.shuffle(wanted)
    return [*before, *(PlannedOrder.of(scenario, str(kind), world, world.now) for kind, scenario in wanted)]


def ended_twice(rows: Sequence[CaseRow]) -> list[str]:
    """Holds about which more than one case says that it ended by a decision."""
    endings = Counter(
        (row.order_id, ended.hold_id)
        for row in rows
        if row.closing
        for ended in row.closing.exceptions
        if ended.decided_by is not None
    )
    return [f"order {order}: hold {hold} ended {times} times" for (order, hold), times in endings.items() if times > 1]


class Storm:
    """One of them."""

    def __init__(self, seed: int, size: Size, stack: Stack, plans: Sequence[PlannedOrder], progress: Progress) -> None:
        self._size = size
        self._stack = stack
        self._plans = plans
        self._progress = progress
        self._enterprise = Enterprise(stack)
        by_order = {plan.order_id: plan for plan in plans}
        self.cast = Cast(Inbox(stack), Approver(stack), load_policies(*POLICIES), by_order, progress)
        self._customers = Customers(self._enterprise, by_order, progress)
        self._incidents = Incidents(stack, self._enterprise, progress)
        self.chaos = Chaos(seed, stack, self._enterprise, progress)
        self._seen: list[CaseRow] = []
        self._unseen = 0
        self._patience = Patience()

    async def pass_by(self) -> tuple[Books, Cases]:
        """Until every case is settled, or none moves any more; then the books."""
        converter = data_converter(self._stack.keyring)
        client = await Client.connect(self._stack.temporal.address, data_converter=converter)
        cases = Cases(client, self._stack.enterprise.tenant)
        async with self._enterprise:
            await alongside(self._goes_by(), self.cast.work(), self._watch(cases), for_ever(self._customers.act))
            ledgers = {name: await self._enterprise.ledger(name) for name in SERVICES}
            rows = await cases.rows()
            broken = await cases.broken_chains(rows)
            books = Books(await self._enterprise.orders(), await self._enterprise.releases(), ledgers, rows, broken)
        return books, cases

    async def _goes_by(self) -> None:
        async with asyncio.TaskGroup() as group:
            group.create_task(self._let_orders_in())
            group.create_task(self.chaos.rage(self._size.kills, self._size.parts))
        self._progress.note("the storm is over and everything is repaired; now until every case is settled")
        self._patience = Patience()
        while self._patience.ended_because is None:
            if await self._settled():
                return
            await asyncio.sleep(_LOOK_EVERY)

    async def _let_orders_in(self) -> None:
        async with asyncio.TaskGroup() as group:
            for plan in self._plans:
                await self._room()
                self._unseen += 1
                await undeterred(lambda plan=plan: self._enterprise.enter_order(plan.order))  # type: ignore[misc]
                self.chaos.entered.append(plan)
                if plan.incident is not None:
                    group.create_task(self._befalls(plan))

    async def _room(self) -> None:
        """Until so few cases are busy that one more gets on."""
        while True:
            busy = sum(row.open and row.state not in _QUIET for row in self._seen)
            if busy + self._unseen <= _BUSY_AT_ONCE:
                return
            await asyncio.sleep(_LOOK_EVERY)

    async def _befalls(self, plan: PlannedOrder) -> None:
        """What else happens to the order. In a storm it may come too late, or to nothing because a part is in trouble;
        from a part that is away it comes back, for then nothing has happened yet.
        """
        await asyncio.sleep(_BEFALLS_AFTER)
        with suppress(*DOWN):
            await undeterred(lambda: self._incidents.befall(plan), (httpx.ConnectError,))

    async def _watch(self, cases: Cases) -> None:
        while True:
            with suppress(RPCError):
                self._seen, self._unseen = await cases.rows(closing=False), 0
                self._patience.saw(self._seen)
                states = Counter(row.state if row.open else "CLOSED" for row in self._seen)
                self._progress.count(len(self.chaos.entered), len(self._plans), states)
            await asyncio.sleep(_LOOK_EVERY)

    async def _settled(self) -> bool:
        if any(row.open for row in self._seen):
            return False
        return not Books(await undeterred(self._enterprise.orders), (), {}, self._seen).unsettled()
