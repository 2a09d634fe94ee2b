"""Events as they come in real life: many times, at once, late, and in any order."""

from __future__ import annotations

import pytest

from domain.case import CaseOutcome
from tests.integration.end_to_end import orders
from tests.integration.end_to_end.company import Company, Order
from tests.integration.end_to_end.history import scheduled
from tests.integration.end_to_end.messenger import Messenger, event, hold_placed, invoiced

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def ended(order: Order, messenger: Messenger) -> None:
    """Tell the case that the order was invoiced, which is all it still waits for."""
    await order.until(lambda case: case.released_at)
    await messenger.deliver(invoiced(order))
    await order.closed()


async def test_a_hundred_copies_at_once_make_one_case_and_one_release(company: Company, messenger: Messenger) -> None:
    order = await company.enter(orders.over_limit(company.world))
    answers = await messenger.deliver(hold_placed(order), copies=100)
    assert answers == {(202, "accepted"): 1, (200, "duplicate"): 99}
    await order.released()
    await ended(order, messenger)
    history = await order.history()
    assert len(await order.runs()) == 1
    assert len(scheduled(history, "triage.examine_order")) == 1
    assert len(scheduled(history, "erp.release_order")) == 1
    assert (await order.effects())["credit"] == ["releases.create"]
    assert len(await order.mails_to_customer()) == 1


async def test_a_change_that_arrives_before_the_hold_is_known_from_the_order_itself(
    company: Company, messenger: Messenger
) -> None:
    order = await company.enter(orders.over_limit(company.world, "1.40"))
    more = {"lines": [{"line_id": "1", "quantity": "60"}]}
    changed = await company.systems.change_order(order.order_id, more)
    change = event(order, "order_changed", changed["version"])
    assert await messenger.deliver(change) == {(202, "no-case"): 1}
    assert await messenger.deliver(hold_placed(order)) == {(202, "accepted"): 1}
    task = await order.asked("credit_manager")
    assert await messenger.deliver(change) == {(202, "joined"): 1}
    case = await order.until(lambda case: any(entry.action == "known already" for entry in case.audit))
    assert case.order_version == changed["version"]
    assert case.tasks[task.task_id].revision == task.revision
    cancelled = await company.systems.cancel_order(order.order_id)
    await messenger.deliver(event(order, "order_cancelled", cancelled["version"]))
    assert (await order.closed()).outcome is CaseOutcome.WITHDRAWN


async def test_a_cancellation_that_overtakes_the_hold_wins(company: Company, messenger: Messenger) -> None:
    order = await company.enter(orders.over_limit(company.world))
    cancelled = await company.systems.cancel_order(order.order_id)
    late = event(order, "order_cancelled", cancelled["version"])
    assert await messenger.deliver(late) == {(202, "no-case"): 1}
    assert await messenger.deliver(hold_placed(order)) == {(202, "accepted"): 1}
    assert (await order.closed()).outcome is CaseOutcome.WITHDRAWN
    assert await order.effects() == {}


async def test_a_hold_event_that_comes_after_all_is_over_finds_nothing_to_do(
    company: Company, messenger: Messenger
) -> None:
    order = await company.enter(orders.over_limit(company.world))
    await messenger.deliver(hold_placed(order))
    await order.released()
    await ended(order, messenger)
    effects = await order.effects()
    assert await messenger.deliver(hold_placed(order)) == {(202, "accepted"): 1}
    assert (await order.closed()).outcome is CaseOutcome.NO_LONGER_HELD
    assert len(await order.runs()) == 2
    assert await order.effects() == effects
