from __future__ import annotations

from decimal import Decimal

import pytest
from pydantic import JsonValue

from activities.connectors.erp import HttpErp
from activities.connectors.errors import SystemCallFailed
from activities.erp import ErpActivities
from domain.calls import ReleaseResolution, StepCall, StepResult
from domain.exception_types import IntegrationErrorKind as Kind
from domain.money import Money
from domain.order import HoldClass, Order, OrderStatus
from tests.orders import hold, order
from tests.unit.activities.conftest import run, step
from tests.unit.activities.system import SmallSystem


def resolution(hold_id: str, decided_by: str = "system:policy") -> JsonValue:
    one = ReleaseResolution(
        hold_id=hold_id,
        resolution="RELEASE_ONCE",
        reason="inside the tolerance",
        decided_by=decided_by,
        role=None,
        amount=Money(amount=Decimal(100), currency="USD"),
        policy_version="1",
    )
    dumped: JsonValue = one.model_dump(mode="json")
    return dumped


def pivot(*resolutions: JsonValue, order_version: int = 2) -> StepCall:
    return step(resolutions=list(resolutions), reason_code="CREDIT", order_version=order_version)


class Erp:
    """The ERP's activities on a small system that has one order."""

    def __init__(self, system: SmallSystem) -> None:
        self.system = system
        self.activities = ErpActivities(HttpErp(system.client("erp")))

    def has(self, present: Order) -> None:
        self.system.documents["orders/SO-1"] = present.model_dump(mode="json")

    async def release(self, call: StepCall, attempt: int = 1) -> StepResult:
        return await run(self.activities.release_order, call, attempt=attempt, operation="erp.release_order")

    async def refusal(self, call: StepCall) -> SystemCallFailed:
        with pytest.raises(SystemCallFailed) as caught:
            await self.release(call)
        assert not self.system.of("releases")
        return caught.value


@pytest.fixture
def erp(system: SmallSystem) -> Erp:
    erp = Erp(system)
    erp.has(order(hold("H1"), hold("H2")))
    return erp


async def test_a_release_rests_on_the_version_it_was_decided_on(erp: Erp) -> None:
    result = await erp.release(pivot(resolution("H1"), resolution("H2")))
    assert result.order_version == 4
    ((_, _, headers, body),) = [request for request in erp.system.requests if request[0] == "POST"]
    assert headers["if-match"] == '"v2"'
    assert body == {"reference": "hf-1", "resolutions": [resolution("H1"), resolution("H2")]}


async def test_a_cancellation_says_why(erp: Erp) -> None:
    call = pivot(resolution("H1", "carla"), resolution("H2", "carla"))
    result = await run(erp.activities.cancel_order, call, operation="erp.cancel_order")
    assert result.resource_id == "cancellations-1"
    assert erp.system.writes("cancellation")[0]["reason_code"] == "CREDIT"


async def test_automation_never_releases_a_hard_hold(erp: Erp) -> None:
    erp.has(order(hold("H1"), hold("H2", HoldClass.HARD)))
    failure = await erp.refusal(pivot(resolution("H1"), resolution("H2", "system:sla")))
    assert failure.kind is Kind.VALIDATION
    assert "H2 is HARD" in failure.message


async def test_automation_never_cancels_over_a_hard_hold(erp: Erp) -> None:
    erp.has(order(hold("H1", HoldClass.HARD)))
    with pytest.raises(SystemCallFailed, match="H1 is HARD"):
        await run(erp.activities.cancel_order, pivot(resolution("H1")))


async def test_a_person_releases_a_hard_hold(erp: Erp) -> None:
    erp.has(order(hold("H1", HoldClass.HARD)))
    assert (await erp.release(pivot(resolution("H1", "carla")))).resource_id == "releases-1"


async def test_a_hold_that_is_not_there_is_not_resolved_because_that_would_create_it(erp: Erp) -> None:
    erp.has(order(hold("H1")))
    failure = await erp.refusal(pivot(resolution("H1"), resolution("H2")))
    assert failure.kind is Kind.CONFLICT
    assert "H2" in failure.message


async def test_a_hold_that_nobody_decided_on_stops_the_release(erp: Erp) -> None:
    assert (await erp.refusal(pivot(resolution("H1")))).kind is Kind.CONFLICT


async def test_an_order_that_changed_meanwhile_is_not_released(erp: Erp) -> None:
    failure = await erp.refusal(pivot(resolution("H1"), resolution("H2"), order_version=1))
    assert failure.kind is Kind.CONFLICT
    assert "version 2" in failure.message


async def test_a_dead_order_is_not_released(erp: Erp) -> None:
    erp.has(order(status=OrderStatus.CANCELLED))
    assert (await erp.refusal(pivot())).kind is Kind.CONFLICT


async def test_a_release_that_had_happened_is_found_although_the_holds_are_gone(erp: Erp) -> None:
    await erp.release(pivot(resolution("H1"), resolution("H2")))
    erp.has(order(status=OrderStatus.RELEASED, version=4))
    result = await erp.release(pivot(resolution("H1"), resolution("H2")), attempt=2)
    assert result.read_back
    assert result.order_version == 4
    assert len(erp.system.of("releases")) == 1


async def test_an_amendment_names_its_kind_and_brings_the_new_version(erp: Erp) -> None:
    result = await run(erp.activities.set_promise, step(lines={"1": "2026-03-12"}), operation="erp.set_promise")
    assert result.order_version == 4
    assert erp.system.writes("amendments") == [
        {
            "reference": "hf-1",
            "order_id": "SO-1",
            "kind": "set_promise",
            "arguments": {"lines": {"1": "2026-03-12"}},
        }
    ]
