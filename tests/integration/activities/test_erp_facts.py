"""What the ERP remembers about orders, read as facts from the real one."""

from __future__ import annotations

from activities.connectors.erp import HttpErp
from activities.erp import ErpActivities
from domain.facts.address import EnteredAddress
from domain.facts.fact import Facts
from domain.facts.hold_history import HoldHistory
from domain.facts.similar_orders import SimilarOrders
from domain.facts.validation import OrderValidation
from tests.integration.activities.enterprise import CUSTOMER, Enterprise, fact_call, step_call
from tests.integration.sandbox.desk import figures
from tests.unit.activities.conftest import run


def erp(world: Enterprise) -> ErpActivities:
    return ErpActivities(HttpErp(world.client("erp")))


async def test_the_customers_other_orders_are_there_in_short_the_newest_first(world: Enterprise) -> None:
    orders = [world.held_order() for _ in range(3)]
    asked = {"customer_id": CUSTOMER, "order_id": orders[2]["order_id"], "days": 1}
    fact = await run(erp(world).similar_orders, fact_call(orders[2]["order_id"], "erp.similar_orders", **asked))
    found = Facts(items=(fact,)).get("similar_orders", SimilarOrders).orders
    assert [order.order_id for order in found[:2]] == [orders[1]["order_id"], orders[0]["order_id"]]
    assert figures(found[0].version, found[0].value.amount, found[0].shipped_at) == [1, 1500, None]
    assert [figures(line.item, line.quantity) for line in found[0].lines] == [["PUMP", 10], ["PUMP", 5]]


async def test_an_order_that_names_only_a_site_came_without_an_address(world: Enterprise) -> None:
    order_id = world.held_order()["order_id"]
    fact = await run(erp(world).address, fact_call(order_id, "erp.address", order_id=order_id))
    assert Facts(items=(fact,)).get("address", EnteredAddress).address is None
    assert fact.version not in ("", "0")


async def test_holds_are_remembered_when_they_are_gone(world: Enterprise) -> None:
    order = world.held_order("QA")
    order_id = order["order_id"]
    credit, quality = (hold["hold_id"] for hold in order["holds"])
    world.desk("erp", "admin").http.delete(f"/admin/orders/{order_id}/holds/{quality}").raise_for_status()
    fact = await run(erp(world).hold_history, fact_call(order_id, "erp.hold_history", order_id=order_id))
    past = Facts(items=(fact,)).get("hold_history", HoldHistory).holds
    assert {one.hold.hold_id: one.is_open for one in past} == {credit: True, quality: False}
    assert [one.cleared_by for one in past if not one.is_open] == ["admin"]
    assert fact.version == "v2"


async def test_an_order_whose_systems_were_silent_is_validated_again_once(world: Enterprise) -> None:
    world.misbehave("credit", "ERROR", "*")
    order = world.held_order("QA")
    asked = fact_call(order["order_id"], "erp.validation", order_id=order["order_id"])
    before = Facts(items=(await run(erp(world).validation, asked),)).get("validation", OrderValidation)
    world.misbehave("erp", "COMMIT_THEN_TIMEOUT", "POST /v1/orders/{order_id}/revalidate")
    done = await run(erp(world).revalidate, step_call(order, {}))
    after = Facts(items=(await run(erp(world).validation, asked),)).get("validation", OrderValidation)
    assert (before.unanswered, after.unanswered) == (("credit",), ())
    assert (done.read_back, done.order_version) == (True, 2)
    now = world.desk("erp").seen(f"/v1/orders/{order['order_id']}")
    assert [hold["code"] for hold in now["holds"]] == ["INTEGRATION", "QA", "CREDIT"]
