"""Release and cancellation on the real ERP."""

from __future__ import annotations

from typing import Any

import pytest

from activities.connectors.erp import HttpErp
from activities.connectors.errors import SystemCallFailed
from activities.erp import ErpActivities
from domain.exception_types import IntegrationErrorKind as Kind
from tests.integration.activities.enterprise import Enterprise, resolutions, step_call
from tests.unit.activities.conftest import run


def erp(world: Enterprise) -> ErpActivities:
    return ErpActivities(HttpErp(world.client("erp")))


def now(world: Enterprise, order: dict[str, Any]) -> dict[str, Any]:
    return world.desk("erp").seen(f"/v1/orders/{order['order_id']}")


async def refusal(world: Enterprise, order: dict[str, Any], decided_by: str = "carla") -> SystemCallFailed:
    with pytest.raises(SystemCallFailed) as caught:
        await run(erp(world).release_order, step_call(order, resolutions(order, decided_by)))
    assert now(world, order)["status"] == "ON_HOLD"
    assert not world.effects("erp", f"hf-{order['order_id']}")
    return caught.value


async def test_an_order_is_released_once(world: Enterprise) -> None:
    order = world.held_order("TAX")
    call = step_call(order, resolutions(order, "system:policy"))
    result = await run(erp(world).release_order, call)
    assert now(world, order)["status"] == "RELEASED"
    assert result.order_version == now(world, order)["version"]
    assert (await run(erp(world).release_order, call, attempt=2)).read_back
    assert world.effects("erp", call.idempotency_key) == ["orders.release"]


async def test_an_order_is_cancelled_once(world: Enterprise) -> None:
    order = world.held_order()
    call = step_call(order, resolutions(order))
    await run(erp(world).cancel_order, call)
    assert now(world, order)["status"] == "CANCELLED"
    assert (await run(erp(world).cancel_order, call, attempt=2)).read_back
    assert world.effects("erp", call.idempotency_key) == ["orders.cancel"]


@pytest.mark.parametrize("pivot", ["release", "cancellation"])
@pytest.mark.parametrize("knows_keys", [True, False], ids=["with keys", "without keys"])
async def test_a_pivot_that_committed_and_fell_silent_is_one_effect(
    world: Enterprise, pivot: str, *, knows_keys: bool
) -> None:
    order = world.held_order()
    call = step_call(order, resolutions(order))
    operation = f"POST /v1/orders/{{order_id}}/{pivot}"
    if not knows_keys:
        world.misbehave("erp", "NO_IDEMPOTENCY", operation, count=None)
    world.misbehave("erp", "COMMIT_THEN_TIMEOUT", operation)
    end = erp(world).release_order if pivot == "release" else erp(world).cancel_order
    assert (await run(end, call)).read_back
    assert (await run(end, call.model_copy(update={"may_have_happened": True}))).read_back
    assert len(world.effects("erp", call.idempotency_key)) == 1


async def test_an_order_that_somebody_changed_is_not_released(world: Enterprise) -> None:
    order = world.held_order()
    world.desk("erp", "admin").made(f"/admin/orders/{order['order_id']}/change", {"freight": "99"})
    assert (await refusal(world, order)).kind is Kind.CONFLICT


async def test_the_erp_has_the_last_word_on_the_version(world: Enterprise) -> None:
    order = world.held_order()
    world.misbehave("erp", "STALE_ETAG", "POST /v1/orders/{order_id}/release")
    failure = await refusal(world, order)
    assert (failure.kind, failure.status) == (Kind.CONFLICT, 412)


async def test_an_order_with_another_hold_by_now_is_not_released(world: Enterprise) -> None:
    order = world.held_order()
    world.desk("erp", "admin").made(f"/admin/orders/{order['order_id']}/holds", {"code": "TAX"})
    assert (await refusal(world, order)).kind is Kind.CONFLICT


async def test_a_hold_that_somebody_cleared_is_not_put_back_by_resolving_it(world: Enterprise) -> None:
    order = world.held_order("TAX")
    path = f"/admin/orders/{order['order_id']}/holds/{order['holds'][0]['hold_id']}"
    assert world.desk("erp", "admin").http.delete(path).is_success
    current = {**order, "version": now(world, order)["version"]}
    failure = await refusal(world, current)
    assert failure.kind is Kind.CONFLICT
    assert len(now(world, order)["holds"]) == len(order["holds"]) - 1


async def test_automation_does_not_release_a_hard_hold(world: Enterprise) -> None:
    order = world.held_order("LEGAL", hold_class="HARD")
    assert (await refusal(world, order, "system:policy")).kind is Kind.VALIDATION
    await run(erp(world).release_order, step_call(order, resolutions(order, "carla")))
    assert now(world, order)["status"] == "RELEASED"


async def test_a_change_decided_on_an_older_version_is_a_conflict(world: Enterprise) -> None:
    order = world.held_order()
    call = step_call({**order, "version": order["version"] - 1}, {"line_id": "2"})
    with pytest.raises(SystemCallFailed) as caught:
        await run(erp(world).cancel_line, call)
    assert (caught.value.kind, caught.value.status) == (Kind.CONFLICT, 412)
