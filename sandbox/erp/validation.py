"""Transactional validation: an order is held against the WMS, credit and the tax engine, over HTTP, all at once."""

from __future__ import annotations

import asyncio
import logging
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, TypeVar

import httpx
from pydantic import BaseModel, ValidationError

from domain.facts.credit import CreditPosition
from domain.facts.inventory import StockPositions
from domain.facts.tax import TaxQuote
from sandbox.erp.addresses import AddressFile
from sandbox.erp.book import OrderBook, place_holds
from sandbox.erp.checks import StatedTaxes, credit_hold, stock_hold, tax_hold, with_engine_taxes
from sandbox.erp.model import ErpOrder, HoldEntry
from sandbox.erp.own_checks import MasterSites, address_hold, carrier_hold, duplicate_hold, price_hold
from sandbox.kernel import Service

Value = TypeVar("Value", bound=BaseModel)

LOOK_AGAIN_SECONDS = 1.0
INTEGRATION = "INTEGRATION"

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Unanswered:
    """A system that could not be asked."""

    system: str
    why: str

    def hold(self) -> HoldEntry:
        """The hold that this makes: nobody knows whether the order may go."""
        return HoldEntry(code=INTEGRATION, reason=f"{self.system} could not be asked: {self.why}")


def silent_system(reason: str) -> str:
    """The system that an INTEGRATION hold of ours is for."""
    return reason.partition(" ")[0]


@dataclass(frozen=True)
class Verdict:
    """What the neighbours said: the order with the taxes it took over, the holds they make, and who was asked."""

    order: ErpOrder
    holds: tuple[HoldEntry, ...]
    asked: frozenset[str]
    sites: MasterSites | None = None


class Validation:
    """Asks the neighbours. One that the settings do not name is not asked; one that is down makes a hold."""

    def __init__(self, service: Service, book: OrderBook, addresses: AddressFile) -> None:
        self._service = service
        self._book = book
        self._addresses = addresses
        self._news = asyncio.Event()

    async def judge(self, order: ErpOrder, stated: StatedTaxes, *, has_address: bool = False) -> Verdict:
        """What the neighbours find about an order. `has_address`: an address came with it that is not filed yet."""
        addressed = has_address or order.address_id is not None
        stock, credit, tax, sites = await asyncio.gather(
            self._stock(order), self._credit(order), self._tax(order), self._sites(order, wanted=addressed)
        )
        if isinstance(tax, TaxQuote):
            order = with_engine_taxes(order, tax, stated)
        answers = {"wms": stock, "credit": credit, "tax": tax, "crm": sites}
        silent = [answer for answer in answers.values() if isinstance(answer, Unanswered)]
        found = [
            stock_hold(order, stock) if isinstance(stock, StockPositions) else None,
            credit_hold(order, credit, self._committed(order)) if isinstance(credit, CreditPosition) else None,
            tax_hold(order, tax, stated) if isinstance(tax, TaxQuote) else None,
            *(answer.hold() for answer in silent),
        ]
        known = sites if isinstance(sites, MasterSites) else None
        unanswered = tuple(answer.system for answer in silent)
        order = order.with_changes(validated_at=datetime.now(UTC), unanswered=unanswered)
        asked = frozenset(system for system, answer in answers.items() if answer is not None)
        return Verdict(order, tuple(hold for hold in found if hold is not None), asked, known)

    def holds(self, order: ErpOrder, verdict: Verdict) -> list[HoldEntry]:
        """All that an order is to be held for, in the transaction that does it: no twin slips in between."""
        own = (
            price_hold(order),
            address_hold(order, self._addresses.of(order), verdict.sites),
            carrier_hold(order),
            duplicate_hold(order, self._book.alike(order)),
        )
        return [*verdict.holds, *(hold for hold in own if hold is not None)]

    def missing(self, order: ErpOrder, verdict: Verdict) -> list[HoldEntry]:
        """Of these, the ones that the order does not have yet. What somebody took off is not put on again."""
        there = {hold.code for hold in order.holds} | {gone.hold.code for gone in order.cleared_holds}
        silent = {silent_system(hold.reason) for hold in order.holds if hold.code == INTEGRATION}
        return [
            entry
            for entry in self.holds(order, verdict)
            if (silent_system(entry.reason) not in silent if entry.code == INTEGRATION else entry.code not in there)
        ]

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
            holds = self.holds(verdict.order, verdict)
            order = self._book.change(judged.order_id, lambda _: place_holds(verdict.order, holds))
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

    async def _sites(self, order: ErpOrder, *, wanted: bool) -> MasterSites | Unanswered | None:
        if not wanted or order.ship_to_basis:
            return None
        return await self._ask("crm", MasterSites, "GET", f"/v1/accounts/{order.customer_id}/sites")

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
