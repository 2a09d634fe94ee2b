"""What is left of a price: margin % = (price - cost - rebate out + rebate in) / price."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal
from enum import StrEnum

from domain.pricing.conversion import PLACES

NOTHING = Decimal(0)
_HOPELESS = Decimal(-1000)
"""The margin of what is given away although it costs something."""


class MarginBand(StrEnum):
    """Where a margin lies. UNKNOWN: nobody knows what the goods cost."""

    TARGET = "TARGET"
    FLOOR = "FLOOR"
    BELOW_FLOOR = "BELOW_FLOOR"
    BELOW_COST = "BELOW_COST"
    UNKNOWN = "UNKNOWN"

    @property
    def severity(self) -> int:
        """How much worse than reaching the target it is. What nobody knows is as bad as a margin below the floor."""
        return {"TARGET": 0, "FLOOR": 1, "BELOW_FLOOR": 2, "UNKNOWN": 3, "BELOW_COST": 4}[self.value]


@dataclass(frozen=True)
class Margins:
    """What a price per unit of a line pays for. `cost` is None if nobody knows it; percentages are of the price."""

    cost: Decimal | None
    floor_percent: Decimal
    target_percent: Decimal
    rebate_out_percent: Decimal = NOTHING
    rebate_out: Decimal = NOTHING
    rebate_in_percent: Decimal = NOTHING
    rebate_in: Decimal = NOTHING

    @property
    def _outlay(self) -> Decimal:
        """What goes away whatever the price is."""
        return (self.cost or NOTHING) + self.rebate_out - self.rebate_in

    def left(self, price: Decimal) -> Decimal:
        """What is left of `price`; the cost counts as nothing if nobody knows it."""
        return price * (100 - self.rebate_out_percent + self.rebate_in_percent) / 100 - self._outlay

    def percent(self, price: Decimal) -> Decimal | None:
        """The margin in percent of `price`; None if the cost is not known."""
        if self.cost is None:
            return None
        if price <= 0:
            return _HOPELESS if self.left(price) < 0 else NOTHING
        return self.left(price) / price * 100

    def band(self, price: Decimal) -> MarginBand:
        """Where the margin of `price` lies. BELOW_COST: something is paid on top."""
        left = self.left(price) * 100
        if self.cost is None:
            return MarginBand.UNKNOWN
        if left < 0:
            return MarginBand.BELOW_COST
        if left < self.floor_percent * price:
            return MarginBand.BELOW_FLOOR
        return MarginBand.FLOOR if left < self.target_percent * price else MarginBand.TARGET

    def price_at_target(self) -> Decimal | None:
        """The lowest price, to four decimals, that reaches the target; None if none does or the cost is not known."""
        share = 100 - self.rebate_out_percent + self.rebate_in_percent - self.target_percent
        if self.cost is None or share <= 0:
            return None
        return max(PLACES, (self._outlay * 100 / share).quantize(PLACES, ROUND_CEILING))
