"""What goes wrong on that day, and what the world does meanwhile without asking us."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import httpx

from sandbox.day.plan import Incident, PlannedOrder
from sandbox.demo.enterprise import ANSWER_WITHIN, Enterprise
from sandbox.demo.progress import Progress
from sandbox.stack import Stack

TAX_QUOTES = "POST /v1/quotes"
OUTAGE_SECONDS = 25.0
_MISSED_WITHIN = 180.0
WORKER_AWAY_SECONDS = 8.0
_STYLE = "magenta"


class Incidents:
    """Everything that happens to the day besides its orders."""

    def __init__(self, stack: Stack, enterprise: Enterprise, progress: Progress) -> None:
        self._stack = stack
        self._enterprise = enterprise
        self._progress = progress
        self._happen: dict[Incident, Callable[[PlannedOrder], Awaitable[None]]] = {
            Incident.PAYMENT: self._payment,
            Incident.CASH_APPLIED: self._cash_applied,
            Incident.RECEIPT: self._receipt,
            Incident.CANCELLED: self._cancelled,
            Incident.CLEARED: self._cleared,
            Incident.REDELIVERED: self._redelivered,
        }

    async def befall(self, plan: PlannedOrder) -> None:
        """Let what is planned for this order happen to it."""
        if plan.incident is not None:
            await self._happen[plan.incident](plan)

    async def worker_dies(self) -> None:
        """SIGKILL to one of the workers; it comes back after a while."""
        name = self._stack.workers[0]
        self._progress.note(f"{name} is killed (SIGKILL)", f"bold {_STYLE}")
        self._stack.supervisor.kill(name)
        await asyncio.sleep(WORKER_AWAY_SECONDS)
        await self._stack.supervisor.restart(name)
        self._progress.note(f"{name} is back", _STYLE)

    async def tax_goes_down(self, plans: Sequence[PlannedOrder], missed: asyncio.Event) -> None:
        """The tax service answers the ERP about these orders, and then nobody for a while, and until it is missed."""
        self._progress.note(f"the tax service goes down for {OUTAGE_SECONDS:.0f} s", f"bold {_STYLE}")
        slow = {"operation": TAX_QUOTES, "kind": "DELAY", "delay_ms": 1, "count": len(plans)}
        down = {"operation": TAX_QUOTES, "kind": "ERROR", "status": 503}
        await self._enterprise.break_down("tax", slow)
        await self._enterprise.break_down("tax", down)
        await asyncio.gather(*(self._enterprise.enter_order(plan.order) for plan in plans))
        await asyncio.sleep(OUTAGE_SECONDS)
        with suppress(TimeoutError):
            await asyncio.wait_for(missed.wait(), _MISSED_WITHIN)
        await self._enterprise.repair("tax")
        self._progress.note("the tax service is back", _STYLE)

    async def _payment(self, plan: PlannedOrder) -> None:
        order = plan.order
        payment = {"customer_id": order["customer_id"], "order_id": plan.order_id, "amount": "20000.00"}
        await self._enterprise.receive_payment(payment)
        self._progress.note(f"{plan.order_id}: customer {order['customer_id']} pays 20,000.00 USD", _STYLE)

    async def _cash_applied(self, plan: PlannedOrder) -> None:
        customer = plan.order["customer_id"]
        cash = (await self._enterprise.credit_position(customer))["unapplied_cash"]
        await self._enterprise.apply_cash({"customer_id": customer, "amount": cash})
        self._progress.note(f"{plan.order_id}: {cash} USD that {customer} had paid are applied", _STYLE)

    async def _receipt(self, plan: PlannedOrder) -> None:
        line = plan.order["lines"][0]
        receipt = {"item": line["item"], "warehouse": plan.order["warehouse"], "quantity": "100"}
        await self._enterprise.receive_stock(receipt)
        self._progress.note(f"{plan.order_id}: 100 {line['item']} come in at {receipt['warehouse']}", _STYLE)

    async def _cancelled(self, plan: PlannedOrder) -> None:
        await self._enterprise.cancel_order(plan.order_id)
        self._progress.note(f"{plan.order_id}: somebody cancels it in the ERP", _STYLE)

    async def _cleared(self, plan: PlannedOrder) -> None:
        order = await self._enterprise.order(plan.order_id)
        cleared = [await self._enterprise.clear_hold(plan.order_id, hold["hold_id"]) for hold in order["holds"]]
        what = "clears its holds in the ERP" if any(cleared) else "comes too late to clear its holds in the ERP"
        self._progress.note(f"{plan.order_id}: somebody {what}", _STYLE)

    async def _redelivered(self, plan: PlannedOrder) -> None:
        """The same events once more, several times at once, through the door."""
        order = await self._enterprise.order(plan.order_id)
        placed = order["holds"] or [cleared["hold"] for cleared in order["cleared_holds"]]
        events = [_event(order, hold) for hold in placed] * 10
        headers = {"Authorization": f"Bearer {self._stack.door_token}"}
        async with httpx.AsyncClient(headers=headers, timeout=ANSWER_WITHIN, trust_env=False) as door:
            answers = await asyncio.gather(*(door.post(self._stack.events_url, json=event) for event in events))
        codes = sorted({answer.status_code for answer in answers})
        self._progress.note(f"{plan.order_id}: its events arrive {len(events)} times more: {codes}", _STYLE)


def _event(order: dict[str, Any], hold: dict[str, Any]) -> dict[str, Any]:
    """The ERP's word about a hold, as it might come again from a message queue."""
    return {
        "specversion": "1.0",
        "id": str(uuid.uuid5(uuid.NAMESPACE_URL, hold["hold_id"])),
        "source": "/sandbox/erp",
        "type": "holdfast.hold_placed",
        "time": datetime.now(UTC).isoformat(),
        "subject": order["order_id"],
        "datacontenttype": "application/json",
        "data": {
            "tenant": order["tenant"],
            "order_id": order["order_id"],
            "order_version": 1,
            "customer_id": order["customer_id"],
            "hold": hold,
        },
    }
