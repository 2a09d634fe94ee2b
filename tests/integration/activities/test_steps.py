"""Every step and its undoing on the real services, on good days and on bad ones."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from pydantic import JsonValue

from activities.connectors.credit import HttpCredit
from activities.connectors.errors import SystemCallFailed
from activities.connectors.pricing import HttpPricing
from activities.connectors.stock import HttpStock
from activities.credit import CreditActivities
from activities.pricing import PricingActivities
from activities.tax import TaxActivities
from activities.wms import WmsActivities
from domain.exception_types import IntegrationErrorKind as Kind
from domain.facts.fact import Facts
from domain.facts.pricing import Prices
from tests.integration.activities.enterprise import CUSTOMER, Enterprise, day, fact_call, step_call, undo_call
from tests.integration.activities.operations import OPERATIONS, Operation
from tests.unit.activities.conftest import run

TMS_BOOKINGS = ("/v1/tenders", "/v1/pickups")
EVERY_STEP = pytest.mark.parametrize("operation", OPERATIONS, ids=str)


async def seen(world: Enterprise, system: str, order: dict[str, Any]) -> JsonValue:
    """What the system's facts say: about the order in question, and to other orders."""
    if system == "erp":
        now = world.desk("erp").seen(f"/v1/orders/{order['order_id']}")
        return {name: value for name, value in now.items() if name != "version"}
    order_id = order["order_id"]
    if system == "tax":
        return await _quote(world, order_id)
    if system == "tms":
        booked = [world.desk("tms").seen(path, order_id=order_id, status="ACTIVE") for path in TMS_BOOKINGS]
        return [len(page["items"]) for page in booked]
    if system == "pricing":
        return await _prices(world, order_id)
    return [await _asked(world, system, order_id), await _asked(world, system, "SO-ANOTHER")]


async def _asked(world: Enterprise, system: str, order_id: str) -> JsonValue:
    client = world.client(system)
    if system == "wms":
        call = fact_call(order_id, "wms.positions", items=["PUMP"], order_id=order_id)
        return (await run(WmsActivities(HttpStock(client)).positions, call)).value
    call = fact_call(order_id, "credit.position", customer_id=CUSTOMER, order_id=order_id, currency="USD")
    return (await run(CreditActivities(HttpCredit(client)).position, call)).value


async def _quote(world: Enterprise, order_id: str) -> JsonValue:
    call = fact_call(
        order_id,
        "tax.quote",
        order_id=order_id,
        currency="USD",
        ship_to={"region": "TX", "postal_code": "75201", "country": "US"},
        freight="0",
        lines=[{"line_id": "1", "amount": "1000", "product_tax_code": "GENERAL"}],
    )
    value = (await run(TaxActivities(world.client("tax")).quote, call)).value or {}
    return value["lines"]


async def _prices(world: Enterprise, order_id: str) -> JsonValue:
    call = fact_call(
        order_id,
        "pricing.prices",
        customer_id=CUSTOMER,
        currency="USD",
        as_of=day(0),
        lines=[{"line_id": "1", "item": f"PUMP-{order_id}", "quantity": "10", "unit": "EA"}],
    )
    found = Facts(items=(await run(PricingActivities(HttpPricing(world.client("pricing"))).prices, call),)).get(
        "prices", Prices
    )
    record = found.lines[0].record
    return None if record is None else record.prices.model_dump(mode="json")


async def once(world: Enterprise, operation: Operation, order: dict[str, Any]) -> None:
    """Whether the step left exactly one effect."""
    assert len(world.effects(operation.system, f"hf-{order['order_id']}")) == 1


@EVERY_STEP
async def test_a_step_has_an_effect_that_its_undo_takes_back(world: Enterprise, operation: Operation) -> None:
    order = world.held_order()
    before = await seen(world, operation.system, order)
    call = step_call(order, operation.arguments_for(order))
    done = await run(operation.step(world), call)
    await once(world, operation, order)
    assert (await seen(world, operation.system, order) != before) is operation.shows
    undone = await run(operation.undoing(world), undo_call(call), attempt=1)
    assert undone.resource_id == done.resource_id
    assert await seen(world, operation.system, order) == before
    await run(operation.undoing(world), undo_call(call), attempt=2)
    assert len(world.effects(operation.system, f"hf-{order['order_id']}-undo")) == 1


