"""Every way out of a wrong address, judged on facts of the real services, carried out there, and undone."""

from __future__ import annotations

from typing import Any

import pytest

from domain.exception_types import ExceptionType
from domain.order import Order
from tests.integration.playbooks.places import BOX, DOOR, SHIP_TO, YARD
from tests.integration.playbooks.stage import Stage, day, without_version

ADDRESS = ExceptionType.ADDRESS_INVALID
TYPED = DOOR | {"street": "12 north quarry street", "city": "Newark"}
MOVED = DOOR | {"street": "14 N. Quarry St"}


def held(world: Stage, address: dict[str, str], customer: str = "C-20", weight: str = "0.1") -> Order:
    """An order that the ERP itself holds, because its address is not to the letter."""
    line = {"line_id": "1", "item": "NUT", "quantity": "10", "unit_price": "10", "unit_cost": "6"}
    goods: dict[str, Any] = {**line, "need_by": day(5), "tax_in_erp": "8", "unit_weight_kg": weight}
    order = world.held(
        "ADDRESS", customer, goods, extra_holds=[], address={**address}, ship_to={**SHIP_TO}, freight="40"
    )
    assert [hold.code for hold in order.holds] == ["ADDRESS"]
    return order


def destination(world: Stage, order_id: str) -> list[str | None]:
    """The site, region and postal code of an order, and the street it goes to, None if that is the site's."""
    now = world.order(order_id).ship_to
    address = world.desks["erp"].seen(f"/v1/orders/{order_id}/address")["address"]
    return [now.site_id, now.region, now.postal_code, address and address["street"]]


CASES = [
    ("STANDARDISE", TYPED, "0.1", ["S-1", "NJ", "07102", "12 N QUARRY ST"]),
    ("STANDARDISE", MOVED, "0.1", ["S-1", "NJ", "07102", "14 N QUARRY ST"]),
    ("USE_MASTER", YARD | {"city": "Camden"}, "0.1", ["S-2", "NJ", "08102", None]),
    ("CUSTOMER_CONFIRM", MOVED, "0.1", ["S-1", "NJ", "07102", "14 N. Quarry St"]),
    ("ALTERNATE_SHIP_TO", BOX, "100", ["S-2", "NJ", "08102", None]),
    ("PICKUP", MOVED, "0.1", ["EAST", "NJ", "07101", None]),
]


@pytest.mark.parametrize(
    ("code", "address", "weight", "expected"), CASES, ids=[f"{case[0]}-{n}" for n, case in enumerate(CASES)]
)
async def test_every_option_is_carried_out_and_undone(
    world: Stage, code: str, address: dict[str, str], weight: str, expected: list[str | None]
) -> None:
    """Each step leaves one effect under its own key; undone, order, address and judgement are as they were."""
    order = held(world, address, weight=weight)
    as_it_was = destination(world, order.order_id)
    before, option = await world.judged(ADDRESS, order, code)
    results = await world.carry_out(order, option)
    assert len({result.reference for result in results}) == len(option.plan.steps) > 0
    assert destination(world, order.order_id) == expected
    await world.undo(order, option)
    assert destination(world, order.order_id) == as_it_was
    assert without_version(world.order(order.order_id)) == without_version(order)
    again = await world.assess(ADDRESS, order)
    assert [other.code for other in again.options] == [other.code for other in before.options]


async def test_what_the_customer_answers_is_done_without_asking_a_person(world: Stage) -> None:
    """The page says where the goods are to go, and the next look carries it out."""
    order = held(world, MOVED)
    _, option = await world.judged(ADDRESS, order, "CUSTOMER_CONFIRM")
    assert option.automatic
    (asked,) = await world.carry_out(order, option)
    world.desks["crm"].made(f"/v1/consent-requests/{asked.resource_id}/answer", {"choice": "USE_ON_FILE"})
    assessment = await world.assess(ADDRESS, order)
    assert (assessment.rules[0].rule, assessment.recommended, assessment.ask) == (
        "customer_on_file",
        "USE_MASTER",
        None,
    )


async def test_a_site_on_a_list_is_put_to_compliance(world: Stage) -> None:
    """Although only the writing differs."""
    assessment = await world.assess(ADDRESS, held(world, TYPED, "C-21"))
    assert assessment.ask is not None
    assert (assessment.rules[0].rule, assessment.ask.role) == ("restricted", "compliance_officer")
    assert assessment.findings["screening"] == "MATCH SDN"
