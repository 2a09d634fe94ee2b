"""Telling the case that its customer answered, while Temporal comes and goes."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from activities.connectors.http import SystemClient
from activities.connectors.links import CustomerLinks, Target
from activities.connectors.settings import System
from domain.events import CloudEvent, EventType
from runtime import customer_door
from runtime.customer_door import CustomerDoor
from runtime.intake import Accepted, Disposition, Intake
from runtime.temporal import TemporalUnavailable

LINKS = CustomerLinks("https://orders.example", ("a secret of these tests alone",))
PATIENCE = 60.0
"""Seconds until a test gives up, on a machine that has other things to do."""


class Temporal(Intake):
    """Takes events after having been unavailable so many times."""

    def __init__(self, unavailable: int) -> None:
        self.unavailable = unavailable
        self.tried = 0
        self.tried_again = asyncio.Event()
        self.taken: list[CloudEvent] = []

    async def accept(self, event: CloudEvent) -> Accepted:
        self.tried += 1
        if self.tried > 1:
            self.tried_again.set()
        if self.tried <= self.unavailable:
            raise TemporalUnavailable("nobody is there")
        self.taken.append(event)
        return Accepted(disposition=Disposition.JOINED)


def crm(request: httpx.Request) -> httpx.Response:
    """A CRM with one question, open until it is answered."""
    answered = request.method == "POST"
    question: dict[str, Any] = {
        "id": "csr-1",
        "order_id": "SO-1",
        "po_number": "PO-1",
        "question": "inventory_split",
        "subject": "May it?",
        "text": "It would.",
        "choices": [{"choice": "AGREE", "label": "Yes"}, {"choice": "DECLINE", "label": "No"}],
        "answer_by": "2100-01-01T00:00:00Z",
        "state": "ANSWERED" if answered else "OPEN",
        "choice": "AGREE" if answered else None,
        "answered_at": "2026-03-02T14:00:00Z" if answered else None,
    }
    return httpx.Response(200, json=question)


class Clock:
    """Stands still until a test moves it."""

    def __init__(self) -> None:
        self.now = datetime(2026, 3, 2, 14, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture(autouse=True)
def hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(customer_door, "_TELL_AGAIN", 0.01)


async def answered(temporal: Temporal, clock: Clock) -> CustomerDoor:
    """A door that was answered at by a link for an hour."""
    client = SystemClient("crm", System(url="http://crm.test"), httpx.MockTransport(crm))
    customers = CustomerDoor(client, LINKS, temporal, clock)
    until = clock.now + timedelta(hours=1)
    link = LINKS.link(Target(tenant="acme", order_id="SO-1", request_id="csr-1", expires_at=until))
    page = await customers.answer(link.rpartition("/")[2], "AGREE")
    assert page.status_code == 200
    return customers


async def told(customers: CustomerDoor) -> None:
    """Return when it tells nobody any more."""
    await asyncio.wait_for(asyncio.gather(*customers._telling), PATIENCE)


async def test_the_case_is_told_as_soon_as_temporal_is_back() -> None:
    temporal = Temporal(unavailable=3)
    await told(await answered(temporal, Clock()))
    (event,) = temporal.taken
    assert (event.type, event.data.order_id, event.data.tenant) == (EventType.CUSTOMER_ANSWERED, "SO-1", "acme")
    assert event.id == "customer-answer-csr-1"


async def test_telling_ends_with_the_time_to_answer() -> None:
    """The case then reads the answer by itself."""
    temporal, clock = Temporal(unavailable=10**9), Clock()
    customers = await answered(temporal, clock)
    await asyncio.wait_for(temporal.tried_again.wait(), PATIENCE)
    clock.now += timedelta(hours=1)
    await told(customers)
    assert not temporal.taken


async def test_a_door_that_closes_stops_telling() -> None:
    temporal = Temporal(unavailable=10**9)
    customers = await answered(temporal, Clock())
    await customers.close()
    tried = temporal.tried
    await asyncio.sleep(0)
    assert temporal.tried == tried
