"""What a shipment needs from a carrier, and what stands in the way of a service."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from domain.facts.transport import Dock, OpeningHours, RateQuote
from domain.order import Order, TemperatureClass

_WEEK = 7


@dataclass(frozen=True)
class Shipment:
    """The goods of an order, and the dock that takes them in."""

    weight_kg: Decimal
    hazmat: bool
    temperatures: frozenset[TemperatureClass]
    need_by: date
    dock: Dock

    @classmethod
    def of(cls, order: Order, dock: Dock) -> Shipment:
        """Everything that still counts of an order, needed when its most urgent line is."""
        lines = order.open_lines
        return cls(
            weight_kg=order.weight_kg,
            hazmat=any(line.hazmat for line in lines),
            temperatures=frozenset(line.temperature for line in lines),
            need_by=min((line.need_by for line in lines), default=order.need_by),
            dock=dock,
        )

    def arrival(self, quote: RateQuote) -> date | None:
        """The day on which the dock takes the goods in; None if it never opens."""
        return first_open_day(self.dock, quote.delivers_on)

    def cost(self, quote: RateQuote) -> Decimal:
        """What the carrier asks, with the lift gate if one is needed."""
        return quote.cost + ((quote.lift_gate_cost or Decimal(0)) if self.dock.lift_gate else Decimal(0))

    def obstacles(self, quote: RateQuote) -> tuple[str, ...]:
        """Why the service cannot carry these goods there, in words; lateness is another matter. None: it can."""
        return tuple(self._obstacles(quote))

    def _obstacles(self, quote: RateQuote) -> Iterator[str]:
        if not quote.accepting:
            yield "takes no tenders at the moment"
        if self.weight_kg > quote.max_weight_kg:
            yield f"carries up to {quote.max_weight_kg:f} kg"
        if self.hazmat and not quote.hazmat:
            yield "carries no dangerous goods"
        missing = self.temperatures - frozenset(quote.temperatures)
        if missing:
            yield f"cannot keep goods {', '.join(sorted(temperature.lower() for temperature in missing))}"
        if self.dock.lift_gate and quote.lift_gate_cost is None:
            yield "has no lift gate"
        if self.arrival(quote) is None or not self._meets_hours(quote):
            yield "does not deliver while the dock is open"

    def _meets_hours(self, quote: RateQuote) -> bool:
        return max(quote.delivers_from, self.dock.opens) < min(quote.delivers_until, self.dock.closes)


def first_open_day(hours: OpeningHours, earliest: date) -> date | None:
    """The first open day from `earliest` on; None if no weekday is one."""
    ahead = (earliest + timedelta(days=number) for number in range(_WEEK))
    return next((day for day in ahead if day.isoweekday() in hours.days), None)
