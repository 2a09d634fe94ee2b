"""Events as they come in real life: many times, at once, late, and in any order."""

from __future__ import annotations

import asyncio
import uuid
from collections import Counter
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
import pytest_asyncio

from domain.case import CaseOutcome
from tests.integration.end_to_end import orders
from tests.integration.end_to_end.company import Company, Order
from tests.integration.end_to_end.history import scheduled

pytestmark = pytest.mark.asyncio(loop_scope="session")

Answers = Counter[tuple[int, str]]


class Messenger:
    """Carries the ERP's events to the door in its place."""

    def __init__(self, company: Company) -> None:
        self._door = httpx.AsyncClient(
            headers={
                "Authorization": f"Bearer {company.stack.door_token}",
                "Content-Type": "application/cloudevents+json",
            },
            limits=httpx.Limits(max_connections=100),
            timeout=30,
            trust_env=False,
        )
        self._url = company.stack.events_url

    async def deliver(self, event: dict[str, Any], copies: int = 1) -> Answers:
        """What the door answered: status and disposition, counted."""
        answers = await asyncio.gather(*(self._door.post(self._url, json=event) for _ in range(copies)))
        return Counter((answer.status_code, answer.json().get("disposition", "")) for answer in answers)

    async def close(self) -> None:
        await self._door.aclose()


@pytest_asyncio.fixture(loop_scope="session")
async def messenger(company: Company) -> AsyncIterator[Messenger]:
    """In its time the ERP itself tells nobody anything."""
    await company.systems.go_silent()
    messenger = Messenger(company)
    yield messenger
    await messenger.close()
    await company.systems.speak_again()


def event(order: Order, kind: str, version: int, **data: Any) -> dict[str, Any]:
    """An event about an order, as the ERP would have sent it."""
    entered = order.entered
    return {
        "specversion": "1.0",
        "id": str(uuid.uuid4()),
        "source": "/sandbox/erp",
        "type": f"holdfast.{kind}",
        "time": datetime.now(UTC).isoformat(),
        "subject": order.order_id,
        "datacontenttype": "application/json",
        "data": {
            "tenant": entered["tenant"],
            "order_id": order.order_id,
            "order_version": version,
            "customer_id": order.customer_id,
            **data,
        },
    }


def hold_placed(order: Order) -> dict[str, Any]:
    return event(order, "hold_placed", order.entered["version"], hold=order.entered["holds"][0])


async def ended(order: Order, messenger: Messenger) -> None:
    """Tell the case that the order was invoiced, which is all it still waits for."""
    await order.until(lambda case: case.released_at)
    await messenger.deliver(event(order, "order_invoiced", 90))
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
