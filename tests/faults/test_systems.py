"""Rows 3, 4, 5 and 32: systems that fail in every way are borne with, never written to twice, and mail waits."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from runtime.approvals.refusals import ExitCode
from sandbox.demo.enterprise import Document
from sandbox.stack import Enterprise, running
from tests.integration.end_to_end import orders
from tests.integration.end_to_end.company import Company, Order, eventually, new_world
from tests.integration.end_to_end.policies import write_policies
from tests.integration.end_to_end.test_troubles import CREDIT_RELEASES, spoil

pytestmark = pytest.mark.asyncio(loop_scope="module")

WORKER = "worker-1"
OUTAGES = """rule,system,ask_after,role,together,note
all,*,2s,integration_oncall,false,
"""
BUSY_FOR = 5
"""Seconds that a busy system asks for."""
FAILING: dict[str, Document] = {
    "credit": {"kind": "RETRY_AFTER", "status": 429, "retry_after": BUSY_FOR},
    "wms": {"kind": "HANG"},
    "tax": {"kind": "GARBAGE"},
    "pricing": {"kind": "DROP"},
    "tms": {"kind": "ERROR", "status": 500},
}
MOST_TRIES = 8
"""In the while in which these tests look: back-off doubles from one second, and a connection is dropped twice a try."""


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def whole_company(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Company]:
    world = new_world()
    policies = write_policies(tmp_path_factory.mktemp("policies"))
    (policies[-1] / "outages.csv").write_text(OUTAGES)
    enterprise = Enterprise(seeds=world.seeds(), settings={"erp": {"ship_after": 0.5, "invoice_after": 0.5}})
    async with running(enterprise, tmp_path_factory.mktemp("stack"), policies=policies) as stack:
        company = await Company.open(stack, world)
        yield company
        await company.systems.close()


@pytest_asyncio.fixture(loop_scope="module")
async def company(whole_company: Company) -> AsyncIterator[Company]:
    yield whole_company
    assert not whole_company.fallen
    assert not await whole_company.broken_chains()
    await whole_company.settle()


async def held_for_each_system(company: Company) -> dict[str, Order]:
    """An order that needs it, for each system that fails; they were held before it did."""
    made = {
        "credit": orders.over_limit(company.world),
        "wms": orders.elsewhere(company.world),
        "tax": orders.mistaxed(company.world),
        "pricing": orders.mispriced(company.world),
        "tms": orders.unrouted(company.world),
    }
    return {system: await company.enter(document) for system, document in made.items()}


async def test_systems_that_fail_in_every_way_are_seen_borne_with_and_asked_about(company: Company) -> None:
    company.stack.supervisor.kill(WORKER)
    held = await held_for_each_system(company)
    for system, fault in FAILING.items():
        await spoil(company, system, "*", count=None, **fault)
    await company.stack.supervisor.restart(WORKER)
    for system, order in held.items():
        shown = await eventually(
            order.case, lambda case: any(outage.task_id for outage in case.outages.values()), f"the case for {system}"
        )
        assert {outage.system for outage in shown.outages.values()} == {system}
        assert all(outage.since < outage.next_try_at for outage in shown.outages.values())
        assert (await order.asked("integration_oncall")).system == system
    tries = {system: await company.systems.hits(system) for system in FAILING}
    assert all(1 <= count <= MOST_TRIES for count in tries.values()), tries
    for system in FAILING:
        await company.systems.repair(system)
    await asyncio.gather(*(order.released() for order in held.values()))
    for order in held.values():
        await order.closed()
        assert (await order.effects())["erp"].count("orders.release") == 1
        assert not (await order.case()).open_tasks, "who was asked is told that it is over"


async def test_a_write_that_nobody_can_look_for_is_not_repeated_and_a_person_is_asked(company: Company) -> None:
    """The system knows no idempotency, has done it without saying so, and cannot be asked."""
    for kind, more in (("NO_IDEMPOTENCY", {}), ("COMMIT_THEN_TIMEOUT", {"delay_ms": 100})):
        await spoil(company, "credit", f"POST {CREDIT_RELEASES}", kind, count=None, **more)
    await spoil(company, "credit", f"GET {CREDIT_RELEASES}", "ERROR", count=None, status=503)
    order = await company.enter(orders.over_limit(company.world))
    task = await order.asked("integration_oncall")
    (outage,) = (await order.case()).outages.values()
    assert "UNKNOWN_OUTCOME" in f"{outage.kind} {outage.message}"
    said = await order.approver("approve", "--task", task.task_id, "--option", "KEEP_WAITING", as_="liam.byrne")
    assert said.exit_code == ExitCode.DONE, said
    assert (await order.effects())["credit"] == ["releases.create"]
    await company.systems.repair("credit")
    await order.released()
    await order.closed()
    assert (await order.effects())["credit"] == ["releases.create"]


async def test_a_mail_server_that_is_down_holds_up_no_decision_and_gets_its_mail_later(company: Company) -> None:
    supervisor = company.stack.supervisor
    supervisor.kill("mailbox")
    order = await company.enter(orders.over_limit(company.world, "1.30"))
    await order.asked("credit_manager")
    said = await order.approver("approve", as_="carol.singh")
    assert said.exit_code == ExitCode.DONE, said
    await order.released()
    await supervisor.restart("mailbox")
    assert len(await eventually(order.mails_to_customer, bool, "the customer's mailbox")) == 1
    await order.closed()
