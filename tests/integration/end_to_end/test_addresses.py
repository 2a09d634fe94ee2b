"""Orders whose address is not to the letter: what policy corrects, and what only compliance decides."""

from __future__ import annotations

import pytest

from sandbox.day.world import Document
from tests.integration.end_to_end import orders
from tests.integration.end_to_end.company import Company, Order
from tests.integration.end_to_end.history import actions, until_release
from tests.integration.end_to_end.test_touchless import MOST_ACTIONS, MOST_EVENTS

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def misspelt(company: Company, recipient: str = "Receiving") -> Order:
    """An order with the address of its site in another writing."""
    order: Document = orders.clean(company.world)
    ship_to, customer_id = order["ship_to"], order["customer_id"]
    there = {"city": "DALLAS", "region": ship_to["region"], "postal_code": ship_to["postal_code"], "country": "US"}
    site = {"site_id": ship_to["site_id"], "recipient": recipient, "street": "12 N QUARRY ST"}
    await company.systems.record("crm", "sites", customer_id=customer_id, **site, **there)
    return await company.enter(order | {"address": {**there, "street": "12 north quarry street"}})


async def test_a_writing_is_corrected_without_asking_anybody(company: Company) -> None:
    order = await misspelt(company)
    assert [hold["code"] for hold in order.entered["holds"]] == ["ADDRESS"]
    (resolution,) = (await order.released())["resolutions"]
    assert (resolution["resolution"], resolution["decided_by"]) == ("STANDARDISE", "system:policy")
    summary = await order.closed()
    assert summary.touchless
    until = until_release(await order.history())
    assert len(actions(until)) <= MOST_ACTIONS
    assert len(until) <= MOST_EVENTS
    assert "QUARRY" not in str((await order.describe()).raw_description).upper()
    assert "QUARRY" not in str((await order.mails_to_customer())[0]).upper()


async def test_what_screening_finds_waits_for_compliance(company: Company) -> None:
    await company.systems.record("crm", "denied-parties", name="Blue Comet Trading", list_name="SDN")
    order = await misspelt(company, "Blue Comet Trading")
    task = await order.asked("compliance_officer")
    assert (task.recommended, task.deadlines.at_expiry.option) == ("CANCEL", None)
    assert "SDN" in task.question
    refused = await order.approver("approve", as_="kira.ahmed")
    assert not refused.done
    assert (await order.approver("approve", "--option", "CANCEL", as_="tess.ivanova")).done
    await order.closed()
    assert (await order.erp())["status"] == "CANCELLED"
    (mail,) = await order.mails_to_customer()
    assert "SDN" not in mail["text"]
