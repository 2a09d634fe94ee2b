"""From a held order in the real ERP to options, as the workflow goes: triage, facts, assessment."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

import pytest

from activities.assessment import AssessmentActivities
from activities.connectors.erp import HttpErp
from activities.connectors.errors import SystemCallFailed
from activities.triage import TriageActivities
from domain.calls import AssessRequest, FactCall, Triage, TriageRequest
from domain.exception_types import ExceptionType
from domain.exception_types import IntegrationErrorKind as Kind
from domain.facts.fact import Facts
from tests.integration.activities.enterprise import Enterprise, case_of
from tests.integration.activities.test_facts import asked
from tests.unit.activities.conftest import run
from tests.unit.activities.policies import company_policies


async def examine(world: Enterprise, order_id: str) -> Triage:
    triage = TriageActivities(HttpErp(world.client("erp")), company_policies)
    return await run(triage.examine_order, TriageRequest(case=case_of(order_id), opened_at=datetime.now(UTC)))


async def test_holds_are_classified_and_put_in_the_order_of_execution(world: Enterprise) -> None:
    order = world.held_order("MYSTERY", "TAX", "STOCK")
    found = await examine(world, order["order_id"])
    assert [one.exception_type for one in found.exceptions] == [
        ExceptionType.INVENTORY_SHORTFALL,
        ExceptionType.TAX_DISCREPANCY,
        ExceptionType.CREDIT_HOLD,
        ExceptionType.UNCLASSIFIED,
    ]
    assert found.order.version == order["version"]
    assert found.terms.policy_version == company_policies().version


async def test_an_order_without_holds_has_no_exceptions(world: Enterprise) -> None:
    order = world.held_order()
    path = f"/admin/orders/{order['order_id']}/holds/{order['holds'][0]['hold_id']}"
    assert world.desk("erp", "admin").http.delete(path).is_success
    assert (await examine(world, order["order_id"])).exceptions == ()


async def test_an_order_that_is_not_there_is_for_people(world: Enterprise) -> None:
    with pytest.raises(SystemCallFailed) as caught:
        await examine(world, "SO-404")
    assert caught.value.kind is Kind.NOT_FOUND


async def test_every_exception_gets_options_on_the_facts_that_it_asked_for(world: Enterprise) -> None:
    order = world.held_order("TAX", "STOCK", "MYSTERY")
    case = case_of(order["order_id"])
    found = await examine(world, order["order_id"])
    for one in found.exceptions:
        calls = [FactCall(case=case, request=request) for request in one.fact_requests]
        facts = await asyncio.gather(*(run(asked(world, call.request.activity), call) for call in calls))
        request = AssessRequest(
            case=case,
            order=found.order,
            hold=one.hold,
            exception_type=one.exception_type,
            facts=Facts(items=tuple(facts)),
        )
        answer = await run(AssessmentActivities(company_policies).assess, request)
        assert answer.options
        assert answer.hold_id == one.hold.hold_id
