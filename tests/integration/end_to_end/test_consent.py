"""An order that its customer wanted in one piece: asked by mail, answered on the page, and carried out by policy."""

from __future__ import annotations

import re

import httpx
import pytest

from sandbox.day.world import Document, World
from tests.integration.end_to_end.company import PATIENCE, Company, Order, eventually

pytestmark = pytest.mark.asyncio(loop_scope="session")


def in_two_places(world: World, service_level: str) -> Document:
    """Its warehouse has part of the goods, another one the rest, and nobody can bring them together.

    A STANDARD order has time to be answered by a slow machine, a PRIORITY order has seconds.
    """
    item = world.item(price=400)
    world.stock(item, "WEST", 12)
    world.stock(item, "CENTRAL", 10)
    how = {"service_level": service_level, "entered_by": "edi-gateway", "warehouse": "WEST"}
    return world.order(world.customer(segment="B"), {item: 20}) | how | {"ship_complete": True}


async def question_to(order: Order) -> str:
    """The link that the customer was sent."""
    (mail,) = await eventually(order.mails_to_customer, bool, f"the customer of {order.order_id}")
    (link,) = re.findall(r"http://\S+/c/\S+", mail["text"])
    assert isinstance(link, str)
    return link


async def test_the_customer_agrees_on_the_page_and_policy_does_the_rest(company: Company) -> None:
    order = await company.enter(in_two_places(company.world, "STANDARD"))
    link = await question_to(order)
    before = (await order.until(lambda case: case.customer_until is not None)).terms

    async with httpx.AsyncClient(timeout=PATIENCE, trust_env=False) as browser:
        assert "May your order" in (await browser.get(link)).text
        assert (await order.case()).is_paused
        assert "Thank you" in (await browser.post(link, data={"choice": "AGREE"})).text

    (resolution,) = (await order.released())["resolutions"]
    assert (resolution["resolution"], resolution["decided_by"]) == ("SPLIT_DC", "system:policy")
    summary = await order.closed()
    assert summary.touchless
    assert summary.waited_for_customer > 0
    after = (await order.case()).terms
    assert before is not None
    assert after is not None
    assert after.due_at >= before.due_at
    assert (await order.effects())["crm"] == [
        "consent-requests.create",
        "communications.create",
        "consent-requests.answer",
        "communications.create",
    ]
    assert [mail["subject"].partition(" ")[0] for mail in await order.mails_to_customer()] == ["May", "Your"]
    kept = str((await order.history()).to_json_dict())
    assert link.rpartition("/")[2] not in kept
    assert company.world.contacts[order.customer_id]["email"] not in kept


async def test_silence_is_no_consent(company: Company) -> None:
    order = await company.enter(in_two_places(company.world, "PRIORITY"))
    link = await question_to(order)
    task = await order.asked("operations_manager")
    assert "SPLIT_DC" not in task.choices
    async with httpx.AsyncClient(timeout=PATIENCE, trust_env=False) as browser:
        late = await browser.post(link, data={"choice": "AGREE"})
    assert late.status_code == 410
