"""The stock of an order's items in all warehouses, as it shrinks while the order's lines take their share."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from domain.facts.inventory import StockPosition
from domain.inventory.atp import LOWEST_PRIORITY, NOTHING, Outlook

Place = tuple[str, str]
"""Warehouse and item."""


@dataclass(frozen=True)
class Stock:
    """`mine` counts the demand that is served before this order, `everybody` all demand there is.

    What is in `mine` but not in `everybody` can be taken, and somebody of lower priority goes short.
    """

    mine: Mapping[Place, Outlook]
    everybody: Mapping[Place, Outlook]

    @classmethod
    def of(cls, positions: Iterable[StockPosition], priority: int, order_id: str) -> Stock:
        """The stock as an order of that priority sees it."""
        known = list(positions)
        mine = {(p.warehouse, p.item): Outlook.of(p, priority, order_id) for p in known}
        everybody = {(p.warehouse, p.item): Outlook.of(p, LOWEST_PRIORITY, order_id) for p in known}
        return cls(mine, everybody)

    def usable(self, warehouse: str, item: str, on: date) -> Decimal:
        """What this order may be promised there for that day."""
        outlook = self.mine.get((warehouse, item))
        return NOTHING if outlook is None else outlook.usable(on)

    def spare(self, warehouse: str, item: str, on: date) -> Decimal:
        """What nobody at all will miss."""
        outlook = self.everybody.get((warehouse, item))
        return NOTHING if outlook is None else min(outlook.usable(on), self.usable(warehouse, item, on))

    def take(self, warehouse: str, item: str, quantity: Decimal, on: date) -> Stock:
        """The stock once that is promised."""
        place = (warehouse, item)
        if place not in self.mine or quantity == 0:
            return self
        return Stock(
            {**self.mine, place: self.mine[place].promise(quantity, on)},
            {**self.everybody, place: self.everybody[place].promise(quantity, on)},
        )

    def days(self, items: Collection[str], today: date) -> tuple[date, ...]:
        """Today, and the days on which more of these items comes in anywhere."""
        coming = {
            day for (_, item), outlook in self.mine.items() if item in items for day in outlook.days_of_receipts()
        }
        return tuple(sorted({today, *(day for day in coming if day > today)}))

    def earliest(self, warehouse: str, item: str, quantity: Decimal, today: date) -> date | None:
        """The first day for which that quantity can be promised there, if there is one."""
        days = self.days([item], today)
        return next((day for day in days if self.usable(warehouse, item, day) >= quantity), None)
