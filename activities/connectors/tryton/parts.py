"""What is split off a sale: made once, found by its mark, and taken back before the rest is restored.

The sale gives the quantity away first, in one transaction with the note of what is to be made of it. Whoever dies then
leaves too little, never too much, and the next attempt makes what the note says.
"""

from __future__ import annotations

from typing import Any

from activities.connectors.errors import SystemCallFailed
from activities.connectors.http import CallContext
from activities.connectors.tryton.changes import written
from activities.connectors.tryton.client import TrytonClient
from activities.connectors.tryton.ledger import PART, Entry, Ledger, Part, Phase
from activities.connectors.tryton.numbers import part_reference
from activities.connectors.tryton.sales import SPLIT_FROM, Sale, Sales
from activities.connectors.tryton.writer import Writer
from domain.exception_types import IntegrationErrorKind as Kind

_COPIED = [
    *("company", "party", "invoice_party", "invoice_address", "shipment_party", "shipment_address", "contact"),
    *("warehouse", "currency", "payment_term", "price_list", "invoice_method", "shipment_method"),
    *("shipment_cost_method", "carrier", "shipping_date"),
]
_OF_LINES = ["product", "unit", "unit_price", "description", "taxes"]


class Parts:
    """Makes and unmakes what belongs to an entry of a sale's ledger."""

    def __init__(self, client: TrytonClient, sales: Sales, writer: Writer) -> None:
        self._client = client
        self._sales = sales
        self._writer = writer

    async def made(self, context: CallContext, sale: Sale, entry: Entry) -> list[Sale]:
        """The parts of an entry, made if they are not there yet."""
        return [
            await self._one(context, sale, entry, part, f"{entry.ref}/{index}")
            for index, part in enumerate(entry.parts, 1)
        ]

    async def taken_back(self, context: CallContext, sale: Sale, entry: Entry) -> None:
        """Cancel the parts of an entry. CONFLICT if one of them is on its way."""
        for index in range(1, len(entry.parts) + 1):
            for part in await self._marked(context, sale, f"{entry.ref}/{index}"):
                await self._cancel(context, part)

    async def _one(self, context: CallContext, sale: Sale, entry: Entry, part: Part, mark: str) -> Sale:
        found = await self._marked(context, sale, mark)
        if not found:
            await self._make(context, sale, entry, part, mark)
            found = await self._marked(context, sale, mark)
        if not found:
            raise self._client.failed(context, Kind.TRANSIENT, f"does not show what was split off {sale.order_id} yet")
        for copy in found[1:]:
            # another attempt made it at the same time: all of them keep the oldest
            await self._cancel(context, copy)
        return found[0]

    async def _marked(self, context: CallContext, sale: Sale, mark: str) -> list[Sale]:
        domain = [Sales.split_off(sale.root), ["state", "!=", "cancelled"]]
        return [part for part in await self._sales.find(context, domain) if part.ledger.entry(mark) is not None]

    async def _make(self, context: CallContext, sale: Sale, entry: Entry, part: Part, mark: str) -> None:
        rows = await self._client.read(context, "sale.sale", "read", [sale.id], _COPIED)
        values: dict[str, Any] = {name: rows[0][name] for name in _COPIED}
        siblings = await self._client.read(context, "sale.sale", "search_count", [Sales.split_off(sale.root)])
        step = Entry(ref=mark, step=PART, phase=Phase.DONE, by=entry.by, why=entry.why, parts=(part,))
        if part.apart:
            step = step.model_copy(update={"terms": {"apart": True}})
        if part.ships_on is not None:
            values |= written({"shipping_date": part.ships_on})
        values |= {
            "warehouse": part.warehouse,
            # an order is charged for its freight once
            "shipment_cost_method": rows[0]["shipment_cost_method"] if part.apart else None,
            "origin": f"sale.sale,{sale.root}",
            "reference": part_reference(sale.row["reference"] or sale.order_id, siblings + 1),
            "comment": Ledger().having(step).text,
            "lines": [["create", await self._lines(context, part)]],
        }
        try:
            await self._client.write(context, "sale.sale", "create", [values])
        except SystemCallFailed as failure:
            # it is looked for at once
            if failure.kind is not Kind.UNKNOWN_OUTCOME:
                raise

    async def _lines(self, context: CallContext, part: Part) -> list[dict[str, Any]]:
        ids = [int(line_id) for line_id in part.shares]
        rows = await self._client.read(context, "sale.line", "read", ids, _OF_LINES)
        return [
            {
                **{name: row[name] for name in _OF_LINES},
                "type": "line",
                "taxes": [["add", list(row["taxes"])]],
                "quantity": float(part.shares[str(row["id"])]),
                "note": f"{SPLIT_FROM}{row['id']}",
            }
            for row in rows
        ]

    async def _cancel(self, context: CallContext, part: Sale) -> None:
        if not part.is_open:
            raise self._client.failed(context, Kind.CONFLICT, f"has released {part.order_id}, which was split off")
        await self._writer.press(context, part, "cancel", "cancelled")
