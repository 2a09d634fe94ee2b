"""`kill -9` of workers and of Temporal: cases go on where they were, and what was done is not done again."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator
from functools import partial

import pytest
import pytest_asyncio

from runtime.approvals.refusals import ExitCode
from sandbox.processes import free_ports
from tests.integration.end_to_end import orders
from tests.integration.end_to_end.company import Company, Order, eventually
from tests.integration.end_to_end.test_troubles import CREDIT_RELEASES, POSITION, RELEASE, spare, spoil

pytestmark = pytest.mark.asyncio(loop_scope="session")

WORKER, TEMPORAL, SMALL = "worker-1", "temporal", "worker-small"
AFTER_DEATH = {"credit": ["releases.create"], "erp": ["orders.release"], "crm": ["communications.create"]}


async def released_once(order: Order) -> None:
    await order.released()
    await order.closed()
    assert await order.effects() == AFTER_DEATH
    assert len(await order.mails_to_customer()) == 1


async def write_begun(company: Company, delay_ms: int) -> Order:
    """An order for which credit management has begun a write that it will take a while to commit, and is slow until
    it is repaired.
    """
    await spoil(company, "credit", f"POST {CREDIT_RELEASES}", "DELAY", count=2, delay_ms=delay_ms)
    order = await company.enter(orders.over_limit(company.world))
    await eventually(lambda: company.systems.hits("credit"), bool)
    return order


async def release_unanswered(company: Company) -> Order:
    """An order that the ERP has released without saying so."""
    await spoil(company, "erp", RELEASE, "COMMIT_THEN_TIMEOUT")
    order = await company.enter(orders.over_limit(company.world))
    await eventually(lambda: company.systems.releases_of(order.order_id), bool)
    return order


async def test_a_killed_worker_leaves_half_done_writes_that_are_finished_once(company: Company) -> None:
    """It is killed twice, each time as soon as a write is under way: within seconds it would give up by itself."""
    supervisor = company.stack.supervisor
    asked = await company.enter(orders.over_limit(company.world, "1.30"))
    await asked.asked("credit_manager")
    writing = await write_begun(company, 4000)
    supervisor.kill(WORKER)
    await company.systems.repair("credit")
    await supervisor.restart(WORKER)
    releasing = await release_unanswered(company)
    supervisor.kill(WORKER)
    unattended = await company.enter(orders.over_limit(company.world))
    await unattended.is_open()
    await supervisor.restart(WORKER)
    await asyncio.gather(*(released_once(order) for order in (writing, releasing, unattended)))
    for order in (writing, releasing):
        audit = (await order.case()).audit
        assert [entry for entry in audit if "UNKNOWN_OUTCOME no answer in time" in entry.detail], audit
    said = await asked.approver("approve", as_="bob.tanaka")
    assert said.exit_code == ExitCode.DONE, said
    assert (await asked.released())["resolutions"][0]["decided_by"] == "bob.tanaka"


async def test_nothing_is_lost_when_temporal_is_killed(company: Company) -> None:
    supervisor = company.stack.supervisor
    asked = await company.enter(orders.over_limit(company.world, "1.30"))
    task = await asked.asked("credit_manager")
    writing = await write_begun(company, 1500)
    await asked.handle.signal("decision", await asked.approval(task, "bob.tanaka"))
    supervisor.kill(TEMPORAL)
    await company.systems.repair("credit")
    meanwhile = await company.enter(orders.over_limit(company.world))
    assert await company.systems.undelivered() >= 1
    await supervisor.restart(TEMPORAL)
    await asyncio.gather(released_once(writing), released_once(meanwhile))
    assert (await asked.released())["resolutions"][0]["decided_by"] == "bob.tanaka"
    assert (await asked.effects())["credit"] == ["releases.create"]


@pytest_asyncio.fixture(loop_scope="session")
async def forgetful(company: Company) -> AsyncIterator[Company]:
    """The company with a worker that remembers two cases at a time, instead of its usual one.

    With one, the SDK was seen to sit on a task until it timed out, for want of a case that it could forget.
    """
    supervisor = company.stack.supervisor
    (port,) = free_ports(1)
    await company.start_worker(SMALL, port, HOLDFAST_WORKER__MAX_CACHED_WORKFLOWS="2")
    supervisor.kill(WORKER, signal.SIGTERM)
    yield company
    await supervisor.restart(WORKER)
    supervisor.kill(SMALL, signal.SIGTERM)


async def test_a_worker_that_remembers_two_cases_at_a_time_carries_many(forgetful: Company) -> None:
    asked = [await forgetful.enter(orders.over_limit(forgetful.world, "1.30")) for _ in range(2)]
    touchless = [await forgetful.enter(orders.over_limit(forgetful.world)) for _ in range(3)]
    for order in asked:
        await order.asked("credit_manager")
    said = await asyncio.gather(*(order.approver("approve", as_="bob.tanaka") for order in asked))
    assert [each.exit_code for each in said] == [ExitCode.DONE] * 2, said
    await asyncio.gather(*(released_once(order) for order in touchless))
    for order in asked:
        assert (await order.released())["resolutions"][0]["decided_by"] == "bob.tanaka"


CALLS = (
    ("erp", "GET /v1/orders/{order_id}", "DELAY"),
    ("credit", POSITION, "DELAY"),
    ("credit", f"POST {CREDIT_RELEASES}", "DELAY"),
    ("credit", f"POST {CREDIT_RELEASES}", "COMMIT_THEN_TIMEOUT"),
    ("erp", RELEASE, "DELAY"),
    ("erp", RELEASE, "COMMIT_THEN_TIMEOUT"),
    ("crm", "POST /v1/communications", "DELAY"),
)
"""Calls of a case, in their order: the order and the facts being read, the writes of the plan and the release before
and after their effect, and the message to the customer.
"""
RELEASED_WITHIN = 30.0
"""Seconds until all are released, besides what this machine takes for the orders themselves."""


async def test_a_kill_amid_seven_calls_leaves_each_order_released_once(company: Company) -> None:
    """And the decision that was accepted a moment before is carried out."""
    supervisor, systems = company.stack.supervisor, company.systems
    clock = asyncio.get_running_loop().time
    began = clock()
    await (await company.enter(orders.over_limit(company.world))).released()
    undisturbed = clock() - began
    asked = await company.enter(orders.over_limit(company.world, "1.30"))
    await asked.asked("credit_manager")
    held = []
    for service, operation, kind in CALLS:
        if operation == POSITION:
            await spare(company, service, operation)
        await spoil(company, service, operation, kind, count=2, delay_ms=4000)
        held.append(await company.enter(orders.over_limit(company.world)))
        await eventually(partial(systems.hits, service), bool)
        await systems.repair(service)
    said = await asked.approver("approve", as_="bob.tanaka")
    assert said.exit_code == ExitCode.DONE, said
    supervisor.kill(WORKER)
    await supervisor.restart(WORKER)
    restarted = clock()
    await asyncio.gather(*(order.released() for order in (*held, asked)))
    assert clock() - restarted < RELEASED_WITHIN + len(held) * undisturbed
    await asyncio.gather(*(released_once(order) for order in held))
    assert (await asked.released())["resolutions"][0]["decided_by"] == "bob.tanaka"
    assert (await asked.effects())["credit"] == ["releases.create"]
