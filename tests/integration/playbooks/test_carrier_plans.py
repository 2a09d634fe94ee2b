"""Every way to get carrier instructions, judged on facts of the real services, carried out there, and undone."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from activities.connectors.errors import SystemCallFailed
from domain.exception_types import ExceptionType, IntegrationErrorKind
from domain.order import Order
from sandbox.kernel import in_thread
from sandbox.tms.records import Reply, TmsSettings
from sandbox.tms.service import build
from tests.integration.playbooks import transport
from tests.integration.playbooks.stage import Stage, day, without_version
from tests.integration.sandbox.desk import TOKENS, Desk, eventually

CARRIER = ExceptionType.CARRIER_INSTRUCTIONS_MISSING


def held(world: Stage, customer: str, needed_in: int = 5, **carrier: str) -> Order:
    """An order that the ERP itself holds, because its carrier instructions are incomplete."""
    line = {"line_id": "1", "item": "NUT", "quantity": "10", "unit_price": "10", "unit_cost": "6"}
    goods: dict[str, Any] = {**line, "need_by": day(needed_in), "tax_in_erp": "8", "unit_weight_kg": "2.5"}
    order = world.held("CARRIER", customer, goods, extra_holds=[], carrier={**carrier}, freight="40")
    assert [hold.code for hold in order.holds] == ["CARRIER"]
    return order


def instructions(world: Stage, order: Order) -> list[str | None]:
    """What the ERP says about the carrier, and the freight."""
    now = world.order(order.order_id)
    return [now.carrier.scac, now.carrier.service, now.carrier.freight_terms, now.carrier.account, f"{now.freight:.2f}"]


CASES = [
    ("APPLY_DEFAULT", "C-6", {}, ["FXFE", "ECONOMY", "PREPAID", None, "40.00"]),
    ("APPLY_DEFAULT", "C-6", {"freight_terms": "PREPAY_ADD"}, ["FXFE", "ECONOMY", "PREPAY_ADD", None, "55.00"]),
    ("RATE_SHOP", "C-7", {}, ["UPSN", "GROUND", "PREPAID", None, "40.00"]),
    ("RATE_SHOP", "C-8", {"freight_terms": "COLLECT"}, ["FXFE", "ECONOMY", "COLLECT", "A-FXFE", "0.00"]),
    ("PICKUP", "C-7", {"incoterms": "EXW Newark"}, ["CPU", "PICKUP", "PREPAID", None, "0.00"]),
    ("PICKUP", "C-7", {}, [None, None, "PREPAID", None, "40.00"]),
    ("ASK_CUSTOMER", "C-7", {}, [None, None, "PREPAID", None, "40.00"]),
]


@pytest.mark.parametrize(("code", "customer", "carrier", "expected"), CASES)
async def test_every_option_is_carried_out_and_undone(
    world: Stage, code: str, customer: str, carrier: dict[str, str], expected: list[str | None]
) -> None:
    """Each step leaves one effect under its own key; undone, order and facts are as they were."""
    order = held(world, customer, 5, **carrier)
    before, option = await world.judged(CARRIER, order, code)
    results = await world.carry_out(order, option)
    assert len({result.reference for result in results}) == len(option.plan.steps) > 0
    assert instructions(world, order) == expected
    await world.undo(order, option)
    assert without_version(world.order(order.order_id)) == without_version(order)
    again = await world.assess(CARRIER, order)
    assert again.digest == before.digest


async def answer(world: Stage, order: Order, choice: str) -> None:
    """Carry out the recommended question, and answer it in the customer's name."""
    _, option = await world.judged(CARRIER, order, "ASK_CUSTOMER")
    await world.carry_out(order, option)
    (question,) = world.desks["crm"].seen("/v1/consent-requests", order_id=order.order_id)["items"]
    world.desks["crm"].made(f"/v1/consent-requests/{question['id']}/answer", {"choice": choice})


async def test_an_expedited_service_goes_onto_the_invoice_once_the_customer_agreed(world: Stage) -> None:
    """Asked by policy, answered, and carried out by policy."""
    order = held(world, "C-7", 2, freight_terms="PREPAY_ADD")
    assert (await world.assess(CARRIER, order)).rules[0].rule == "consent_missing"
    await answer(world, order, "SERVICE_1")
    assessment = await world.assess(CARRIER, order)
    assert (assessment.rules[0].rule, assessment.ask) == ("customer_pays_own_choice", None)
    await world.carry_out(order, assessment.recommended_option)
    assert instructions(world, order) == ["UPSN", "AIR", "PREPAY_ADD", None, "140.00"]


