"""An order from its beginning: the ledger says what every field was before we wrote it."""

from __future__ import annotations

from dataclasses import replace

from activities.connectors.http import CallContext
from activities.connectors.tryton.changes import written
from activities.connectors.tryton.client import Row, TrytonClient
from activities.connectors.tryton.findings import Findings
from activities.connectors.tryton.ledger import PREFIX, Entry, Ledger
from activities.connectors.tryton.orders import order_of
from activities.connectors.tryton.sales import ORDER_PREFIX, Family, Sale, SaleLine, Sales
from domain.edi.business_answer import OrderStory

_PRODUCT = ["code", "type", "cost_price"]


class Stories:
    """Tells what came in and what has become of it."""

    def __init__(self, client: TrytonClient, sales: Sales, findings: Findings) -> None:
        self._client = client
        self._sales = sales
        self._findings = findings

    async def of(self, context: CallContext, order_id: str) -> OrderStory:
        """The whole that an order belongs to. Where it goes and who carries it are told as they are now."""
        family = await self._sales.family(context, order_id)
        while family.sale.parent is not None:
            family = await self._sales.family(context, f"{ORDER_PREFIX}{family.sale.parent}")
        families = await self._with_branches(context, family)
        findings = await self._findings.of(context, [one.sale for one in families])
        terms = self._client.terms
        return OrderStory(
            ordered=order_of(Family(await self._as_entered(context, family.sale)), (), terms),
            parts=tuple(order_of(one, findings[one.sale.id], terms) for one in families),
        )

    async def _with_branches(self, context: CallContext, family: Family) -> list[Family]:
        """An order, and those that we made of what it does not keep."""
        families = [family]
        for sale in await self._sales.find(context, [Sales.split_off(family.sale.id)]):
            if sale.parent == family.sale.id and not sale.is_part:
                branch = await self._sales.family(context, sale.order_id)
                families += await self._with_branches(context, branch)
        return families

    async def _as_entered(self, context: CallContext, sale: Sale) -> Sale:
        """The sale with all that we did taken back, the latest first."""
        entries = [*sale.ledger.standing()][::-1]
        row = {**sale.row}
        for entry in entries:
            row |= written(entry.before.sale)
        lines = [
            SaleLine(line.id, _line_before(line, entries))
            for line in sale.lines
            if not str(line.row["note"] or "").startswith(PREFIX)
        ]
        lines = await self._with_products(context, lines)
        return replace(sale, row=row, lines=tuple(lines), ledger=Ledger(sale.ledger.prose))

    async def _with_products(self, context: CallContext, lines: list[SaleLine]) -> list[SaleLine]:
        """With what is known of the product that a line had before, if it has another one now."""
        wanted = sorted({line.row["product"] for line in lines} - {None})
        rows = await self._client.read(context, "product.product", "read", wanted, _PRODUCT)
        by_id = {row["id"]: row for row in rows}
        return [SaleLine(line.id, {**line.row, "product.": by_id.get(line.row["product"])}) for line in lines]


def _line_before(line: SaleLine, entries: list[Entry]) -> Row:
    row = {**line.row}
    for entry in entries:
        row |= written(entry.before.lines.get(str(line.id), {}))
    return row
