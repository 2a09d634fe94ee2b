"""What the case keeps of its order's way, and what of that is in its summary."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from domain.case import CaseState
from domain.events import EventType
from tests.orders import hold, order
from tests.workflow.conftest import OpenCase
from tests.workflow.world import World

Open = Callable[[World], Awaitable[OpenCase]]


async def test_the_way_of_an_order_is_kept_in_its_case(open_case: Open) -> None:
    """Every shipment, with the sender's own time; the summary has the delay of the invoice from the first of them."""
    case = await open_case(World(follow_until="INVOICED"))
    await case.until(lambda case: case.state is CaseState.FOLLOWING)
    await case.tell(EventType.ORDER_SHIPPED, 4)
    await case.tell(EventType.ORDER_SHIPPED, 5)
    await case.tell(EventType.ORDER_SHIPPED, 5)
    await case.tell(EventType.ORDER_INVOICED, 6)
    summary = await case.closed()
    kept = (await case.state()).milestones
    assert [milestone.name for milestone in kept] == ["hold_placed", "order_shipped", "order_shipped", "order_invoiced"]
    assert summary.shipped_at == kept[1].at
    assert summary.invoice_delay == kept[3].at - kept[1].at


async def test_a_hold_that_comes_back_is_rework_in_the_reopened_case(open_case: Open) -> None:
    """The ERP remembers what was cleared; the case says so for the hold that came back, and for no other."""
    world = World(follow_until="INVOICED")
    case = await open_case(world)
    await case.until(lambda case: case.state is CaseState.FOLLOWING)
    world.rework_of = {"H2": "H1"}
    world.order = order(hold("H2"), version=9)
    await case.tell(EventType.HOLD_PLACED, 9)
    await case.until(lambda case: case.releases == 2 and case.state is CaseState.FOLLOWING)
    await case.tell(EventType.ORDER_INVOICED, 20)
    summary = await case.closed()
    assert [(each.hold_id, each.rework) for each in summary.exceptions] == [("H1", False), ("H2", True)]
    assert (summary.reworked, summary.invoice_delay) == (1, None)
