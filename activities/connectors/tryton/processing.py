"""Sales that were released already: Tryton lets them be changed by an amendment, in two transactions.

An amendment says what a line's quantity is, not by how much it changes: validated twice, it does no more than once.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from activities.connectors.http import CallContext
from activities.connectors.tryton.client import Row, TrytonClient
from activities.connectors.tryton.ledger import PREFIX
from activities.connectors.tryton.sales import Sale
from activities.connectors.tryton.writer import Writer
from domain.exception_types import IntegrationErrorKind as Kind

_AMENDMENT = "sale.amendment"
_UNTOUCHED_SHIPMENTS = ("draft", "waiting", "cancelled")


class Processing:
    """Changes quantities of sales in `processing`, or `done` because nothing was left of them."""

    def __init__(self, client: TrytonClient, writer: Writer) -> None:
        self._client = client
        self._writer = writer

    async def set_quantities(
        self, context: CallContext, sale: Sale, mark: str, quantities: Mapping[str, Decimal]
    ) -> Sale:
        """Amend a sale, once a mark. CONFLICT if it is being picked, has left or is billed."""
        found = await self._having(context, sale, mark)
        if not found:
            await self._check(context, sale)
            await self._make(context, sale, mark, quantities)
            found = await self._having(context, sale, mark)
        for row in found:
            if row["state"] == "draft" and not any(other["state"] == "validated" for other in found):
                await self._client.write(context, _AMENDMENT, "validate_amendment", [row["id"]], _timestamp=sale.stamps)
                break
        return await self._writer.again(context, sale.id)

    async def _make(self, context: CallContext, sale: Sale, mark: str, quantities: Mapping[str, Decimal]) -> None:
        lines = [
            {
                "action": "line",
                "line": line.id,
                "product": line.row["product"],
                "unit": line.row["unit"],
                "unit_price": line.unit_price,
                "quantity": float(quantities[str(line.id)]),
            }
            for line in sale.lines
            if str(line.id) in quantities
        ]
        values: dict[str, Any] = {
            "sale": sale.id,
            "date": datetime.now(UTC).date(),
            "description": f"{PREFIX}{mark}",
            "lines": [["create", lines]],
        }
        await self._client.write(context, _AMENDMENT, "create", [values])

    async def _having(self, context: CallContext, sale: Sale, mark: str) -> list[Row]:
        domain = [["sale", "=", sale.id], ["description", "=", f"{PREFIX}{mark}"]]
        return await self._client.rows(context, _AMENDMENT, domain, ["state"])

    async def _check(self, context: CallContext, sale: Sale) -> None:
        """Tryton takes back only what nobody has begun to pick and nobody was billed for."""
        rows = await self._client.read(context, "sale.sale", "read", [sale.id], ["shipments", "invoices"])
        shipments = await self._client.read(context, "stock.shipment.out", "read", rows[0]["shipments"], ["state"])
        invoices = await self._client.read(context, "account.invoice", "read", rows[0]["invoices"], ["state"])
        if any(row["state"] not in _UNTOUCHED_SHIPMENTS for row in shipments):
            raise self._client.failed(context, Kind.CONFLICT, f"is picking or has shipped {sale.order_id}")
        if any(row["state"] not in ("draft", "cancelled") for row in invoices):
            raise self._client.failed(context, Kind.CONFLICT, f"has billed {sale.order_id}")
