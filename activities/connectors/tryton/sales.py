"""Sales as Tryton has them, with everything that a decision about one rests on."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from functools import cached_property
from typing import Any

from activities.connectors.http import CallContext
from activities.connectors.tryton.client import Row, TrytonClient
from activities.connectors.tryton.ledger import PART, PREFIX, Entry, Ledger
from domain.exception_types import IntegrationErrorKind as Kind

ORDER_PREFIX = "sale-"
SPLIT_FROM = f"{PREFIX}of line "
"""Stands in the note of a line that we split off another one, before that one's id."""
_SALE = [
    "number",
    "reference",
    "state",
    "comment",
    "origin",
    "shipping_date",
    "sale_date",
    "currency.code",
    "currency.digits",
    "party.code",
    "party.addresses",
    "warehouse.code",
    "shipment_address.street",
    "shipment_address.city",
    "shipment_address.postal_code",
    "shipment_address.active",
    "shipment_address.country.code",
    "shipment_address.subdivision.code",
    "shipment_cost_method",
    "available_carriers",
    "carrier.party.code",
    "carrier.carrier_product.code",
    "price_list",
    "shipment_state",
    "invoice_state",
    "tax_amount",
    "create_uid.login",
    *("party", "warehouse", "shipment_address", "carrier", "currency", "invoice_party"),
    *("create_uid", "create_date", "write_uid", "write_date", "_timestamp"),
]
_LINE = [
    "sale",
    "quantity",
    "unit_price",
    "note",
    "shipment_cost",
    "shipping_date",
    "product.code",
    "product.type",
    "product.consumable",
    "product.cost_price",
    "unit.symbol",
    *("product", "unit"),
    *("create_uid", "create_date", "write_uid", "write_date", "_timestamp"),
]
_MICROSECONDS = 1_000_000


@dataclass(frozen=True)
class SaleLine:
    """A line of goods or of a service; titles and comments are no lines."""

    id: int
    row: Row

    @property
    def quantity(self) -> Decimal:
        """In the line's unit."""
        return Decimal(str(self.row["quantity"] or 0))

    @property
    def unit_price(self) -> Decimal:
        """In the sale's currency."""
        return Decimal(self.row["unit_price"] or 0)

    @property
    def code(self) -> str:
        """The product's code; empty if it has none."""
        return str(nested(self.row, "product", "code") or "")

    @property
    def is_goods(self) -> bool:
        """Whether it is something that lies in a warehouse: freight and other services do not."""
        return bool(nested(self.row, "product", "type") == "goods")

    @property
    def split_from(self) -> str | None:
        """The line that it was split off, which is another sale's."""
        note = str(self.row["note"] or "")
        return note.removeprefix(SPLIT_FROM) if note.startswith(SPLIT_FROM) else None

    @property
    def changed_at(self) -> datetime:
        """When somebody wrote it last."""
        return changed_at(self.row)


@dataclass(frozen=True)
class Sale:
    """One sale with its lines, and the ledger in its comment."""

    id: int
    row: Row
    lines: tuple[SaleLine, ...]
    ledger: Ledger = field(default_factory=Ledger)

    @property
    def order_id(self) -> str:
        """What it is called outside: a draft has no number yet."""
        return f"{ORDER_PREFIX}{self.id}"

    @property
    def state(self) -> str:
        """`draft`, `quotation`, `confirmed`, `processing`, `done` or `cancelled`."""
        return str(self.row["state"])

    @property
    def is_open(self) -> bool:
        """Whether it has not been released yet."""
        return self.state in ("draft", "quotation")

    @property
    def goods(self) -> tuple[SaleLine, ...]:
        """The lines that are shipped."""
        return tuple(line for line in self.lines if line.is_goods and line.quantity > 0)

    @property
    def shipping_date(self) -> date | None:
        """When shipping should start."""
        day: date | None = self.row["shipping_date"]
        return day

    @property
    def parent(self) -> int | None:
        """The sale that this one was split off of by us."""
        origin = str(self.row["origin"] or "")
        made_by_us = any(entry.step == PART for entry in self.ledger.entries)
        return int(origin.partition(",")[2]) if made_by_us and origin.startswith("sale.sale,") else None

    @property
    def is_part(self) -> bool:
        """Whether it is released together with the sale it was split off of."""
        return self.parent is not None and not any(entry.terms.get("apart") for entry in self.ledger.entries)

    @property
    def root(self) -> int:
        """The sale that stands for the order: what is split off a part belongs to it, too."""
        return self.parent if self.parent is not None and self.is_part else self.id

    @property
    def rows(self) -> tuple[Row, ...]:
        """The sale and its lines."""
        return (self.row, *(line.row for line in self.lines))

    @property
    def stamps(self) -> dict[str, str]:
        """Guards a write against changes of any of these rows, also of lines that it leaves alone."""
        lines = {f"sale.line,{line.id}": line.row["_timestamp"] for line in self.lines}
        return {f"sale.sale,{self.id}": self.row["_timestamp"], **lines}

    def line(self, line_id: str) -> SaleLine | None:
        """The line of that id."""
        return next((line for line in self.lines if str(line.id) == line_id), None)

    @property
    def value(self) -> Decimal:
        """Goods and services before tax."""
        return sum((line.quantity * line.unit_price for line in self.lines), Decimal(0))


