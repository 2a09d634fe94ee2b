"""Prices on one footing: per unit of the order line, in the currency of the order."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

PLACES = Decimal("0.0001")
"""How finely unit prices are compared and set: small parts are sold at fractions of a cent."""


@dataclass(frozen=True)
class Footing:
    """The unit and the currency in which the prices of a line are compared.

    `rates`: what one unit of another currency is worth in `currency`. `packs`: base units in a unit, as the item master
    has it; what it says goes before what a document says about its own unit.
    """

    unit: str
    stated_pack: Decimal
    currency: str
    rates: Mapping[str, Decimal]
    packs: Mapping[str, Decimal]

    @property
    def pack(self) -> Decimal:
        """Base units in the line's unit."""
        return self.pack_of(self.unit, self.stated_pack)

    def pack_of(self, unit: str, stated: Decimal) -> Decimal:
        """Base units in `unit`."""
        return self.packs.get(unit, stated)

    def base_quantity(self, quantity: Decimal) -> Decimal:
        """So many of the line's unit, in base units."""
        return quantity * self.pack

    def price(self, amount: Decimal, unit: str, stated_pack: Decimal, currency: str) -> Decimal | None:
        """A price per `unit` in `currency`, per unit of the line in the order's currency.

        None if the currency has no rate. Rounded to four decimals, halves away from zero.
        """
        rate = Decimal(1) if currency == self.currency else self.rates.get(currency)
        if rate is None:
            return None
        return rounded(amount * rate * self.pack / self.pack_of(unit, stated_pack))

    def per_base(self, amount: Decimal, currency: str) -> Decimal | None:
        """The same for an amount per base unit: a cost, a rebate."""
        rate = Decimal(1) if currency == self.currency else self.rates.get(currency)
        return None if rate is None else rounded(amount * rate * self.pack)


def rounded(price: Decimal) -> Decimal:
    """A unit price to four decimals."""
    return price.quantize(PLACES, ROUND_HALF_UP)
