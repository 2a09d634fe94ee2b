"""Options without a step of their own, on real services: what they end in, and what the customer is written."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import pytest

from domain.exception_types import ExceptionType
from domain.order import Order, OrderStatus
from tests.integration.playbooks.places import DOOR, SHIP_TO
from tests.integration.playbooks.stage import Stage, day

RELEASED, CANCELLED = OrderStatus.RELEASED, OrderStatus.CANCELLED


def line(quantity: int = 100, item: str = "BOLT", **more: Any) -> dict[str, Any]:
    fields = {"unit_price": "10", "unit_cost": "6", "need_by": day(5)}
    return {"line_id": "1", "item": item, "quantity": str(quantity), **fields, **more}


def poor(world: Stage) -> Order:
    """It takes its customer over the limit."""
    return world.held("CREDIT_HOLD", "C-1", line())


def cheap(world: Stage) -> Order:
    """Its only line was ordered for less than we ask, and nothing was agreed."""
    stated = {"unit_price": "8.5", "currency": "USD"}
    return world.held("PRICE_DISCREPANCY", "C-5", line(item="GEAR", as_ordered=stated))


def lost(world: Stage) -> Order:
    """Nobody knows its house number."""
    address: dict[str, Any] = {**DOOR, "street": "14 N. Quarry St"}
    return world.held("ADDRESS", "C-20", line(10, "NUT"), extra_holds=[], address=address, ship_to={**SHIP_TO})


def copied(world: Stage) -> Order:
    """The same purchase order again."""
    first = world.held("CREDIT", "C-4", line())
    return world.held("DUPLICATE", "C-4", line(), po_number=first.po_number.lower())


def enlarged(world: Stage) -> Order:
    """The same purchase order with more on it."""
    first = world.held("CREDIT", "C-4", line())
    return world.held("DUPLICATE", "C-4", line(120), po_number=first.po_number.lower())


def unreadable(world: Stage) -> Order:
    """An interface says error, and nothing else."""
    error = {"code": "INTEGRATION", "source_system": "EDI", "source_code": "EDI_ERROR"}
    return world.held("", "C-4", line(), extra_holds=[{**error}])


def strange(world: Stage) -> Order:
    """Held for something that no table knows."""
    return world.held("QA-77", "C-4", line())


class Ending(NamedTuple):
    """An order for which the option is open, where it leaves it, and words of the customer's mail."""

    kind: ExceptionType
    option: str
    occasion: Callable[[Stage], Order]
    status: OrderStatus
    written: str

    def __str__(self) -> str:
        return f"{self.kind}-{self.option}-{self.occasion.__name__}"


ENDINGS = [
    Ending(ExceptionType.CREDIT_HOLD, "REJECT", poor, CANCELLED, "account"),
    Ending(ExceptionType.PRICE_DISCREPANCY, "REJECT_LINE", cheap, CANCELLED, "agree on the prices"),
    Ending(ExceptionType.ADDRESS_INVALID, "CANCEL", lost, CANCELLED, "where the order is to go"),
    Ending(ExceptionType.DUPLICATE_PO, "CANCEL_NEW", copied, CANCELLED, "shipped or charged twice"),
    Ending(ExceptionType.DUPLICATE_PO, "CANCEL_NEW", enlarged, CANCELLED, "not able to deliver"),
    Ending(ExceptionType.INTEGRATION_FAILURE, "MANUAL_ENTRY", unreadable, RELEASED, "goes ahead"),
    Ending(ExceptionType.INTEGRATION_FAILURE, "REJECT", unreadable, CANCELLED, "not able to read"),
    Ending(ExceptionType.UNCLASSIFIED, "RELEASE_AS_IS", strange, RELEASED, "have checked"),
    Ending(ExceptionType.UNCLASSIFIED, "REJECT", strange, CANCELLED, "not able to deliver"),
]


@pytest.mark.parametrize("ending", ENDINGS, ids=str)
async def test_the_order_ends_as_decided_and_its_customer_reads_it(world: Stage, ending: Ending) -> None:
    """No step comes before the pivot; nothing of the order is held any more, and one mail says why."""
    order = ending.occasion(world)
    _, option = await world.judged(ending.kind, order, ending.option)
    assert not option.plan.steps
    letter = await world.end(order, option)
    now = world.order(order.order_id)
    assert (now.status, now.holds) == (ending.status, ())
    assert ending.written in letter.text
    assert order.po_number in letter.subject
