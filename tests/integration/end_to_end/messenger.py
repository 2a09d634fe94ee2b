"""Events of the ERP, carried to the door by the test: when it wants, and as often as it wants."""

from __future__ import annotations

import asyncio
import uuid
from collections import Counter
from datetime import UTC, datetime
from typing import Any

import httpx

from tests.integration.end_to_end.company import PATIENCE, Company, Order

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
            timeout=PATIENCE,
            trust_env=False,
        )
        self._url = company.stack.events_url

    async def deliver(self, event: dict[str, Any], copies: int = 1) -> Answers:
        """What the door answered: status and disposition, counted."""
        answers = await asyncio.gather(*(self._door.post(self._url, json=event) for _ in range(copies)))
        return Counter((answer.status_code, answer.json().get("disposition", "")) for answer in answers)

    async def close(self) -> None:
        """Hang up."""
        await self._door.aclose()


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
    """The order was held, as it was when it entered."""
    return event(order, "hold_placed", order.entered["version"], hold=order.entered["holds"][0])


def invoiced(order: Order) -> dict[str, Any]:
    """The last that a case waits for."""
    return event(order, "order_invoiced", 90)
