"""Available to promise (ATP): what one item in one warehouse can still be promised without breaking a later promise."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from domain.facts.inventory import StockPosition

NOTHING = Decimal(0)
LOWEST_PRIORITY = 1_000_000
"""An order of this priority comes after everybody else."""

Move = tuple[date, Decimal]


@dataclass(frozen=True)
class Outlook:
    """How the stock of one item in one warehouse develops, as an order of some priority sees it.

    ATP(t) = on hand - quality hold - hard allocated - safety stock + confirmed receipts up to t
    - open demand up to t of the same or a higher priority (a number not above one's own).
    """

    now: Decimal
    moves: tuple[Move, ...] = ()
    """What comes in (positive) and goes out (negative), by day."""

    @classmethod
    def of(cls, position: StockPosition, priority: int, order_id: str) -> Outlook:
        """The outlook for the order of that id, which does not stand in its own way."""
        free = position.on_hand - position.quality_hold - position.hard_allocated - position.safety_stock
        receipts = [(receipt.eta, receipt.quantity) for receipt in position.receipts if receipt.confirmed]
        demand = [
            (need.needed_on, -need.quantity)
            for need in position.demand
            if need.priority <= priority and need.order_id != order_id
        ]
        return cls(free, tuple(sorted(receipts + demand)))

    def atp(self, on: date) -> Decimal:
        """The balance at the end of that day; negative if more was promised than there is."""
        return self.now + sum((quantity for day, quantity in self.moves if day <= on), NOTHING)

    def usable(self, on: date) -> Decimal:
        """What may be promised for that day: the least there will be from then on, and never less than nothing."""
        later = {day for day, _ in self.moves if day > on}
        return max(NOTHING, min(self.atp(day) for day in {on, *later}))

    def promise(self, quantity: Decimal, on: date) -> Outlook:
        """The outlook once that is promised."""
        return replace(self, moves=tuple(sorted((*self.moves, (on, -quantity)))))

    def days_of_receipts(self) -> Iterable[date]:
        """The days on which more may be there than the day before."""
        return (day for day, quantity in self.moves if quantity > 0)
