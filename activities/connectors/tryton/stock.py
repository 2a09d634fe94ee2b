"""Stock: what lies in each warehouse, what comes in, and who has a claim to it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from pydantic import JsonValue

from activities.connectors.http import CallContext
from activities.connectors.tryton.client import Row, TrytonClient
from activities.connectors.tryton.refusals import cannot
from activities.connectors.tryton.reservations import Reservations, reserved_for
from activities.connectors.tryton.sales import ORDER_PREFIX, nested
from domain.base import digest
from domain.calls import StepCall, StepResult, UndoCall
from domain.facts.inventory import (
    Demand,
    FreightQuote,
    FreightQuotes,
    Receipt,
    StockPosition,
    StockPositions,
    TransferLane,
)

_CLAIMING = ["quotation", "confirmed"]
_PLANNED = ["draft", "assigned"]


class TrytonStock:
    """A `StockPort`. There is no reallocation: Tryton takes nothing from a shipment for another."""

    def __init__(self, client: TrytonClient) -> None:
        self._client = client
        self._reservations = Reservations(client)

    async def positions(self, context: CallContext, arguments: Mapping[str, JsonValue]) -> StockPositions:
        """See StockPort. What is assigned is gone already; what others have quoted or planned is demand."""
        wanted = arguments.get("items")
        codes = [str(item) for item in wanted] if isinstance(wanted, list) else []
        order_id = str(arguments.get("order_id") or "")
        products = await self._client.rows(context, "product.product", [["code", "in", codes]], ["code"])
        places = await self._warehouses(context)
        by_id = {row["id"]: row["code"] for row in products}
        found = [await self._position(context, place, by_id, order_id) for place in places]
        positions = tuple(position for each in found for position in each)
        return StockPositions(positions=positions, lanes=_lanes(places), version=digest(*positions)[:16])

    async def freight_quotes(self, context: CallContext, arguments: Mapping[str, JsonValue]) -> FreightQuotes:
        """See StockPort. Tryton charges by carrier, not by lane: the cheapest carrier, from every warehouse."""
        del arguments
        rows = await self._client.rows(context, "carrier", [], ["carrier_product.list_price_used"])
        prices = [nested(row, "carrier_product", "list_price_used") or Decimal(0) for row in rows]
        cost = min(prices, default=Decimal(0))
        places = await self._warehouses(context)
        quotes = tuple(FreightQuote(warehouse=place["code"], cost=cost) for place in places)
        return FreightQuotes(quotes=quotes, version=digest(*quotes)[:16])

    async def reserve(self, call: StepCall) -> StepResult:
        """See StockPort."""
        return await self._reservations.reserve(CallContext.of(call.case), call)

    async def unreserve(self, call: UndoCall) -> StepResult:
        """See StockPort."""
        return await self._reservations.undo(CallContext.of(call.case), call)

    async def create_transfer(self, call: StepCall) -> StepResult:
        """See StockPort."""
        return await self._reservations.transfer(CallContext.of(call.case), call)

    async def cancel_transfer(self, call: UndoCall) -> StepResult:
        """See StockPort."""
        return await self._reservations.undo(CallContext.of(call.case), call)

    async def reallocate(self, call: StepCall) -> StepResult:
        """See StockPort. Never done: positions tell of no allocations, so no playbook offers it."""
        raise cannot(self._client, call.case, "takes no stock from one order for another: release that one's by hand")

    async def restore_allocation(self, call: UndoCall) -> StepResult:
        """See StockPort. There is nothing to restore."""
        return StepResult(reference=call.reference, resource_id="", detail={"found": False})

    async def _position(
        self, context: CallContext, place: Row, products: Mapping[int, str], order_id: str
    ) -> list[StockPosition]:
        today = datetime.now(UTC).date()
        where = {"locations": [place["id"]], "stock_date_end": today, "stock_assign": True}
        rows = await self._client.read(context, "product.product", "read", [*products], ["quantity"], **where)
        incoming, outgoing = await self._planned(context, place, [*products])
        claims = await self._claims(context, place, [*products])
        return [
            StockPosition(
                warehouse=place["code"],
                item=products[row["id"]],
                on_hand=Decimal(str(row["quantity"] or 0)) + _ours(outgoing[row["id"]], order_id),
                receipts=tuple(_receipt(move, today) for move in incoming[row["id"]]),
                demand=(
                    *(_need(move, today) for move in outgoing[row["id"]] if move["state"] == "draft"),
                    *(_claim(line, today) for line in claims[row["id"]]),
                ),
            )
            for row in rows
        ]

    async def _planned(
        self, context: CallContext, place: Row, products: list[int]
    ) -> tuple[Mapping[int, list[Row]], Mapping[int, list[Row]]]:
        """Moves into the warehouse and out of it that are to come."""
        names = ["product", "internal_quantity", "planned_date", "state", "shipment.reference"]
        common = [["product", "in", products], ["state", "in", _PLANNED]]
        incoming: defaultdict[int, list[Row]] = defaultdict(list)
        outgoing: defaultdict[int, list[Row]] = defaultdict(list)
        for found, ends in (
            (incoming, [_inside("to_location", place), _outside("from_location", place)]),
            (outgoing, [_inside("from_location", place), _outside("to_location", place)]),
        ):
            for row in await self._client.rows(context, "stock.move", [*common, *ends], names):
                found[row["product"]].append(row)
        return incoming, outgoing

    async def _claims(self, context: CallContext, place: Row, products: list[int]) -> Mapping[int, list[Row]]:
        """Lines of sales that are quoted: Tryton counts them, and so do we."""
        domain: list[Any] = [["sale.state", "in", _CLAIMING], ["product", "in", products], ["quantity", ">", 0]]
        domain.append(["sale.warehouse", "=", place["id"]])
        found: defaultdict[int, list[Row]] = defaultdict(list)
        names = ["product", "quantity", "shipping_date", "sale"]
        for row in await self._client.rows(context, "sale.line", domain, names):
            found[row["product"]].append(row)
        return found

    async def _warehouses(self, context: CallContext) -> list[Row]:
        domain = [["type", "=", "warehouse"], ["code", "!=", None]]
        return await self._client.rows(context, "stock.location", domain, ["code"])


def _inside(end: str, place: Row) -> list[Any]:
    return [end, "child_of", [place["id"]], "parent"]


def _outside(end: str, place: Row) -> list[Any]:
    return [end, "not child_of", [place["id"]], "parent"]


def _lanes(places: list[Row]) -> tuple[TransferLane, ...]:
    """From everywhere to everywhere, in a day: Tryton plans internal shipments and prices none."""
    codes = [place["code"] for place in places]
    return tuple(
        TransferLane(origin=one, destination=other, days=1, cost=Decimal(0))
        for one in codes
        for other in codes
        if one != other
    )


def _ours(moves: list[Row], order_id: str) -> Decimal:
    """What is set aside for this very order does not stand in its way."""
    ours = [move for move in moves if move["state"] == "assigned" and _order_of(move) == order_id]
    return sum((Decimal(str(move["internal_quantity"])) for move in ours), Decimal(0))


def _receipt(move: Row, today: date) -> Receipt:
    return Receipt(eta=move["planned_date"] or today, quantity=Decimal(str(move["internal_quantity"])))


def _need(move: Row, today: date) -> Demand:
    quantity = Decimal(str(move["internal_quantity"]))
    return Demand(
        order_id=_order_of(move) or f"move-{move['id']}", needed_on=move["planned_date"] or today, quantity=quantity
    )


def _claim(line: Row, today: date) -> Demand:
    quantity = Decimal(str(line["quantity"]))
    return Demand(order_id=f"{ORDER_PREFIX}{line['sale']}", needed_on=line["shipping_date"] or today, quantity=quantity)


def _order_of(move: Row) -> str | None:
    shipment = move.get("shipment.")
    return reserved_for(shipment.get("reference") if isinstance(shipment, dict) else None)
