"""What an EDI partner is told by 855 about orders that were let go or ended, whatever was decided about them."""

from __future__ import annotations

from typing import Any, NamedTuple

import pytest

from domain.exception_types import ExceptionType
from domain.order import Order
from sandbox.edi import x12
from tests.integration.playbooks.stage import Stage, day
from tests.integration.sandbox.desk import Desk, eventually
from tests.integration.sandbox.partner import Gateway, po1, purchase_order, text_of

STOCK, PRICE, CREDIT = (
    ExceptionType.INVENTORY_SHORTFALL,
    ExceptionType.PRICE_DISCREPANCY,
    ExceptionType.CREDIT_HOLD,
)
BOLTS = po1("B-10", quantity="5", price="120.00")
"""Sixty at 10, of which forty are here and a hundred come in six days; the contract says 9."""
FEW = po1("B-10", quantity="1", price="120.00")
NUTS = po1("N-1", quantity="2", unit="EA", price="10.00", number="2")


@pytest.fixture
def gateway(urls: dict[str, str]) -> Gateway:
    return Gateway(Desk(urls["edi"]), Desk(urls["edi"], "admin"), Desk(urls["erp"]), Desk(urls["erp"], "admin"))


def ordered(world: Stage, gateway: Gateway, kind: ExceptionType, *lines: x12.Segment, needed_in: int = 30) -> Order:
    """An order by EDI that is held for that, too. The ERP holds it for its price, because it knows no cases."""
    gateway.admin.http.put("/admin/mappings", json={"partner": "ACME", "part": "N-1", "item": "NUT", "unit": "EA"})
    sent = gateway.send(text_of(purchase_order(*lines, need_by=day(needed_in).replace("-", ""))))
    order_id: str = gateway.became(sent, "ENTERED")["order_id"]
    gateway.erp_admin.made(f"/admin/orders/{order_id}/holds", {"code": str(kind)})
    return for_which(world.order(order_id), kind)


def for_which(order: Order, kind: ExceptionType) -> Order:
    """The order as if that were its only hold."""
    return order.model_copy(update={"holds": tuple(hold for hold in order.holds if hold.code == kind)})


def said(gateway: Gateway, order_id: str) -> tuple[str, str, list[str]]:
    """BAK01, BAK02 and the ACK01 of each line, by the 855 that counts."""
    answers = [one for one in gateway.outgoing(order_id, "855") if one["state"] not in ("WITHDRAWN", "REPLACED")]
    (text,) = [one["text"] for one in answers]
    document = x12.parse(text).groups[0].sets[0]
    codes = [x12.element(segment, 1) for segment in document.segments if segment[0] == "ACK"]
    heading = document.first("BAK")
    return x12.element(heading, 1), x12.element(heading, 2), codes


class Case(NamedTuple):
    """An order by EDI, an option that is carried out for it, and what the partner is told: BAK02 and ACK01."""

    kind: ExceptionType
    option: str
    lines: tuple[x12.Segment, ...]
    bak02: str
    codes: list[str]
    needed_in: int = 30

    def __str__(self) -> str:
        return f"{self.kind}-{self.option}"


CASES = [
    Case(STOCK, "WAIT_FULL", (BOLTS,), "AC", ["DR"], needed_in=2),
    Case(STOCK, "FULL_FROM_STOCK", (FEW,), "AD", ["AR"]),
    Case(STOCK, "PARTIAL_BACKORDER", (BOLTS,), "AC", ["BP"]),
    Case(STOCK, "SUBSTITUTE", (BOLTS,), "AC", ["IC"]),
    Case(STOCK, "CANCEL_LINE", (BOLTS, NUTS), "AC", ["ID", "AR"]),
    Case(PRICE, "HONOR_CONTRACT", (BOLTS,), "AC", ["IP"]),
    Case(CREDIT, "RELEASE_ONCE", (BOLTS,), "AD", ["AR"]),
    Case(CREDIT, "REJECT", (BOLTS, NUTS), "RD", ["IR", "IR"]),
]


@pytest.mark.parametrize("case", CASES, ids=str)
async def test_the_partner_is_told_what_became_of_its_order(world: Stage, gateway: Gateway, case: Case) -> None:
    """Once, however often the message is tried."""
    order = ordered(world, gateway, case.kind, *case.lines, needed_in=case.needed_in)
    _, option = await world.judged(case.kind, order, case.option)
    await world.carry_out(order, option)
    await world.end(order, option)
    assert said(gateway, order.order_id) == ("00", case.bak02, case.codes)
    assert len(gateway.outgoing(order.order_id, "855")) == 1


async def test_what_was_pending_is_replaced_by_what_became_of_it(world: Stage, gateway: Gateway) -> None:
    """The first answer says that the price is open, the last that it is another."""
    failure = ExceptionType.INTEGRATION_FAILURE
    order = ordered(world, gateway, PRICE, BOLTS)
    hold = {"code": "INTEGRATION", "source_system": "EDI", "source_code": "EDI_ERROR"}
    gateway.erp_admin.made(f"/admin/orders/{order.order_id}/holds", hold)
    held = world.order(order.order_id)
    by_edi = tuple(sorted(held.holds, key=lambda one: one.source_system != "EDI"))
    settled = await world.assess(failure, held.model_copy(update={"holds": by_edi}))
    await world.carry_out(held, settled.recommended_option)
    assert said(gateway, order.order_id) == ("00", "AC", ["IE"])
    eventually(lambda: [one for one in gateway.outgoing(order.order_id, "855") if one["state"] == "SENT"])
    _, option = await world.judged(PRICE, for_which(world.order(order.order_id), PRICE), "HONOR_CONTRACT")
    await world.carry_out(world.order(order.order_id), option)
    await world.end(order, option)
    assert said(gateway, order.order_id) == ("05", "AC", ["IP"])


async def test_an_order_that_another_one_covers_is_not_answered(world: Stage, gateway: Gateway) -> None:
    """Under the same number it would take back the answer to the other."""
    order = ordered(world, gateway, CREDIT, BOLTS)
    _, option = await world.judged(CREDIT, order, "REJECT")
    await world.end(order, option.model_copy(update={"covered_by": "SO-FIRST"}))
    assert not gateway.outgoing(order.order_id, "855")


async def test_an_order_that_did_not_come_by_edi_is_none_of_the_gateways(world: Stage) -> None:
    line: dict[str, Any] = {"line_id": "1", "item": "NUT", "quantity": "1", "unit_price": "10", "need_by": "2031-01-01"}
    order = world.held("CREDIT_HOLD", "C-4", line)
    _, option = await world.judged(CREDIT, order, "RELEASE_ONCE")
    letter = await world.end(order, option)
    assert order.po_number in letter.subject
    assert not world.desks["edi"].seen("/v1/outbound", order_id=order.order_id)["items"]