@EVERY_STEP
@pytest.mark.parametrize("knows_keys", [True, False], ids=["with keys", "without keys"])
async def test_a_write_that_committed_and_fell_silent_is_one_effect(
    world: Enterprise, operation: Operation, *, knows_keys: bool
) -> None:
    order = world.held_order()
    call = step_call(order, operation.arguments_for(order))
    if not knows_keys:
        world.misbehave(operation.system, "NO_IDEMPOTENCY", operation.path, count=None)
    world.misbehave(operation.system, "COMMIT_THEN_TIMEOUT", operation.path)
    assert (await run(operation.step(world), call)).read_back
    again = step_call(order, operation.arguments_for(order), again=True)
    assert (await run(operation.step(world), again)).read_back
    await once(world, operation, order)


@EVERY_STEP
async def test_an_undo_that_committed_and_fell_silent_is_one_effect(world: Enterprise, operation: Operation) -> None:
    order = world.held_order()
    call = step_call(order, operation.arguments_for(order))
    await run(operation.step(world), call)
    world.misbehave(operation.system, "COMMIT_THEN_TIMEOUT", f"{operation.path}/{{id}}/cancel")
    await run(operation.undoing(world), undo_call(call))
    assert len(world.effects(operation.system, f"hf-{order['order_id']}-undo")) == 1


@pytest.mark.parametrize("kind", ["DROP", "HANG", "ERROR"])
async def test_a_write_that_failed_without_effect_may_be_tried_again(world: Enterprise, kind: str) -> None:
    operation, order = OPERATIONS[0], world.held_order()
    world.misbehave("credit", kind, operation.path)
    with pytest.raises(SystemCallFailed) as caught:
        await run(operation.step(world), step_call(order, operation.arguments_for(order)))
    assert caught.value.kind is Kind.TRANSIENT
    await run(operation.step(world), step_call(order, operation.arguments_for(order), again=True))
    await once(world, operation, order)


async def test_a_write_answered_with_gibberish_is_read_back(world: Enterprise) -> None:
    operation, order = OPERATIONS[0], world.held_order()
    world.misbehave("credit", "GARBAGE", operation.path)
    assert (await run(operation.step(world), step_call(order, operation.arguments_for(order)))).read_back
    await once(world, operation, order)


async def test_an_unknown_outcome_is_settled_by_the_next_look(world: Enterprise) -> None:
    operation, order = OPERATIONS[0], world.held_order()
    call = step_call(order, operation.arguments_for(order))
    world.misbehave("credit", "COMMIT_THEN_TIMEOUT", operation.path)
    world.misbehave("credit", "ERROR", "GET /v1/releases", status=503)
    with pytest.raises(SystemCallFailed) as caught:
        await run(operation.step(world), call)
    assert caught.value.kind is Kind.UNKNOWN_OUTCOME
    assert (await run(operation.step(world), call, attempt=2)).read_back
    await once(world, operation, order)


async def test_retry_after_is_passed_on(world: Enterprise) -> None:
    operation, order = OPERATIONS[0], world.held_order()
    world.misbehave("credit", "RETRY_AFTER", operation.path, retry_after=7)
    with pytest.raises(SystemCallFailed) as caught:
        await run(operation.step(world), step_call(order, operation.arguments_for(order)))
    assert caught.value.kind is Kind.TRANSIENT
    assert caught.value.next_retry_delay == timedelta(seconds=7)
    assert not world.effects("credit", f"hf-{order['order_id']}")


@pytest.mark.parametrize(
    ("arguments", "kind"),
    [
        ({"customer_id": "C-404"}, Kind.MAPPING),
        ({"amount": "-1"}, Kind.VALIDATION),
    ],
)
async def test_what_a_system_refuses_for_good_is_not_retried(
    world: Enterprise, arguments: dict[str, JsonValue], kind: Kind
) -> None:
    operation, order = OPERATIONS[0], world.held_order()
    with pytest.raises(SystemCallFailed) as caught:
        await run(operation.step(world), step_call(order, {**operation.arguments_for(order), **arguments}))
    assert caught.value.kind is kind
    assert caught.value.non_retryable


async def test_a_token_that_the_system_does_not_know_is_for_people(world: Enterprise) -> None:
    operation, order = OPERATIONS[0], world.held_order()
    world.misbehave("credit", "ERROR", operation.path, status=401)
    with pytest.raises(SystemCallFailed) as caught:
        await run(operation.step(world), step_call(order, operation.arguments_for(order)))
    assert caught.value.kind is Kind.AUTH
