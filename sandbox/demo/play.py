"""The course of the day, from the first order to the last settled case."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from temporalio.service import RPCError

from domain.policy.policy_set import PolicySet
from sandbox.concurrent import alongside
from sandbox.day import Day, Incident, PlannedOrder
from sandbox.demo.cases import CaseRow, Cases
from sandbox.demo.cast import Cast
from sandbox.demo.cli import Approver
from sandbox.demo.customers import Customers
from sandbox.demo.enterprise import Enterprise
from sandbox.demo.inbox import Inbox
from sandbox.demo.incidents import Incidents
from sandbox.demo.latency import Measured, measure
from sandbox.demo.patience import Patience
from sandbox.demo.progress import Progress
from sandbox.demo.reckoning import Books
from sandbox.stack import SERVICES, Stack

_DAY_SECONDS = 75.0
"""How long the day takes, from its first order to its last."""
_ENTERED_AT_ONCE = 4
_BUSY_AT_ONCE = 50
"""Cases that are at work or ask somebody, at a time: above it the next order comes later. Two idle cores hardly get
there; on a busy machine more would hinder each other until none got on, not least by reminders every few seconds.
"""
_QUIET = {"WAITING", "RETRYING", "FOLLOWING"}
_LOOK_EVERY = 1.0
_BEFALLS_AFTER = {
    Incident.REDELIVERED: 1.0,
    Incident.PAYMENT: 5.0,
    Incident.CASH_APPLIED: 4.0,
    Incident.RECEIPT: 6.0,
    Incident.CANCELLED: 6.0,
    Incident.CLEARED: 6.0,
}
"""Seconds after an order entered at which its incident happens."""


@dataclass
class Outcome:
    """What the day left behind. `retrying_seen`: the systems that cases were seen to wait for."""

    measured: Measured
    books: Books
    answers: Counter[str]
    refusals: Counter[str]
    customers: Counter[str]
    reconciled: Counter[str]
    retrying_seen: dict[str, set[str]] = field(default_factory=dict)


class Play:
    """One day."""

    def __init__(self, stack: Stack, day: Day, policies: PolicySet, progress: Progress) -> None:
        self._stack = stack
        self._day = day
        self._progress = progress
        self._entered = 0
        self._entry = asyncio.Semaphore(_ENTERED_AT_ONCE)
        self._all_in = asyncio.Event()
        self._tax_missed = asyncio.Event()
        self._retrying_seen: dict[str, set[str]] = {}
        self._seen: list[CaseRow] = []
        self._unseen = 0
        """Orders of the day that were let in after the cases were last seen."""
        self._patience = Patience()
        self._plans = {plan.order_id: plan for plan in day.all}
        self._cast = Cast(Inbox(stack), Approver(stack), policies, self._plans, progress)

    async def run(self) -> Outcome:
        """Play it to its end. What is not settled in time shows in the books."""
        cases = await Cases.connect(self._stack.temporal.address, self._stack.enterprise.tenant)
        async with Enterprise(self._stack) as enterprise:
            measured = await measure(enterprise, cases, self._day.alone, self._progress)
            self._entered = len(self._day.alone)
            self._patience = Patience()
            incidents = Incidents(self._stack, enterprise, self._progress)
            customers = Customers(enterprise, self._plans, self._progress)
            await alongside(
                self._day_goes_by(enterprise, cases, incidents),
                self._cast.work(),
                self._watch(cases),
                customers.act(),
            )
            books, reconciled = await _books(enterprise, cases), await cases.reconciled()
        answers, refusals = self._cast.answers, self._cast.refusals
        return Outcome(measured, books, answers, refusals, customers.answers, reconciled, self._retrying_seen)

    async def _day_goes_by(self, enterprise: Enterprise, cases: Cases, incidents: Incidents) -> None:
        await self._let_orders_in(enterprise, incidents)
        await self._until_settled(enterprise, cases)

    async def _let_orders_in(self, enterprise: Enterprise, incidents: Incidents) -> None:
        """The orders as they arrive over the day; half-way a worker dies, at the end the tax service does."""
        orders = self._day.orders
        begins, ends = orders[0].arrives_at, orders[-1].arrives_at
        started = asyncio.get_running_loop().time()
        async with asyncio.TaskGroup() as group:
            for number, plan in enumerate(orders):
                share = (plan.arrives_at - begins) / (ends - begins)
                await asyncio.sleep(started + share * _DAY_SECONDS - asyncio.get_running_loop().time())
                started += await self._until_there_is_room()
                if number == len(orders) // 2:
                    group.create_task(incidents.worker_dies())
                group.create_task(self._let_in(enterprise, incidents, plan))
                self._unseen += 1
            group.create_task(self._outage(incidents))

    async def _outage(self, incidents: Incidents) -> None:
        """Once all others are in, whatever the machine takes: the ERP asks about taxes when an order enters."""
        await self._all_in.wait()
        self._entered += len(self._day.outage)
        await incidents.tax_goes_down(self._day.outage, self._tax_missed)

    async def _until_there_is_room(self) -> float:
        """Seconds that this took: the rest of the day is that much later, and not made up for in a rush."""
        began = asyncio.get_running_loop().time()
        while self._unseen + sum(row.open and row.state not in _QUIET for row in self._seen) > _BUSY_AT_ONCE:
            if self._patience.ended_because:
                break
            await asyncio.sleep(_LOOK_EVERY)
        return asyncio.get_running_loop().time() - began

    async def _let_in(self, enterprise: Enterprise, incidents: Incidents, plan: PlannedOrder) -> None:
        async with self._entry:
            order = await enterprise.enter_order(plan.order)
        self._entered += 1
        if self._entered == len(self._day.alone) + len(self._day.orders):
            self._all_in.set()
        codes = " + ".join(hold["code"] for hold in order["holds"])
        if codes:
            self._progress.note(f"{plan.order_id}: held ({codes}): {plan.story}")
        if plan.incident is not None:
            await asyncio.sleep(_BEFALLS_AFTER[plan.incident])
            await incidents.befall(plan)

    async def _watch(self, cases: Cases) -> None:
        """Show how many cases are in which state."""
        while True:
            with suppress(RPCError):
                self._seen, self._unseen = await cases.rows(closing=False), 0
                self._patience.saw(self._seen)
            states = Counter(row.state if row.open else "CLOSED" for row in self._seen)
            for row in self._seen:
                for system in row.retrying if row.open else ():
                    self._retrying_seen.setdefault(system, set()).add(row.order_id)
            if "tax" in self._retrying_seen:
                self._tax_missed.set()
            self._progress.count(self._entered, len(self._day.all), states)
            await asyncio.sleep(_LOOK_EVERY)

    async def _until_settled(self, enterprise: Enterprise, cases: Cases) -> None:
        """Wait for the cases, and only then ask the ERP for all of its orders, which costs it something."""
        self._progress.note("all orders have entered; now until every case is settled", "cyan")
        while (given_up := self._patience.ended_because) is None:
            if not any(row.open for row in self._seen) and await _is_settled(enterprise, cases):
                return
            await asyncio.sleep(_LOOK_EVERY)
        self._progress.note(f"not waiting any longer: {given_up}", "bold red")


async def _is_settled(enterprise: Enterprise, cases: Cases) -> bool:
    try:
        return not Books(await enterprise.orders(), (), {}, await cases.rows(closing=False)).unsettled()
    except RPCError:
        return False


async def _books(enterprise: Enterprise, cases: Cases) -> Books:
    ledgers: dict[str, Sequence[dict[str, object]]] = {name: await enterprise.ledger(name) for name in SERVICES}
    rows = await cases.rows()
    broken = await cases.broken_chains(rows)
    causes = await cases.causes()
    return Books(await enterprise.orders(), await enterprise.releases(), ledgers, rows, broken, causes)
