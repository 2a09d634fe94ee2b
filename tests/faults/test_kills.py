"""Row 1: `kill -9` of a worker before and after each call of a case, local ones included, and after a decision."""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import count
from pathlib import Path

import pytest
import pytest_asyncio
from temporalio.api.enums.v1 import EventType

from domain.case import Case
from sandbox.processes import free_ports
from sandbox.stack import ROOT, Enterprise, running
from sandbox.supervisor import Part, answers
from tests.faults.halting_worker import AFTER, BEFORE
from tests.integration.end_to_end import orders
from tests.integration.end_to_end.company import Company, Order, eventually, new_world
from tests.integration.end_to_end.policies import write_policies

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.faults]

CALLS = (
    "triage.examine_order",
    "credit.position",
    "crm.account",
    "assessment.assess",
    "deadlines.schedule",
    "notification.notify_role",
    "authorisation.authorise",
    "assessment.recheck",
    "credit.release",
    "erp.release_order",
    "notification.tell_customer",
)
"""Every call of a case that asks somebody, in their order."""
POINTS = [(call, when) for call in CALLS for when in (BEFORE, AFTER)]
RESUMED_WITHIN = 30.0
"""Seconds from the new worker's being ready to the answer to the call at which the old one died."""
HALTING, WORKER = "worker-halting", "worker-1"
STALE_AFTER = timedelta(seconds=1.5)
"""More than the tables of these tests let a PRIORITY order's facts be old."""
ROOMY = {"HOLDFAST_WORKER__MAX_CONCURRENT_WORKFLOW_TASKS": "60"}
"""A local activity that stops keeps its workflow task."""


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def company(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Company]:
    world = new_world()
    policies = write_policies(tmp_path_factory.mktemp("policies"))
    enterprise = Enterprise(seeds=world.seeds(), settings={"erp": {"ship_after": 0.5, "invoice_after": 0.5}})
    async with running(enterprise, tmp_path_factory.mktemp("stack"), policies=policies) as stack:
        company = await Company.open(stack, world)
        yield company
        await company.systems.close()


async def start_halting(company: Company, points: dict[str, tuple[str, str]], folder: Path) -> Path:
    """A worker that stops at these points, in place of the usual one; the file in which it says where it has."""
    (port,) = free_ports(1)
    bind = f"127.0.0.1:{port}"
    listed, reached = folder / "points.json", folder / "reached"
    listed.write_text(json.dumps(points))
    reached.touch()
    environment = company.stack.environment | ROOMY | {"HOLDFAST_OBSERVATION__HEALTH_BIND": bind}
    command = [sys.executable, "-m", "tests.faults.halting_worker", str(listed), str(reached)]
    company.stack.supervisor.kill(WORKER)
    await company.stack.supervisor.start(Part(HALTING, command, environment, answers(f"http://{bind}/readyz"), ROOT))
    return reached


async def answer(order: Order) -> None:
    """Once it asks, which may be after the kill, and so late that the facts have to be looked at again; once more if
    that was refused because the answer could not be checked while everything stood still.
    """
    task = await order.asked("credit_manager")
    await order.until(lambda case: all(datetime.now(UTC) - read > STALE_AFTER for read in read_at(case)))
    for times in count(1):
        await order.handle.signal("decision", await order.approval(task, "carol.singh"))
        case = await order.until(partial(answered, times=times))
        if case.tasks[task.task_id].decision is not None:
            return


def answered(case: Case, times: int) -> bool:
    """Whether the answer counts, or was refused so often."""
    refused = [entry for entry in case.audit if entry.action == "refused" and "carol.singh" in entry.detail]
    return len(refused) >= times or any(task.decision is not None for task in case.tasks.values())


def read_at(case: Case) -> list[datetime]:
    """When the facts were read that the question rests on."""
    return [fact.read_at for exception in case.exceptions.values() for fact in exception.facts.values()]


async def not_yet(points: dict[str, tuple[str, str]], reached: Path) -> list[tuple[str, str]]:
    """The points at which no order has stopped."""
    stopped = set(reached.read_text().split())
    return [point for order_id, point in points.items() if order_id not in stopped]


async def done_after(order: Order, call: str, since: datetime) -> float:
    """Seconds from `since` until the call at which the order was stopped had its answer, be it a local one or not."""

    async def done_at() -> datetime | None:
        scheduled = set()
        for event in (await order.history()).events:
            if event.activity_task_scheduled_event_attributes.activity_type.name == call:
                scheduled.add(event.event_id)
            completed = event.activity_task_completed_event_attributes.scheduled_event_id in scheduled
            local = event.event_type == EventType.EVENT_TYPE_MARKER_RECORDED
            if (completed or local) and (at := event.event_time.ToDatetime(UTC)) > since:
                return at
        return None

    at = await eventually(done_at, bool, f"the case of {order.order_id}")
    assert at is not None
    return (at - since).total_seconds()


async def test_a_kill_before_and_after_each_call_is_made_good_within_thirty_seconds(
    company: Company, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each call of a case has two orders of its own, which are stopped there when the worker is killed."""
    world = company.world
    documents = [orders.over_limit(world, "1.30", service_level="PRIORITY") for _ in POINTS]
    points = dict(zip((str(document["order_id"]) for document in documents), POINTS, strict=True))
    reached = await start_halting(company, points, tmp_path)
    held = [await company.enter(document) for document in documents]
    async with asyncio.TaskGroup() as group:
        for order in held:
            group.create_task(answer(order))
        await eventually(
            lambda: not_yet(points, reached), lambda missing: not missing, "what is not reached with all points"
        )
        company.stack.supervisor.kill(HALTING)
        began = time.monotonic()
        await company.stack.supervisor.restart(WORKER)
        ready, started_in = datetime.now(UTC), time.monotonic() - began
        seconds = await asyncio.gather(*(done_after(order, points[order.order_id][0], ready) for order in held))
        resumed = dict(zip(POINTS, seconds, strict=True))
    for order in held:
        await order.released()
        await order.closed()
        effects = await order.effects()
        assert (effects["credit"], effects["erp"]) == (["releases.create"], ["orders.release"]), points[order.order_id]
        assert len(await order.mails_to_customer()) <= 1
        assert (await order.released())["resolutions"][0]["decided_by"] == "carol.singh"
    assert not await company.broken_chains()
    slowest = max(resumed, key=lambda point: resumed[point])
    with capsys.disabled():
        print(  # noqa: T201 - figures for docs/reliability.md
            f"\n{len(held)} orders, each stopped at a call of its own; the new worker was ready in {started_in:.1f} s; "
            f"slowest call to be done: {resumed[slowest]:.1f} s ({' '.join(slowest)})"
        )
    assert resumed[slowest] < RESUMED_WITHIN, resumed
