"""Soft reservations and transfers: internal shipments, with our reference as theirs.

Tryton's own soft reservation is a quotation: it is counted against other quotations, but a held order may have to stay
a draft. So stock is set aside by an internal shipment into a location outside of all warehouses: assigned, it is gone
from the forecast of the warehouse and nobody else can promise it; cancelled, it is back.
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from pydantic import BaseModel, ConfigDict

from activities.connectors.errors import SystemCallFailed
from activities.connectors.http import CallContext
from activities.connectors.tryton.client import Row, TrytonClient
from activities.connectors.tryton.masterdata import MasterData
from activities.connectors.tryton.sales import ORDER_PREFIX
from domain.calls import StepCall, StepResult, UndoCall
from domain.exception_types import IntegrationErrorKind as Kind

_SHIPMENT = "stock.shipment.internal"
_FIELDS = ["reference", "state", "number"]


class Reserve(BaseModel):
    """The arguments of `wms.reserve` that matter here."""

    model_config = ConfigDict(extra="ignore")

    item: str
    quantity: Decimal
    warehouse: str
    available_on: date | None = None


class Transfer(BaseModel):
    """The arguments of `wms.create_transfer` that matter here."""

    model_config = ConfigDict(extra="ignore")

    item: str
    quantity: Decimal
    origin: str
    destination: str


class Reservations:
    """Internal shipments of ours."""

    def __init__(self, client: TrytonClient) -> None:
        self._client = client
        self._master = MasterData(client)

    async def reserve(self, context: CallContext, call: StepCall) -> StepResult:
        """Set stock aside. What arrives later is claimed for its day. CONFLICT if there is not so much."""
        wanted = Reserve.model_validate(call.arguments)
        place = await self._storage(context, wanted.warehouse)
        aside = await self._client.rows(
            context, "stock.location", [["code", "=", self._client.terms.set_aside]], ["id"]
        )
        if not aside:
            what = f"has no location {self._client.terms.set_aside} to set stock aside in"
            raise self._client.failed(context, Kind.MAPPING, what)
        on = wanted.available_on if wanted.available_on and wanted.available_on > datetime.now(UTC).date() else None
        return await self._shipped(context, call, (wanted.item, wanted.quantity), (place, aside[0]["id"]), on)

    async def transfer(self, context: CallContext, call: StepCall) -> StepResult:
        """Move stock between warehouses."""
        wanted = Transfer.model_validate(call.arguments)
        places = (await self._storage(context, wanted.origin), await self._storage(context, wanted.destination))
        return await self._shipped(context, call, (wanted.item, wanted.quantity), places, None)

    async def undo(self, context: CallContext, call: UndoCall) -> StepResult:
        """Cancel what has that reference; nothing there is success. CONFLICT if the goods have moved."""
        found = await self._having(context, call.case.order_id, call.reference)
        for row in found:
            await self._cancel(context, row)
        resource = str(found[0]["number"] or found[0]["id"]) if found else ""
        return StepResult(reference=call.reference, resource_id=resource, detail={} if found else {"found": False})

    async def give_back(self, context: CallContext, order_id: str) -> None:
        """Cancel all that was set aside for an order: its own shipments claim the stock by now, or nobody does."""
        aside = [["to_location.code", "=", self._client.terms.set_aside]]
        domain = [["reference", "like", f"{order_id}:%"], ["state", "in", ["draft", "waiting", "assigned"]], *aside]
        for row in await self._client.rows(context, _SHIPMENT, domain, _FIELDS):
            await self._cancel(context, row)

    async def _shipped(
        self, context: CallContext, call: StepCall, what: tuple[str, Decimal], places: tuple[int, int], on: date | None
    ) -> StepResult:
        """The shipment of a step, made if it is not there, and brought as far as it has to get."""
        order_id, ref = call.case.order_id, call.idempotency_key
        found = await self._having(context, order_id, ref)
        read_back = bool(found)
        if not found:
            await self._make(context, f"{order_id}:{ref}", what, places, on)
            found = await self._having(context, order_id, ref)
        if not found:
            raise self._client.failed(context, Kind.TRANSIENT, f"has nothing of reference {ref}")
        first, *copies = found
        for copy in copies:
            await self._cancel(context, copy)
        if first["state"] == "cancelled":
            raise self._client.failed(context, Kind.CONFLICT, f"has cancelled what was set aside under {ref} meanwhile")
        await self._advance(context, first, wait_only=on is not None)
        return StepResult(reference=ref, resource_id=str(first["number"] or first["id"]), read_back=read_back)

    async def _make(
        self, context: CallContext, reference: str, what: tuple[str, Decimal], places: tuple[int, int], on: date | None
    ) -> None:
        item, quantity = what
        products = await self._master.products(context, [item])
        if item not in products:
            raise self._client.failed(context, Kind.MAPPING, f"has no product {item}")
        product, unit = products[item]
        ends = {"from_location": places[0], "to_location": places[1]}
        company = await self._client.company(context)
        move = {"product": product, "unit": unit, "quantity": float(quantity), "company": company, **ends}
        values: dict[str, Any] = {"reference": reference, "moves": [["create", [move]]], "company": company, **ends}
        if on is not None:
            values |= {"planned_date": on, "planned_start_date": on}
        try:
            await self._client.write(context, _SHIPMENT, "create", [values])
        except SystemCallFailed as failure:
            # it is looked for at once
            if failure.kind is not Kind.UNKNOWN_OUTCOME:
                raise

    async def _advance(self, context: CallContext, row: Row, *, wait_only: bool) -> None:
        """From draft to waiting to assigned. Tryton assigns what there is: a part is as good as nothing here."""
        state = row["state"]
        if state == "draft":
            await self._client.write(context, _SHIPMENT, "wait", [row["id"]])
            state = "waiting"
        if state != "waiting" or wait_only:
            return
        await self._client.write(context, _SHIPMENT, "assign_try", [row["id"]])
        now = await self._client.rows(context, _SHIPMENT, [["id", "=", row["id"]]], _FIELDS)
        if now and now[0]["state"] == "waiting":
            await self._cancel(context, now[0])
            raise self._client.failed(context, Kind.CONFLICT, "has not so much in stock any more")

    async def _cancel(self, context: CallContext, row: Row) -> None:
        if row["state"] in ("draft", "waiting", "assigned"):
            await self._client.write(context, _SHIPMENT, "cancel", [row["id"]])
        elif row["state"] != "cancelled":
            raise self._client.failed(context, Kind.CONFLICT, f"has moved the goods of {row['number'] or row['id']}")

    async def _having(self, context: CallContext, order_id: str, ref: str) -> list[Row]:
        found = await self._client.rows(context, _SHIPMENT, [["reference", "=", f"{order_id}:{ref}"]], _FIELDS)
        alive = [row for row in found if row["state"] != "cancelled"]
        return alive or found[:1]

    async def _storage(self, context: CallContext, warehouse: str) -> int:
        domain = [["type", "=", "warehouse"], ["code", "=", warehouse]]
        rows = await self._client.rows(context, "stock.location", domain, ["storage_location"])
        if not rows:
            raise self._client.failed(context, Kind.MAPPING, f"has no warehouse {warehouse}")
        return int(rows[0]["storage_location"])


def reserved_for(reference: str | None) -> str | None:
    """The order that something was set aside for; None if it is no shipment of ours."""
    order_id, colon, _ = (reference or "").partition(":")
    return order_id if colon and order_id.startswith(ORDER_PREFIX) else None
