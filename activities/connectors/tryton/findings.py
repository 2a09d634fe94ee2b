"""Why a sale is held: Tryton stores no holds, so they are derived from its data, never from what it says in words.

Tryton would name some of these reasons itself, but only while it confirms or quotes, and then it does so: asking by
trying is not asking. What is compared here is what Tryton's own checks compare.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from activities.connectors.http import CallContext
from activities.connectors.tryton.client import TrytonClient
from activities.connectors.tryton.numbers import purchase_number
from activities.connectors.tryton.sales import Sale, SaleLine, nested
from domain.duplicates.keys import PurchaseKey

CREDIT, STOCK, PRICE, ADDRESS, CARRIER, DUPLICATE = "CREDIT", "STOCK", "PRICE", "ADDRESS", "CARRIER", "DUPLICATE"
_LOOK_BACK = timedelta(days=365)
_DEMANDING = ["quotation", "confirmed"]
"""Sales in these states claim stock, by Tryton's own count."""


@dataclass(frozen=True)
class Finding:
    """One reason why a sale ought to be looked at, and the lines concerned (none: the whole sale)."""

    code: str
    reason: str
    line_ids: tuple[str, ...] = ()


class Findings:
    """Looks for reasons, for many sales at a time."""

    def __init__(self, client: TrytonClient) -> None:
        self._client = client

    async def of(self, context: CallContext, sales: Sequence[Sale]) -> dict[int, list[Finding]]:
        """The reasons by sale. Sales that are released or dead have none."""
        open_sales = [sale for sale in sales if sale.is_open and not sale.is_part]
        found: dict[int, list[Finding]] = defaultdict(list)
        if open_sales:
            for sale in open_sales:
                found[sale.id] += [*_address(sale), *_carrier(sale)]
            for look in (self._duplicates, self._prices, self._stock, self._credit):
                for sale_id, finding in await look(context, open_sales):
                    found[sale_id].append(finding)
        return found

    async def _prices(self, context: CallContext, sales: Sequence[Sale]) -> Iterable[tuple[int, Finding]]:
        """Where a line's price is not the one that Tryton itself would have put there."""
        listed = await self.listed_prices(context, sales)
        found = []
        for sale in sales:
            apart = [line for line in sale.goods if listed.get(line.id) not in (None, line.unit_price)]
            if apart:
                ids = tuple(str(line.id) for line in apart)
                found.append((sale.id, Finding(PRICE, f"{len(apart)} lines are not at the list's price", ids)))
        return found

    async def listed_prices(self, context: CallContext, sales: Sequence[Sale]) -> dict[int, Decimal]:
        """By line of goods, the price of the sale's list, or of the product if it has none."""
        groups: dict[tuple[Any, ...], list[tuple[SaleLine, int]]] = defaultdict(list)
        for sale in sales:
            for line in sale.goods:
                asked = (sale.row["party"], sale.row["currency"], sale.row["price_list"], _ordered_on(sale))
                groups[*asked, line.row["unit"], line.quantity].append((line, line.row["product"]))
        prices: dict[int, Decimal] = {}
        for (customer, currency, price_list, day, unit, quantity), members in groups.items():
            terms = {"customer": customer, "currency": currency, "price_list": price_list, "sale_date": day}
            terms |= {"uom": unit, "quantity": float(quantity)}
            products = sorted({product for _, product in members})
            rows = await self._client.read(context, "product.product", "read", products, ["sale_price_uom"], **terms)
            by_product = {row["id"]: row["sale_price_uom"] for row in rows}
            prices |= {line.id: by_product[product] for line, product in members if by_product[product] is not None}
        return prices

    async def _stock(self, context: CallContext, sales: Sequence[Sale]) -> Iterable[tuple[int, Finding]]:
        """What the warehouse is short of on the day of shipping. Freight and other services lie in no warehouse."""
        today = datetime.now(UTC).date()
        places: dict[tuple[int, date], set[int]] = defaultdict(set)
        for sale in sales:
            for line in storable(sale):
                places[sale.row["warehouse"], _ships_on(line, today)].add(line.row["product"])
        forecast = await self._forecast(context, places)
        rivals = await self._rivals(context, {product for products in places.values() for product in products})
        found = []
        for sale in sales:
            left: dict[tuple[int, date, int], Decimal] = {}
            short = []
            for line in storable(sale):
                product, warehouse, day = line.row["product"], sale.row["warehouse"], _ships_on(line, today)
                place = (warehouse, day, product)
                claimed = (need for need in rivals if need.at(warehouse, product, day, today) and need.sale != sale.id)
                start = forecast.get(place, Decimal(0)) - sum((need.quantity for need in claimed), Decimal(0))
                free = left.get(place, start)
                left[place] = free - line.quantity
                if free < line.quantity:
                    short.append(line)
            if short:
                ids = tuple(str(line.id) for line in short)
                found.append((sale.id, Finding(STOCK, f"{len(short)} lines are short in the warehouse", ids)))
        return found

    async def _forecast(
        self, context: CallContext, places: dict[tuple[int, date], set[int]]
    ) -> dict[tuple[int, date, int], Decimal]:
        found = {}
        for (warehouse, day), products in places.items():
            where = {"locations": [warehouse], "stock_date_end": day, "stock_assign": True}
            names = ["forecast_quantity"]
            rows = await self._client.read(context, "product.product", "read", sorted(products), names, **where)
            for row in rows:
                found[warehouse, day, row["id"]] = Decimal(str(row["forecast_quantity"] or 0))
        return found

    async def _rivals(self, context: CallContext, products: set[int]) -> list[_Claim]:
        if not products:
            return []
        domain = [["sale.state", "in", _DEMANDING], ["product", "in", sorted(products)], ["quantity", ">", 0]]
        names = ["product", "quantity", "shipping_date", "warehouse", "sale.sale_date", "sale"]
        rows = await self._client.rows(context, "sale.line", domain, names)
        return [
            _Claim(
                sale=row["sale"],
                warehouse=row["warehouse"],
                product=row["product"],
                quantity=Decimal(str(row["quantity"])),
                ships_on=row["shipping_date"],
                sold_on=nested(row, "sale", "sale_date"),
            )
            for row in rows
        ]

    async def _credit(self, context: CallContext, sales: Sequence[Sale]) -> Iterable[tuple[int, Finding]]:
        """Whose limit the sale would break."""
        parties = {_debtor(sale) for sale in sales}
        names = ["credit_amount", "credit_limit_amount"]
        rows = await self._client.read(context, "party.party", "read", sorted(parties), names)
        standing = {row["id"]: row for row in rows}
        found = []
        for sale in sales:
            row = standing[_debtor(sale)]
            limit = row["credit_limit_amount"]
            if limit is not None and sale.value > 0 and (row["credit_amount"] or 0) + sale.value > limit:
                found.append((sale.id, Finding(CREDIT, "the order goes over the credit limit")))
        return found

    async def _duplicates(self, context: CallContext, sales: Sequence[Sale]) -> Iterable[tuple[int, Finding]]:
        """An older sale of the same customer and purchase order; the younger one is the copy."""
        parties = sorted({sale.row["party"] for sale in sales if sale.row["reference"]})
        if not parties:
            return []
        since = datetime.now(UTC) - _LOOK_BACK
        domain = [["party", "in", parties], ["reference", "!=", None], ["state", "!=", "cancelled"]]
        names = ["party", "reference", "origin", "untaxed_amount"]
        rows = await self._client.rows(context, "sale.sale", [*domain, ["create_date", ">=", since]], names)
        first: dict[tuple[int, PurchaseKey], int] = {}
        for row in rows:
            key = _key(row["party"], row["reference"])
            if key is not None and row["untaxed_amount"]:
                first.setdefault((row["party"], key), row["id"])
        found = []
        for sale in sales:
            key = _key(sale.row["party"], sale.row["reference"] or "")
            older = None if key is None else first.get((sale.row["party"], key))
            if older is not None and older < sale.id:
                found.append((sale.id, Finding(DUPLICATE, f"same purchase order as sale-{older}")))
        return found


