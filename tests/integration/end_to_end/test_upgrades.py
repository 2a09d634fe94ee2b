"""A new version over open cases, the way back, and a worker that is told to stop in the middle of its work."""

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from runtime.approvals.refusals import ExitCode
from sandbox.processes import free_ports
from sandbox.stack import ROOT
from tests.integration.end_to_end import orders
from tests.integration.end_to_end.company import Company, Order, eventually
from tests.integration.end_to_end.test_crashes import WORKER, released_once, write_begun

pytestmark = pytest.mark.asyncio(loop_scope="session")

OLD, NEW = "1.0.0", "1.1.0"


async def rollout(company: Company, *arguments: str) -> str:
    """`python -m runtime.rollout ...` in a process of its own."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "runtime.rollout", *arguments),
        cwd=ROOT,
        env=company.stack.environment,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    output, _ = await process.communicate()
    return f"{process.returncode} {output.decode().strip()}"


async def build_of(order: Order) -> str:
    """The version that worked on the order's case last."""
    described = await order.describe()
    info = described.raw_description.workflow_execution_info.versioning_info
    return str(info.deployment_version.build_id)


@pytest_asyncio.fixture(loop_scope="session")
async def versioned(company: Company) -> AsyncIterator[Company]:
    """The company with workers that have a build id, in place of its usual one."""
    supervisor = company.stack.supervisor
    supervisor.kill(WORKER, signal.SIGTERM)
    yield company
    await rollout(company, "current", "unversioned")
    await supervisor.restart(WORKER)
    for build in (OLD, NEW):
        supervisor.kill(f"worker-{build}", signal.SIGTERM)


async def start(company: Company, build: str) -> None:
    """A worker of that build."""
    (port,) = free_ports(1)
    await company.start_worker(f"worker-{build}", port, HOLDFAST_WORKER__BUILD_ID=build)


async def approved(order: Order) -> None:
    """Somebody answers, and the order goes, once."""
    said = await order.approver("approve", as_="bob.tanaka")
    assert said.exit_code == ExitCode.DONE, said
    assert (await order.released())["resolutions"][0]["decided_by"] == "bob.tanaka"
    assert (await order.effects())["credit"] == ["releases.create"]


async def test_a_new_version_takes_over_open_cases_and_the_old_one_takes_them_back(versioned: Company) -> None:
    await start(versioned, OLD)
    await eventually(lambda: rollout(versioned, "status"), lambda said: f"current: {OLD}" in said)
    first, second = [await versioned.enter(orders.over_limit(versioned.world, "1.30")) for _ in range(2)]
    for order in (first, second):
        await order.asked("credit_manager")
        assert await build_of(order) == OLD

    await start(versioned, NEW)
    assert f"current: {OLD}" in await rollout(versioned, "status"), "a version waits until somebody makes it current"
    assert (await rollout(versioned, "current", NEW)).startswith(f"0 current: {NEW}")
    third = await versioned.enter(orders.over_limit(versioned.world, "1.30"))
    await third.asked("credit_manager")
    assert await build_of(third) == NEW
    await approved(first)
    assert await build_of(first) == NEW

    assert (await rollout(versioned, "current", OLD)).startswith(f"0 current: {OLD}")
    for order in (second, third):
        await approved(order)
        assert await build_of(order) == OLD

    assert (await rollout(versioned, "current", "9.9.9")).startswith("3 ")
    assert f"10 % of the cases: {NEW}" in await rollout(versioned, "ramp", NEW, "10")
    assert "%" not in await rollout(versioned, "ramp", NEW, "0")


async def test_a_worker_that_is_told_to_stop_finishes_what_it_had_begun(company: Company) -> None:
    """The write that was under way is answered by its own first attempt, and nothing else is begun."""
    supervisor = company.stack.supervisor
    order = await write_begun(company, 4000)
    supervisor.kill(WORKER, signal.SIGTERM)
    assert (await order.effects()).get("credit") == ["releases.create"], "it waited for the answer"
    meanwhile = await company.enter(orders.over_limit(company.world))
    await meanwhile.is_open()
    await supervisor.restart(WORKER)
    await asyncio.gather(released_once(order), released_once(meanwhile))
    assert not [entry for entry in (await order.case()).audit if entry.action == "unreachable"]


async def test_a_worker_that_is_told_to_stop_does_not_wait_for_ever(company: Company) -> None:
    """A write that takes longer than the worker may drain is looked for by the next one, and done once."""
    supervisor = company.stack.supervisor
    supervisor.kill(WORKER, signal.SIGTERM)
    (port,) = free_ports(1)
    await company.start_worker("hurried", port, HOLDFAST_WORKER__DRAIN_FOR="0.5")
    order = await write_begun(company, 4500)
    began = asyncio.get_running_loop().time()
    supervisor.kill("hurried", signal.SIGTERM)
    took = asyncio.get_running_loop().time() - began
    await supervisor.restart(WORKER)
    assert took < 4.5, "it did not wait for the answer"
    await released_once(order)
    assert (await order.effects())["credit"] == ["releases.create"]