@dataclass(frozen=True)
class Family:
    """An order as the customer sees it: the sale, and those that were split off to ship with it."""

    sale: Sale
    parts: tuple[Sale, ...] = ()

    def __iter__(self) -> Iterator[Sale]:
        yield self.sale
        yield from self.parts

    @cached_property
    def version(self) -> int:
        """Microseconds since 1970 of the last change of any row: Tryton numbers no versions."""
        return max(_microseconds(changed_at(row)) for sale in self for row in sale.rows)

    def owner(self, line_id: str) -> tuple[Sale, SaleLine] | None:
        """Where a line is."""
        for sale in self:
            line = sale.line(line_id)
            if line is not None:
                return sale, line
        return None

    def entry(self, ref: str) -> Entry | None:
        """What is known of a step, in whichever sale."""
        return next((entry for sale in self if (entry := sale.ledger.entry(ref)) is not None), None)

    def version_by(self, user: int) -> int:
        """The version that this user's last write made; 0 if others have written every row since."""
        rows = (row for sale in self for row in sale.rows if (row["write_uid"] or row["create_uid"]) == user)
        return max((_microseconds(changed_at(row)) for row in rows), default=0)

    def touched_by_others(self, version: int, our_user: int) -> bool:
        """Whether anybody else wrote a row after that version."""
        return any(
            _microseconds(changed_at(row)) > version and (row["write_uid"] or row["create_uid"]) != our_user
            for sale in self
            for row in sale.rows
        )


class Sales:
    """Reads sales."""

    def __init__(self, client: TrytonClient) -> None:
        self._client = client

    async def find(self, context: CallContext, domain: list[Any], **more: Any) -> list[Sale]:
        """The sales that fit, the oldest first."""
        rows = await self._client.rows(context, "sale.sale", domain, _SALE, **more)
        lines: dict[int, list[SaleLine]] = defaultdict(list)
        if rows:
            wanted = [["sale", "in", [row["id"] for row in rows]], ["type", "=", "line"]]
            for row in await self._client.rows(context, "sale.line", wanted, _LINE):
                lines[row["sale"]].append(SaleLine(row["id"], row))
        await self._propose_addresses(context, rows)
        return [Sale(row["id"], row, tuple(lines[row["id"]]), Ledger.of(row["comment"])) for row in rows]

    async def _propose_addresses(self, context: CallContext, rows: list[Row]) -> None:
        """Where a sale says nothing, the customer's first address stands in: Tryton itself would propose it."""
        lacking = [row for row in rows if row["shipment_address"] is None and nested(row, "party", "addresses")]
        first = {row["id"]: nested(row, "party", "addresses")[0] for row in lacking}
        if not first:
            return
        names = ["postal_code", "country.code", "subdivision.code"]
        found = await self._client.read(context, "party.address", "read", sorted(set(first.values())), names)
        by_id = {address["id"]: address for address in found}
        for row in lacking:
            row["proposed"], row["proposed."] = first[row["id"]], by_id[first[row["id"]]]

    async def family(self, context: CallContext, order_id: str) -> Family:
        """An order. Raises SystemCallFailed NOT_FOUND."""
        sale_id = number_of(order_id)
        found = (
            [] if sale_id is None else await self.find(context, ["OR", ["id", "=", sale_id], self.split_off(sale_id)])
        )
        sale = next((sale for sale in found if sale.id == sale_id), None)
        if sale is None:
            raise self._client.failed(context, Kind.NOT_FOUND, f"has no {order_id}")
        parts = [part for part in found if part.parent == sale_id and part.is_part and part.state != "cancelled"]
        return Family(sale, tuple(_once_each(parts)))

    @staticmethod
    def split_off(sale_id: int) -> list[Any]:
        """The domain of what was split off a sale."""
        return ["origin", "=", f"sale.sale,{sale_id}"]

    async def having(self, context: CallContext, ref: str) -> list[Sale]:
        """The sales in whose ledger a reference stands."""
        found = await self.find(context, [["comment", "like", f"%{ref}%"]])
        return [sale for sale in found if sale.ledger.entry(ref) is not None]


def _once_each(parts: Sequence[Sale]) -> Iterable[Sale]:
    """If two workers made the same part at the same time, the older one counts."""
    seen: set[str] = set()
    for part in parts:
        ref = next(entry.ref for entry in part.ledger.entries if entry.step == PART)
        if ref not in seen:
            seen.add(ref)
            yield part


def number_of(order_id: str) -> int | None:
    """The sale's id; None if it is no name of a sale."""
    digits = order_id.removeprefix(ORDER_PREFIX)
    return int(digits) if order_id.startswith(ORDER_PREFIX) and digits.isascii() and digits.isdigit() else None


def nested(row: Row, *names: str) -> Any:
    """A field of a related record that was read along with this one; None if there is no such record."""
    value: Any = row
    for name in names[:-1]:
        value = value.get(f"{name}.") if isinstance(value, dict) else None
    return value.get(names[-1]) if isinstance(value, dict) else None


def changed_at(row: Row) -> datetime:
    """When somebody wrote a row last."""
    moment: datetime = row["write_date"] or row["create_date"]
    return moment


def _microseconds(moment: datetime) -> int:
    return int(moment.timestamp()) * _MICROSECONDS + moment.microsecond
