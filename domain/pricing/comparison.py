"""A line's prices side by side: on the purchase order, as agreed, in the ERP."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from domain.facts.pricing import LastPaid, PriceRecord
from domain.order import OrderLine
from domain.pricing.agreed import Agreed
from domain.pricing.conversion import Footing
from domain.pricing.margin import NOTHING, MarginBand, Margins


class Standing(StrEnum):
    """How a purchase order's price stands to the one that the customer is entitled to; the later ones are worse."""

    SETTLED = "SETTLED"
    """Purchase order, agreement and ERP say the same."""
    AS_AGREED = "AS_AGREED"
    """The purchase order says what was agreed, the ERP says something else."""
    HIGHER = "HIGHER"
    LOWER = "LOWER"
    UNKNOWN = "UNKNOWN"
    """The price cannot be compared: its currency has no rate."""


_SEVERITY = tuple(Standing)
_OF_NOTHING = Decimal(1000)
"""What something is, in percent of nothing."""


@dataclass(frozen=True)
class LinePrice:
    """Prices per unit of the line, in the order's currency. `stated` is the purchase order's, None if it cannot be
    compared; `listed` is the price record's for this quantity.
    """

    line: OrderLine
    footing: Footing
    stated: Decimal | None
    in_erp: Decimal
    agreed: Agreed | None
    margins: Margins
    record: PriceRecord | None = None
    listed: Decimal | None = None
    last_paid: LastPaid | None = None

    @property
    def entitled(self) -> Decimal:
        """What the customer has a right to: what was agreed, or else what we ask."""
        return self.agreed.price if self.agreed else self.in_erp

    @property
    def standing(self) -> Standing:
        """How the purchase order stands to that."""
        if self.stated is None:
            return Standing.UNKNOWN
        if self.stated != self.entitled:
            return Standing.LOWER if self.stated < self.entitled else Standing.HIGHER
        return Standing.SETTLED if self.in_erp == self.entitled else Standing.AS_AGREED

    @property
    def difference(self) -> Decimal:
        """The purchase order's value of the line less what the customer is entitled to; nothing if not comparable."""
        return NOTHING if self.stated is None else self.worth(self.stated) - self.worth(self.entitled)

    @property
    def difference_percent(self) -> Decimal:
        """The same without sign, in percent of what the customer is entitled to."""
        entitled = self.worth(self.entitled)
        if entitled > 0:
            return abs(self.difference) / entitled * 100
        return _OF_NOTHING if self.difference else NOTHING

    @property
    def has_wrong_record(self) -> bool:
        """Whether the customer's own price record says otherwise than a valid contract. The list's record serves other
        customers as well: it is not wrong because one of them has a contract.
        """
        if self.agreed is None or not self.agreed.is_contract or self.record is None:
            return False
        return self.record.customer_id is not None and self.listed != self.agreed.price

    def worth(self, price: Decimal) -> Decimal:
        """The line's value at `price`."""
        return price * self.line.quantity

    def conceded(self, price: Decimal) -> Decimal:
        """What we forgo at `price` against what the customer is entitled to."""
        return max(NOTHING, self.worth(self.entitled) - self.worth(price))


@dataclass(frozen=True)
class Tolerance:
    """How far a purchase order may be off: `percent` and `line` for each line, `order` for all together, in money."""

    percent: Decimal
    line: Decimal
    order: Decimal

    def covers(self, lines: Sequence[LinePrice]) -> bool:
        """Whether all of it is inside every tolerance. What cannot be compared never is."""
        if any(line.stated is None for line in lines):
            return False
        apart = sum((abs(line.difference) for line in lines), NOTHING)
        return apart <= self.order and all(
            abs(line.difference) <= self.line and line.difference_percent <= self.percent for line in lines
        )


def standing_of(lines: Sequence[LinePrice]) -> Standing:
    """The worst standing of any line."""
    return max((line.standing for line in lines), key=_SEVERITY.index, default=Standing.SETTLED)


def worst_band(bands: Sequence[MarginBand]) -> MarginBand:
    """The worst of some margins; the target if there are none."""
    return max(bands, key=lambda band: band.severity, default=MarginBand.TARGET)
