"""Orders that go elsewhere, or cost more, than when they were held: tax, freight and credit are assessed again."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from sandbox.day.world import REGIONS, Document
from tests.integration.end_to_end import orders
from tests.integration.end_to_end.company import Company, Order

pytestmark = pytest.mark.asyncio(loop_scope="session")

THERE = {"street": "740 HARBOR AVE", "city": "NEWARK", "region": "NJ", "postal_code": REGIONS["NJ"][0]}
FEW_ROUNDS = 8
"""Plans that a case may start: undone once and done again, each."""


async def moved(company: Company, **more: Any) -> Order:
    """An order to Texas, with its tax stated, whose address is that of the customer's site in New Jersey."""
    world = company.world
    order: Document = orders.clean(world, **more)
    customer_id, here = order["customer_id"], order["ship_to"]
    line = order["lines"][0]
    tax = str(world.tax(line["item"], int(line["quantity"]), here["region"]))
    line |= {"tax_in_erp": tax, "tax_as_ordered": tax}
    site = {"customer_id": customer_id, "recipient": "Receiving"}
    home = {"street": "12 N QUARRY ST", "city": "DALLAS", "region": here["region"], "postal_code": here["postal_code"]}
    await company.systems.record("crm", "sites", **site, site_id=here["site_id"], **home)
    await company.systems.record("crm", "sites", **site, site_id=f"{customer_id}-2", **THERE)
    for number, site_id in enumerate((here["site_id"], f"{customer_id}-2")):
        delivered = {"order_id": f"OLD-{customer_id}-{number}", "delivered_on": world.day(-20)}
        await company.systems.record("crm", "deliveries", customer_id=customer_id, site_id=site_id, **delivered)
    entered = await company.enter(order | {"address": {**THERE, "country": "US"}})
    assert [hold["code"] for hold in entered.entered["holds"]] == ["ADDRESS"]
    return entered


async def settled(order: Order) -> dict[str, str]:
    """How each of its exceptions was resolved, by type; without a loop."""
    await order.released()
    case = await order.until(lambda case: case.outcome)
    assert case.rounds <= FEW_ROUNDS, [entry.detail for entry in case.audit]
    return {each.exception_type: each.decision.option for each in case.settled if each.decision is not None}


async def test_an_order_that_goes_to_another_region_has_the_tax_of_that_region(company: Company) -> None:
    order = await moved(company)
    assert await settled(order) == {"ADDRESS_INVALID": "USE_MASTER", "TAX_DISCREPANCY": "USE_ENGINE"}
    now = await order.erp()
    line = now["lines"][0]
    right = company.world.tax(line["item"], int(Decimal(line["quantity"])), "NJ")
    assert (now["ship_to"]["region"], Decimal(line["tax_in_erp"])) == ("NJ", right)


async def test_its_carrier_is_asked_what_the_new_lane_costs(company: Company) -> None:
    order = await moved(company, carrier={"scac": "UPSN", "service": "GROUND"}, freight="40.00")
    found = await settled(order)
    assert (found["CARRIER_INSTRUCTIONS_MISSING"], found["TAX_DISCREPANCY"]) == ("APPLY_DEFAULT", "USE_ENGINE")
    assert (await order.effects())["tms"] == ["tenders.create"]


async def test_a_dearer_price_is_more_credit(company: Company) -> None:
    """At 120 the customer is just inside of the limit, at the agreed 135 a little over it: policy lets it go."""
    world = company.world
    order = orders.over_limit(world, "0.995")
    line, customer_id = order["lines"][0], order["customer_id"]
    line |= {"as_ordered": {"unit_price": "135", "currency": "USD"}}
    schedule = {"currency": "USD", "breaks": [{"unit_price": "135"}]}
    dates = {"valid_from": world.day(-100), "valid_to": world.day(100)}
    whose = {"agreement_id": f"K-{customer_id}", "customer_id": customer_id, "item": line["item"]}
    await company.systems.record("pricing", "agreements", **whose, prices=schedule, **dates)
    entered = await company.enter(order)
    assert [hold["code"] for hold in entered.entered["holds"]] == ["PRICE"]
    assert await settled(entered) == {"PRICE_DISCREPANCY": "HONOR_CONTRACT", "CREDIT_HOLD": "RELEASE_ONCE"}
    assert Decimal((await entered.erp())["lines"][0]["unit_price"]) == 135
    assert (await entered.effects())["credit"] == ["releases.create"]
