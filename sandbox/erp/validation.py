"""Transactional validation: an order is held against the WMS, credit and the tax engine, over HTTP, all at once."""

from __future__ import annotations

import asyncio
import logging
import uuid
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, TypeVar

import httpx
from pydantic import BaseModel, ValidationError

from domain.facts.credit import CreditPosition
from domain.facts.inventory import StockPositions
from domain.facts.tax import TaxQuote
from sandbox.erp.book import OrderBook, place_holds
from sandbox.erp.checks import StatedTaxes, credit_hold, stock_hold, tax_hold, with_engine_taxes
from sandbox.erp.model import ErpOrder, HoldEntry
from sandbox.kernel import Service

Value = TypeVar("Value", bound=BaseModel)

LOOK_AGAIN_SECONDS = 1.0

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Unanswered:
    """A system that could not be asked."""

    system: str
    why: str

    def hold(self) -> HoldEntry:
        """The hold that this makes: nobody knows whether the order may go."""
        return HoldEntry(code="INTEGRATION", reason=f"{self.system} could not be asked: {self.why}")


@dataclass(frozen=True)
class Verdict:
    """What validation found: the order with the taxes it took over, and the holds it wants."""

    order: ErpOrder
    holds: tuple[HoldEntry, ...]


class Validation:
    """Asks the neighbours. One that the settings do not name is not asked; one that is down makes a hold."""

    def __init__(self, service: Service, book: OrderBook) -> None:
        self._service = service
        self._book = book
        self._news = asyncio.Event()

    async def judge(self, order: ErpOrder, stated: StatedTaxes) -> Verdict:
        """What to hold an order for."""
        stock, credit, tax = await asyncio.gather(self._stock(order), self._credit(order), self._tax(order))
        if isinstance(tax, TaxQuote):
            order = with_engine_taxes(order, tax, stated)
        found = [
            stock_hold(order, stock) if isinstance(stock, StockPositions) else None,
            credit_hold(order, credit, self._committed(order)) if isinstance(credit, CreditPosition) else None,
            tax_hold(order, tax, stated) if isinstance(tax, TaxQuote) else None,
            *(answer.hold() for answer in (stock, credit, tax) if isinstance(answer, Unanswered)),
        ]
        return Verdict(order, tuple(hold for hold in found if hold is not None))

    def soon(self) -> None:
        """There is an order in status VALIDATING."""
        self._news.set()

    async def work(self) -> None:
        """Judge the orders that wait for it, for ever: parts that were split off, and orders changed after release."""
        while True:
            self._news.clear()
            for order in self._book.in_status("VALIDATING"):
                self._settle(order, await self.judge(order, {}))
            try:
                await asyncio.wait_for(self._news.wait(), LOOK_AGAIN_SECONDS)
            except TimeoutError:
                continue

    def _settle(self, judged: ErpOrder, verdict: Verdict) -> None:
        with self._service.store.transaction():
            if self._book.order(judged.order_id).version != judged.version:
                return
            order = self._book.change(judged.order_id, lambda _: place_holds(verdict.order, verdict.holds))
            detail = {"holds": [hold.code for hold in order.holds], "status": order.status}
            self._service.ledger.append(
                "orders.validate", order.order_id, client="erp", order_id=order.order_id, detail=detail
            )
            self._book.tell_placed(order, len(judged.holds))

    async def _stock(self, order: ErpOrder) -> StockPositions | Unanswered | None:
        items = ",".join(dict.fromkeys(line.item for line in order.open_lines))
        params = {"items": items, "order_id": order.order_id}
        return await self._ask("wms", StockPositions, "GET", "/v1/positions", params=params)

    async def _credit(self, order: ErpOrder) -> CreditPosition | Unanswered | None:
        path = f"/v1/customers/{order.customer_id}/position"
        params = {"order_id": order.order_id, "currency": order.currency}
        return await self._ask("credit", CreditPosition, "GET", path, params=params)

    async def _tax(self, order: ErpOrder) -> TaxQuote | Unanswered | None:
        body = {
            "order_id": order.order_id,
            "currency": order.currency,
            "ship_from": order.warehouse,
            "ship_to": order.ship_to.model_dump(mode="json", include={"region", "postal_code", "country"}),
            "freight": str(order.freight),
            "lines": [
                {"line_id": line.line_id, "amount": str(line.value), "product_tax_code": line.product_tax_code}
                for line in order.open_lines
            ],
        }
        headers = {"Idempotency-Key": f"erp-{uuid.uuid4()}"}
        return await self._ask("tax", TaxQuote, "POST", "/v1/quotes", json=body, headers=headers)

    async def _ask(
        self, system: str, kind: type[Value], method: str, path: str, **content: Any
    ) -> Value | Unanswered | None:
        peer = self._service.peer(system)
        if peer is None:
            return None
        try:
            response = await peer.request(method, path, **content)
            response.raise_for_status()
            return kind.model_validate_json(response.content)
        except httpx.HTTPStatusError as error:
            why = f"it answered {error.response.status_code}"
        except httpx.HTTPError as error:
            why = f"no answer ({type(error).__name__})"
        except ValidationError:
            why = "its answer made no sense"
        _log.warning("%s could not be asked about a new order: %s", system, why)
        return Unanswered(system, why)

    def _committed(self, order: ErpOrder) -> Decimal:
        """What the rest of a divided order is worth: credit may not know yet that it was divided."""
        if order.parent_order_id is None:
            return Decimal(0)
        parent = self._book.order(order.parent_order_id)
        return Decimal(0) if parent.status.is_dead else parent.total.amount