async def test_a_customer_who_wants_to_collect_is_expected(world: Stage) -> None:
    """The warehouse knows of it, and no freight is charged."""
    order = held(world, "C-7", freight_terms="COLLECT")
    assert (await world.assess(CARRIER, order)).rules[0].rule == "account_missing"
    await answer(world, order, "PICKUP")
    assessment = await world.assess(CARRIER, order)
    assert (assessment.rules[0].rule, assessment.ask) == ("customer_collects", None)
    await world.carry_out(order, assessment.recommended_option)
    (expected,) = world.desks["tms"].seen("/v1/pickups", order_id=order.order_id)["items"]
    assert (expected["warehouse"], expected["status"]) == ("EAST", "ACTIVE")


async def test_a_carrier_that_declines_meanwhile_is_replaced_by_the_next(world: Stage, urls: dict[str, str]) -> None:
    """The refusal is a contradiction, and the rates then say who has no capacity."""
    order = held(world, "C-7")
    _, option = await world.judged(CARRIER, order, "RATE_SHOP")
    office = Desk(urls["tms"], "admin").http
    full = {"scac": "UPSN", "region": "NJ", "accepting": False}
    office.put("/admin/capacity", json=full).raise_for_status()
    with pytest.raises(SystemCallFailed) as caught:
        await world.carry_out(order, option)
    assert caught.value.kind is IntegrationErrorKind.CONFLICT
    again = await world.assess(CARRIER, order)
    assert [parameter.value for parameter in again.recommended_option.parameters] == ["FXFE:ECONOMY"]
    office.put("/admin/capacity", json=full | {"accepting": True}).raise_for_status()


async def test_a_carrier_that_declines_at_once_is_replaced_by_the_next(urls: dict[str, str]) -> None:
    """Although the TMS keeps the tender and answers with success."""
    settings = TmsSettings(tokens=TOKENS, seed=transport.SEED, reply=Reply.DECLINED)
    with in_thread(build(settings)) as tms:
        world = Stage({**urls, "tms": tms})
        order = held(world, "C-7")
        _, option = await world.judged(CARRIER, order, "RATE_SHOP")
        with pytest.raises(SystemCallFailed) as caught:
            await world.carry_out(order, option)
        assert caught.value.kind is IntegrationErrorKind.CONFLICT
        again = await world.assess(CARRIER, order)
        assert [parameter.value for parameter in again.recommended_option.parameters] == ["FXFE:ECONOMY"]


@pytest.fixture
def office(urls: dict[str, str]) -> Iterator[Desk]:
    """The TMS, for whoever plays the carriers; afterwards they have room again."""
    desk = Desk(urls["tms"], "admin")
    yield desk
    room = {"scac": "UPSN", "region": "NJ", "accepting": True}
    desk.http.put("/admin/capacity", json=room).raise_for_status()


async def test_a_tender_that_is_declined_before_the_release_stops_it(world: Stage, office: Desk) -> None:
    """The order is another version, with no second hold; looked at again, the next carrier has it."""
    order = held(world, "C-7")
    _, option = await world.judged(CARRIER, order, "RATE_SHOP")
    tender, instructed = await world.carry_out(order, option)
    assert tender.detail["reply"] == "ACCEPTED"
    office.made(f"/admin/tenders/{tender.resource_id}/reply", {"reply": "DECLINED"})
    ours = instructed.order_version or 0
    eventually(lambda: world.order(order.order_id).version > ours)
    with pytest.raises(SystemCallFailed) as caught:
        await world.end(order, option, version=ours)
    assert caught.value.kind is IntegrationErrorKind.CONFLICT
    await world.undo(order, option)
    now = world.order(order.order_id)
    assert [hold.code for hold in now.holds] == ["CARRIER"]
    again = await world.assess(CARRIER, now)
    assert [parameter.value for parameter in again.recommended_option.parameters] == ["FXFE:ECONOMY"]


async def test_a_tender_that_is_declined_after_the_release_holds_the_order_again(world: Stage, office: Desk) -> None:
    """For the next carrier, as long as the goods are in the house."""
    order = held(world, "C-7")
    _, option = await world.judged(CARRIER, order, "RATE_SHOP")
    tender, _ = await world.carry_out(order, option)
    await world.end(order, option)
    office.made(f"/admin/tenders/{tender.resource_id}/reply", {"reply": "DECLINED"})
    (hold,) = eventually(lambda: world.order(order.order_id).holds)
    assert (hold.source_system, hold.source_code) == ("TMS", "TENDER_DECLINED")
    again = await world.assess(CARRIER, world.order(order.order_id))
    assert [parameter.value for parameter in again.recommended_option.parameters] == ["FXFE:ECONOMY"]


async def test_a_load_that_was_picked_up_cannot_be_taken_back(world: Stage, urls: dict[str, str]) -> None:
    """A person has to call it back."""
    order = held(world, "C-6")
    _, option = await world.judged(CARRIER, order, "APPLY_DEFAULT")
    tender = (await world.carry_out(order, option))[0]
    Desk(urls["tms"], "admin").made(f"/admin/tenders/{tender.resource_id}/pickup", None)
    with pytest.raises(SystemCallFailed) as caught:
        await world.undo(order, option)
    assert caught.value.kind is IntegrationErrorKind.CONFLICT