@dataclass(frozen=True)
class _Claim:
    """What another sale will take."""

    sale: int
    warehouse: int | None
    product: int
    quantity: Decimal
    ships_on: date | None
    sold_on: date | None

    def at(self, warehouse: int, product: int, day: date, today: date) -> bool:
        """Whether it is taken there by that day."""
        in_time = self.ships_on is None or self.ships_on <= day
        sold = self.sold_on is None or self.sold_on <= today
        return self.warehouse == warehouse and self.product == product and in_time and sold


def storable(sale: Sale) -> list[SaleLine]:
    """The lines that stock is counted for."""
    return [line for line in sale.goods if sale.row["warehouse"] and not nested(line.row, "product", "consumable")]


def _address(sale: Sale) -> Iterable[Finding]:
    """Without a whole address Tryton quotes nothing."""
    row = sale.row
    if not sale.goods:
        return
    if row["shipment_address"] is None:
        yield Finding(ADDRESS, "no shipment address")
        return
    parts = {name: nested(row, "shipment_address", name) for name in ("street", "city", "postal_code")}
    lacking = [name.replace("_", " ") for name, value in parts.items() if not value]
    if nested(row, "shipment_address", "country", "code") is None:
        lacking.append("country")
    if not nested(row, "shipment_address", "active"):
        lacking.append("validity")
    if lacking:
        yield Finding(ADDRESS, f"the shipment address lacks {', '.join(lacking)}")


def _carrier(sale: Sale) -> Iterable[Finding]:
    """Tryton wants a carrier if it charges for one and knows one for the lane."""
    row = sale.row
    if not sale.goods:
        return
    if row["carrier"] is None:
        if row["shipment_cost_method"] and row["available_carriers"]:
            yield Finding(CARRIER, "no carrier")
    elif row["available_carriers"] and row["carrier"] not in row["available_carriers"]:
        yield Finding(CARRIER, "the carrier does not serve this lane")


def _key(party: int, reference: str) -> PurchaseKey | None:
    number, release = purchase_number(reference)
    return PurchaseKey.of(str(party), number, release)


def _debtor(sale: Sale) -> int:
    return int(sale.row["invoice_party"] or sale.row["party"])


def _ordered_on(sale: Sale) -> date | None:
    day: date | None = sale.row["sale_date"]
    return day


def _ships_on(line: SaleLine, today: date) -> date:
    day: date | None = line.row["shipping_date"]
    return day or today
