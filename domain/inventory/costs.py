"""What a way of delivering costs us, all in: money that is paid, and money that is put at risk."""

from __future__ import annotations

from dataclasses import dataclass, fields
from decimal import Decimal

NOTHING = Decimal(0)


@dataclass(frozen=True)
class CostTerms:
    """The company's prices of trouble: `late_per_day` in the order's currency, the others in percent of a value."""

    late_per_day: Decimal = NOTHING
    concession_percent: Decimal = NOTHING
    """What a customer gets off the price of goods that come late."""
    risk_percent: Decimal = NOTHING
    """Of the cost of goods that are taken although another order wants them."""


@dataclass(frozen=True)
class Cost:
    """Freight + handling of all shipments + transfer + price concession + late days x penalty + stock-out risk,
    and what the goods cost more than planned. In the order's currency.
    """

    freight: Decimal = NOTHING
    handling: Decimal = NOTHING
    transfer: Decimal = NOTHING
    concession: Decimal = NOTHING
    late: Decimal = NOTHING
    risk: Decimal = NOTHING
    goods: Decimal = NOTHING

    @property
    def total(self) -> Decimal:
        """All of it."""
        return sum((getattr(self, part.name) for part in fields(self)), NOTHING)

    @property
    def carriage(self) -> Decimal:
        """What is paid for moving the goods."""
        return self.freight + self.transfer

    def __str__(self) -> str:
        parts = [(part.name, getattr(self, part.name)) for part in fields(self)]
        shown = [f"{name} {amount:.2f}" for name, amount in parts if amount]
        return " + ".join(shown) or "nothing"


def lateness(days: int, value: Decimal, terms: CostTerms) -> Cost:
    """What it costs that goods of that value come so many days late."""
    if days <= 0:
        return Cost()
    return Cost(late=days * terms.late_per_day, concession=value * terms.concession_percent / 100)


def together(*costs: Cost) -> Cost:
    """The sum, part by part."""
    return Cost(**{part.name: sum((getattr(cost, part.name) for cost in costs), NOTHING) for part in fields(Cost)})
