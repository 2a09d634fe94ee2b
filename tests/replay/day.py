"""Orders of every kind that a day knows, in every way that it goes with them, on the real stack."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

from rich.console import Console
from temporalio.client import Client, WorkflowExecutionStatus, WorkflowHistory
from temporalio.contrib.pydantic import pydantic_data_converter

from domain.identifiers import CASE_TYPES, WORKFLOW_TYPE, workflow_id
from domain.reconciliation import RECONCILIATION_TYPE
from runtime.policy_files import load_policies
from sandbox.concurrent import alongside
from sandbox.day import SCENARIOS, Incident, PlannedOrder, World
from sandbox.day.distribution import CLEAN
from sandbox.day.plan import Scenario
from sandbox.demo.cases import Cases
from sandbox.demo.cast import Cast
from sandbox.demo.cli import Approver
from sandbox.demo.customers import Customers
from sandbox.demo.enterprise import Enterprise
from sandbox.demo.inbox import Inbox
from sandbox.demo.incidents import Incidents
from sandbox.demo.progress import Progress
from sandbox.demo.reckoning import Books
from sandbox.stack import POLICIES, Stack, enterprise_of, running
from tests.replay.corpus import is_kept, keep

_SETTLED_WITHIN = 60.0
_AT_ONCE = 6
"""Orders under way at a time: the deadlines are seconds, and whoever answers starts a program for it."""
_LOOK_EVERY = 0.5
_BEFALLS_AFTER = 5.0
_RUNS_OF_RECONCILIATION = 3


async def record_day(folder: Path, seed: int) -> None:
    """Play it, and keep every run that has come to its end; whether that is enough, the caller finds out."""
    world = World(Random(seed), datetime.now(UTC))  # noqa: S311 - a play, not a secret
    for plan in _first_of_all(world):
        world.clean.append(plan.order)
    plans = _one_of_each(world)
    with TemporaryDirectory(prefix="holdfast-") as scratch:
        async with running(enterprise_of(world), Path(scratch)) as stack:
            await stack.supervisor.guard(_play(stack, plans))
            client = await Client.connect(stack.temporal.address, data_converter=pydantic_data_converter)
            await _keep_all(client, folder, {plan.order_id: plan for plan in plans})


def _first_of_all(world: World) -> list[PlannedOrder]:
    """Orders with nothing wrong, which others turn out to be copies of."""
    [scenario] = SCENARIOS[CLEAN]
    made = [PlannedOrder.of(scenario, CLEAN, world, world.now) for _ in range(12)]
    world.clean.clear()
    return made


def _one_of_each(world: World) -> list[PlannedOrder]:
    """The clean ones first."""
    clean = [PlannedOrder(order=order, story="clean", arrives_at=world.now, kind=CLEAN) for order in world.clean]
    held = [
        PlannedOrder.of(scenario, str(kind), world, world.now)
        for kind, scenarios in SCENARIOS.items()
        if kind != CLEAN
        for scenario in _different(scenarios)
    ]
    return [*clean, *held]


def _different(scenarios: Sequence[Scenario]) -> list[Scenario]:
    """One for each way in which people and the world behave; what is held together comes together."""
    ways: dict[object, Scenario] = {}
    for number, scenario in enumerate(scenarios):
        way = (number,) if scenario.together else (scenario.conduct, scenario.incident, scenario.reply)
        ways.setdefault(way, scenario)
    return list(ways.values())


async def _play(stack: Stack, plans: Sequence[PlannedOrder]) -> None:
    progress = Progress(Console(highlight=False))
    cases = await Cases.connect(stack.temporal.address, stack.enterprise.tenant)
    by_order = {plan.order_id: plan for plan in plans}
    policies = load_policies(*POLICIES)
    async with Enterprise(stack) as enterprise:
        cast = Cast(Inbox(stack), Approver(stack), policies, by_order, progress)
        customers = Customers(enterprise, by_order, progress)
        incidents = Incidents(stack, enterprise, progress)
        entering = _until_settled(stack, enterprise, cases, incidents, plans)
        await alongside(entering, cast.work(), customers.act())


async def _until_settled(
    stack: Stack, enterprise: Enterprise, cases: Cases, incidents: Incidents, plans: Sequence[PlannedOrder]
) -> None:
    async with asyncio.TaskGroup() as group:
        for number, plan in enumerate(plans):
            await _settled(enterprise, cases, all_but=_AT_ONCE)
            await enterprise.enter_order(plan.order)
            if plan.incident is not None:
                group.create_task(_befalls(incidents, plan))
            if number == len(plans) // 2:
                group.create_task(_terminated(stack, cases))
    left = await _settled(enterprise, cases, all_but=0)
    if left:
        print(f"not settled in time, and left out: {', '.join(sorted(left))}")  # noqa: T201 - for whoever records


async def _settled(enterprise: Enterprise, cases: Cases, all_but: int) -> set[str]:
    """Wait until so few orders are under way that everybody is answered in time, or for a while; those that are."""
    deadline = asyncio.get_running_loop().time() + _SETTLED_WITHIN
    while True:
        left = Books(await enterprise.orders(), (), {}, await cases.rows()).unsettled()
        if len(left) <= all_but or asyncio.get_running_loop().time() > deadline:
            return left
        await asyncio.sleep(_LOOK_EVERY)


async def _befalls(incidents: Incidents, plan: PlannedOrder) -> None:
    await asyncio.sleep(_BEFALLS_AFTER if plan.incident is not Incident.REDELIVERED else 1)
    await incidents.befall(plan)


async def _terminated(stack: Stack, cases: Cases) -> None:
    """Somebody ends a case that waits for a person; the reconciliation finds it."""
    client = await Client.connect(stack.temporal.address, data_converter=pydantic_data_converter)
    asked = [row for row in await cases.rows() if row.open and row.awaiting]
    await client.get_workflow_handle(workflow_id(stack.enterprise.tenant, asked[-1].order_id)).terminate("recorded")


async def _keep_all(client: Client, folder: Path, plans: dict[str, PlannedOrder]) -> None:
    """Whatever there is already in the folder is another day's."""
    async for kind, history in _histories(client):
        plan = plans.get(history.workflow_id.rpartition("/")[2])
        name = f"day {plan.kind} {plan.story} {plan.conduct}" if plan else f"day {kind}"
        number = next(number for number in count(1) if not is_kept(folder, f"{name} {number}"))
        keep(folder, f"{name} {number}", history)


async def _histories(client: Client) -> AsyncIterator[tuple[str, WorkflowHistory]]:
    """The runs that came to their end. One that was terminated says nothing of how the code ends it."""
    compared = 0
    kinds = ", ".join(f"'{kind}'" for kind in (*CASE_TYPES, RECONCILIATION_TYPE))
    async for run in client.list_workflows(f"WorkflowType IN ({kinds})"):
        if run.status is not WorkflowExecutionStatus.COMPLETED:
            continue
        if run.workflow_type == RECONCILIATION_TYPE:
            compared += 1
            report = await run.memo_value("report")
            if compared > _RUNS_OF_RECONCILIATION and not report["opened"] and not report["closed"]:
                continue
        kind = "case" if run.workflow_type == WORKFLOW_TYPE else run.workflow_type
        yield kind, await client.get_workflow_handle(run.id, run_id=run.run_id).fetch_history()
