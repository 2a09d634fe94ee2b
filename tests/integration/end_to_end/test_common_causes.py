"""One cause that holds several orders is put to one person once, and every order held by it goes."""

from __future__ import annotations

import asyncio

import pytest
from temporalio.client import WorkflowQueryFailedError
from temporalio.service import RPCError

from domain.cause import CauseCase
from domain.identifiers import cause_id, cause_workflow_id
from domain.tasks import Action, TaskRequest
from runtime.case_query import query_case
from sandbox.day.world import Document, World
from tests.integration.end_to_end.company import Company, Order, eventually
from tests.integration.end_to_end.orders import clean
from tests.integration.end_to_end.test_troubles import QUOTES, spoil
from tests.signatures import dev_signer

pytestmark = pytest.mark.asyncio(loop_scope="session")


def schedule(price: str) -> Document:
    return {"currency": "USD", "breaks": [{"unit_price": price}]}


async def agree(company: Company, customer: str, item: str) -> None:
    """A contract at 110, and a price record of the customer's own that still says 120."""
    dates = {"valid_from": company.world.day(-100), "valid_to": company.world.day(100)}
    contract = {"agreement_id": f"K-{customer}", "customer_id": customer, "item": item, "prices": schedule("110")}
    record = {"record_id": f"PR-{customer}", "customer_id": customer, "item": item, "prices": schedule("120")}
    pricing = company.systems._http["pricing"]
    (await pricing.put("/admin/agreements", json=contract | dates)).raise_for_status()
    (await pricing.put("/admin/price-records", json=record)).raise_for_status()


def ordered_at_110(world: World, customer: str) -> Document:
    order = world.order(customer, {world.plenty(): 10}, service_level="STANDARD", entered_by="edi-gateway")
    order["lines"][0] |= {"as_ordered": {"unit_price": "110", "currency": "USD"}}
    return order


async def mend(company: Company, key: str, orders: int, answer: tuple[str, str, str]) -> None:
    """Somebody says yes, once all orders are part of the question. `answer`: who, as what, and which option."""
    who, role, option = answer
    workflow = cause_workflow_id(company.stack.enterprise.tenant, cause_id(key, "USD"))

    async def case() -> CauseCase | None:
        try:
            return await query_case(company.client, workflow, CauseCase)
        except (RPCError, WorkflowQueryFailedError):  # it has not begun yet
            return None

    asked = await eventually(case, lambda seen: seen and seen.open_tasks and len(seen.concerns) == orders, key)
    assert asked is not None
    (task,) = asked.open_tasks
    assert task.role == role
    fields = {"task_id": task.task_id, "task_revision": task.revision, "actor": who, "option": option}
    request = TaskRequest.model_validate(fields | {"action": Action.APPROVE})
    await company.client.get_workflow_handle(workflow).execute_update(
        "decide", dev_signer(who).sign(asked, task, request)
    )


async def test_one_answer_mends_the_record_and_every_order_goes(company: Company) -> None:
    world, customer = company.world, company.world.customer(segment="B")
    await company.systems.learn(world)
    await agree(company, customer, world.plenty())
    orders: list[Order] = [await company.enter(ordered_at_110(world, customer)) for _ in range(2)]
    await mend(company, f"price-record/PR-{customer}", len(orders), ("quinn.osei", "pricing_analyst", "FIX_MASTER"))
    summaries = await asyncio.gather(*(order.closed() for order in orders))
    assert [[ended.option for ended in summary.exceptions] for summary in summaries] == [["HONOR_CONTRACT"]] * 2
    record = await company.systems._get("pricing", f"/v1/price-records/PR-{customer}")
    assert (record["version"], record["prices"]["breaks"][0]["unit_price"]) == (2, "110")
    for order in orders:
        assert [line["unit_price"] for line in (await order.erp())["lines"]] == ["110"]


async def test_one_answer_about_a_silent_system_lets_every_order_go_that_was_held_for_it(company: Company) -> None:
    """Each has the decision, and who took it, on its own record."""
    await spoil(company, "tax", QUOTES, "ERROR", count=None, status=503)
    orders: list[Order] = [
        await company.enter(clean(company.world, service_level="PRIORITY")),
        await company.enter(clean(company.world, service_level="PRIORITY")),
    ]
    assert [[hold["code"] for hold in (await order.erp())["holds"]] for order in orders] == [["INTEGRATION"]] * 2
    for order in orders:
        await order.until(lambda case: any(hold.awaited_cause for hold in case.in_order))
        assert not (await order.case()).open_tasks
    await company.systems.repair("tax")
    await mend(company, "outage/tax", len(orders), ("liam.byrne", "integration_oncall", "RETRY"))
    for order in orders:
        await order.released()
        summary = await order.closed()
        assert [ended.option for ended in summary.exceptions] == ["RETRY"]
        audit = [(entry.actor, entry.action) for entry in (await order.case()).audit]
        assert ("liam.byrne", "cause mended") in audit
