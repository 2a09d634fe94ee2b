"""A price record that is not what the contract says: one answer of one person, and every order held by it goes."""

from __future__ import annotations

import asyncio

import pytest

from domain.cause import CauseCase
from domain.identifiers import cause_id, cause_workflow_id
from domain.tasks import Action, TaskRequest
from sandbox.day.world import Document, World
from tests.integration.end_to_end.company import Company, Order, eventually
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


async def mend(company: Company, customer: str, orders: int) -> None:
    """The pricing analyst says yes, once both orders are part of the question."""
    cause = cause_id(f"price-record/PR-{customer}", "USD")
    handle = company.client.get_workflow_handle(cause_workflow_id(company.stack.enterprise.tenant, cause))

    async def case() -> CauseCase | None:
        try:
            found: CauseCase = await handle.query("case", result_type=CauseCase)
        except Exception:  # noqa: BLE001 - it has not begun yet
            return None
        return found

    asked = await eventually(case, lambda seen: seen and seen.open_tasks and len(seen.concerns) == orders, cause)
    assert asked is not None
    (task,) = asked.open_tasks
    assert task.role == "pricing_analyst"
    request = TaskRequest(
        task_id=task.task_id,
        task_revision=task.revision,
        action=Action.APPROVE,
        actor="quinn.osei",
        option="FIX_MASTER",
    )
    await handle.execute_update("decide", dev_signer("quinn.osei").sign(asked, task, request))


async def test_one_answer_mends_the_record_and_every_order_goes(company: Company) -> None:
    world, customer = company.world, company.world.customer(segment="B")
    await company.systems.learn(world)
    await agree(company, customer, world.plenty())
    orders: list[Order] = [await company.enter(ordered_at_110(world, customer)) for _ in range(2)]
    await mend(company, customer, len(orders))
    summaries = await asyncio.gather(*(order.closed() for order in orders))
    assert [[ended.option for ended in summary.exceptions] for summary in summaries] == [["HONOR_CONTRACT"]] * 2
    record = await company.systems._get("pricing", f"/v1/price-records/PR-{customer}")
    assert (record["version"], record["prices"]["breaks"][0]["unit_price"]) == (2, "110")
    for order in orders:
        assert [line["unit_price"] for line in (await order.erp())["lines"]] == ["110"]
