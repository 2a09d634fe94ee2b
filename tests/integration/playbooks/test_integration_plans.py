"""Every option of an integration failure, judged on facts of real services, carried out there, and undone."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from domain.exception_types import ExceptionType
from domain.order import Order
from tests.integration.playbooks.stage import Stage, without_version
from tests.integration.sandbox.desk import Desk, eventually
from tests.integration.sandbox.partner import Gateway, po1, purchase_order, text_of

FAILURE = ExceptionType.INTEGRATION_FAILURE


@pytest.fixture
def gateway(urls: dict[str, str]) -> Iterator[Gateway]:
    running = Gateway(Desk(urls["edi"]), Desk(urls["edi"], "admin"), Desk(urls["erp"]), Desk(urls["erp"], "admin"))
    yield running
    connected(running, as2=True)


def connected(gateway: Gateway, *, as2: bool) -> None:
    """The partner takes our calls by AS2, or by SFTP only."""
    routes = [{"name": "AS2", "accepts": as2}, {"name": "SFTP"}]
    gateway.admin.http.put("/admin/connections", json={"partner": "ACME", "routes": routes}).raise_for_status()


def held(world: Stage, order_id: str) -> Order:
    """The order with what the gateway holds it for; whatever else the ERP has against it is another matter."""
    order = world.order(order_id)
    return order.model_copy(update={"holds": tuple(hold for hold in order.holds if hold.source_system == "EDI")})


def unmapped(world: Stage, gateway: Gateway) -> Order:
    return held(world, gateway.unmapped())


def refused(world: Stage, gateway: Gateway) -> Order:
    connected(gateway, as2=False)
    sent = gateway.send(text_of(purchase_order(po1("B-10"))))
    order_id: str = gateway.became(sent, "ENTERED")["order_id"]
    gateway.admin.made("/admin/documents", {"order_id": order_id, "document": "856"})
    eventually(lambda: gateway.failure(order_id)["paused"])
    return held(world, order_id)


def overdue(world: Stage, gateway: Gateway) -> Order:
    sent = gateway.send(text_of(purchase_order(po1("B-10"))))
    order_id: str = gateway.became(sent, "ENTERED")["order_id"]
    gateway.admin.made("/admin/documents", {"order_id": order_id, "document": "856"})
    out = eventually(lambda: [one for one in gateway.outgoing(order_id, "856") if one["state"] == "SENT"])[0]
    gateway.admin.made(f"/admin/outbound/{out['id']}/age", {})
    hold = {"code": "INTEGRATION", "source_system": "EDI", "source_code": "ACK_OVERDUE"}
    gateway.erp_admin.made(f"/admin/orders/{order_id}/holds", hold)
    return held(world, order_id)


@pytest.mark.parametrize(
    ("occasion", "code"),
    [
        (unmapped, "FIX_AND_REPLAY"),
        (unmapped, "MANUAL_ENTRY"),
        (unmapped, "REJECT"),
        (refused, "FALLBACK_ROUTE"),
        (overdue, "RETRY"),
        (overdue, "FALLBACK_ROUTE"),
        (overdue, "MANUAL_ENTRY"),
    ],
)
async def test_every_option_is_carried_out_and_undone(world: Stage, gateway: Gateway, occasion: Any, code: str) -> None:
    """Each step leaves one effect under its own key; undone, the order is as it was, and so is the gateway's answer."""
    order = occasion(world, gateway)
    before, option = await world.judged(FAILURE, order, code)
    results = await world.carry_out(order, option)
    assert len({result.reference for result in results}) == len(option.plan.steps) > 0
    await world.undo(order, option)
    assert without_version(world.order(order.order_id), "holds") == without_version(order, "holds")
    if occasion is not refused:  # what had waited has gone by the other route, and is not called back
        assert (await world.assess(FAILURE, order)).digest == before.digest


async def test_a_replayed_order_is_let_go_by_itself(world: Stage, gateway: Gateway) -> None:
    """The first look mends and replays, the second has nothing left to ask; a sibling is replayed by itself."""
    order, sibling = unmapped(world, gateway), unmapped(world, gateway)
    _, fix = await world.judged(FAILURE, order, "FIX_AND_REPLAY")
    await world.carry_out(order, fix)
    now = held(world, order.order_id)
    assert [line.item for line in now.lines] == ["NUT-M8"]
    settled = await world.assess(FAILURE, now)
    assert (settled.ask, settled.rules[0].rule) == (None, "settled")
    assert [step.activity for step in settled.recommended_option.plan.steps] == []
    mended = await world.assess(FAILURE, sibling)
    assert (mended.ask, mended.rules[0].rule) == (None, "mapped")
    await world.undo(order, fix)


async def test_a_partner_that_takes_our_calls_again_is_resumed(world: Stage, gateway: Gateway) -> None:
    """What had waited is sent, and nothing is open any more."""
    order = refused(world, gateway)
    _, retry = await world.judged(FAILURE, order, "RETRY")
    routes = [{"name": "AS2"}, {"name": "SFTP"}]
    paused = {"partner": "ACME", "routes": routes, "paused": True}
    gateway.admin.http.put("/admin/connections", json=paused).raise_for_status()
    await world.carry_out(order, retry)
    assert (await world.assess(FAILURE, order)).rules[0].rule == "settled"


async def test_what_a_silent_system_was_to_say_is_asked_again(world: Stage) -> None:
    """The ERP validates, everybody answers, and the order may go."""
    order = world.held(
        "INTEGRATION",
        "C-4",
        {"line_id": "1", "item": "BOLT", "quantity": "1", "unit_price": "10", "need_by": "2026-12-31"},
    )
    assessment = await world.assess(FAILURE, order)
    assert (assessment.ask, assessment.rules[0].rule) == (None, "answered")
