"""Prices: what Tryton itself would have put on the lines."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta

from pydantic import JsonValue

from activities.connectors.http import CallContext
from activities.connectors.tryton.client import TrytonClient
from activities.connectors.tryton.findings import Findings
from activities.connectors.tryton.numbers import unit_code
from activities.connectors.tryton.refusals import cannot
from activities.connectors.tryton.sales import Sales, nested
from domain.base import digest
from domain.calls import StepCall, StepResult, UndoCall
from domain.facts.pricing import Agreement, Costing, LinePrices, PriceBreak, Prices, PriceSchedule

_ALWAYS = timedelta(days=3650)


class TrytonPricing:
    """A `PricingPort`. A price list is a formula, not a record of a price: it is not corrected from here."""

    def __init__(self, client: TrytonClient) -> None:
        self._client = client
        self._sales = Sales(client)
        self._findings = Findings(client)

    async def prices(self, context: CallContext, arguments: Mapping[str, JsonValue]) -> Prices:
        """See PricingPort. The list's price is what was agreed: Tryton knows no other agreement."""
        currency = str(arguments["currency"])
        as_of = date.fromisoformat(str(arguments["as_of"]))
        family = await self._sales.family(context, context.order_id)
        listed = await self._findings.listed_prices(context, list(family))
        lines = []
        for sale in family:
            for line in sale.goods:
                unit = unit_code(nested(line.row, "unit", "symbol") or "")
                price = listed.get(line.id)
                prices = (
                    None
                    if price is None
                    else PriceSchedule(unit=unit, currency=currency, breaks=(PriceBreak(unit_price=price),))
                )
                agreement = (
                    None
                    if prices is None
                    else Agreement(
                        agreement_id=f"list-{sale.row['price_list'] or 'price'}",
                        valid_from=as_of - _ALWAYS,
                        valid_to=as_of + _ALWAYS,
                        prices=prices,
                    )
                )
                cost = nested(line.row, "product", "cost_price")
                lines.append(
                    LinePrices(
                        line_id=str(line.id),
                        item=line.code,
                        agreements=() if agreement is None else (agreement,),
                        costing=None if cost is None else Costing(cost=cost, currency=currency),
                    )
                )
        return Prices(currency=currency, lines=tuple(lines), version=digest(*lines)[:16])

    async def correct_record(self, call: StepCall) -> StepResult:
        """See PricingPort. Never offered: there is no record of a customer's own."""
        raise cannot(self._client, call.case, "has price lists made of formulas: correct the list there")

    async def restore_record(self, call: UndoCall) -> StepResult:
        """See PricingPort."""
        return StepResult(reference=call.reference, resource_id="", detail={"found": False})
