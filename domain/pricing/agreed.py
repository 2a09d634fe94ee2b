"""The price that holds by agreement: by date, by quantity, on the footing of the line."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from domain.facts.pricing import Agreement, AgreementKind, LinePrices, PriceSchedule
from domain.pricing.conversion import Footing, rounded


@dataclass(frozen=True)
class Agreed:
    """A price per unit of the line in the order's currency, and what it rests on.

    `agreement` is None for a promotion, which lowers the price record for a time.
    """

    price: Decimal
    source: str
    agreement: Agreement | None = None

    @property
    def is_contract(self) -> bool:
        """Whether it is what the price record should say, too."""
        return self.agreement is not None and self.agreement.kind is AgreementKind.CONTRACT


def effective(known: LinePrices, on: date, quantity: Decimal, footing: Footing) -> Agreed | None:
    """The lowest price that was agreed for that day and quantity (in units of the line), or that is offered to all.

    The customer may rely on each of them, so the lowest counts. None if nothing was agreed.
    """
    found = [*_agreements(known, on, quantity, footing), *_promotions(known, on, quantity, footing)]
    return min(found, key=lambda agreed: (agreed.price, not agreed.is_contract, agreed.source), default=None)


def scheduled(prices: PriceSchedule, quantity: Decimal, footing: Footing) -> Decimal | None:
    """The price of a schedule for so many units of the line; None if it has none for so few, or no rate is known."""
    base = footing.base_quantity(quantity)
    pack = footing.pack_of(prices.unit, prices.pack_quantity)
    price = prices.model_copy(update={"pack_quantity": pack}).price_for(base)
    return None if price is None else footing.price(price, prices.unit, pack, prices.currency)


def _agreements(known: LinePrices, on: date, quantity: Decimal, footing: Footing) -> Iterator[Agreed]:
    for agreement in known.agreements:
        price = scheduled(agreement.prices, quantity, footing) if agreement.holds_on(on) else None
        if price is not None:
            yield Agreed(price, f"{agreement.kind.lower()} {agreement.agreement_id}", agreement)


def _promotions(known: LinePrices, on: date, quantity: Decimal, footing: Footing) -> Iterator[Agreed]:
    listed = None if known.record is None else scheduled(known.record.prices, quantity, footing)
    if listed is None:
        return
    for promotion in known.promotions:
        if promotion.holds_on(on):
            price = rounded(listed * (100 - promotion.percent_off) / 100)
            yield Agreed(price, f"promotion {promotion.promotion_id}")
