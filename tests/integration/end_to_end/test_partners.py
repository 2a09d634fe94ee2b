"""An order that comes by EDI, is held, and is let go by policy: its partner hears of it by 855, and once."""

from __future__ import annotations

import pytest

from sandbox.day import integration
from sandbox.edi import x12
from tests.integration.end_to_end.company import Company, eventually
from tests.integration.end_to_end.history import actions, until_release
from tests.integration.end_to_end.test_touchless import MOST_ACTIONS, MOST_EVENTS

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_the_partner_is_answered_when_its_order_is_let_go(company: Company) -> None:
    world = company.world
    entry = integration._interchange(world, integration._partner(world))
    world.credit[entry["customer_id"]] |= {"open_receivables": "100000", "limit": "100500"}
    order = await company.enter(entry)
    assert [hold["code"] for hold in order.entered["holds"]] == ["CREDIT"]
    (resolution,) = (await order.released())["resolutions"]
    assert (resolution["resolution"], resolution["decided_by"]) == ("RELEASE_ONCE", "system:policy")
    await order.closed()
    until = until_release(await order.history())
    assert len(actions(until)) <= MOST_ACTIONS
    assert len(until) <= MOST_EVENTS
    page = await company.systems._get("edi", "/v1/outbound", order_id=order.order_id)
    (answer,) = [one for one in page["items"] if one["document"] == "855"]
    said = x12.parse(answer["text"]).groups[0].sets[0]
    assert (x12.element(said.first("BAK"), 2), x12.element(said.first("ACK"), 1)) == ("AD", "AR")
    assert (await order.effects())["edi"] == ["acknowledgements.create"]
    await eventually(order.mails_to_customer, lambda mails: len(mails) == 1)
