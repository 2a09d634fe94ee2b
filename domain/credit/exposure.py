"""Exposure: what a customer owes or will owe, measured against the limit."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from domain.facts.credit import CreditPosition
from domain.order import Order

NOTHING = Decimal(0)
WITHOUT_LIMIT = Decimal(1000)
"""By how many percent a customer without any limit counts as over it."""


@dataclass(frozen=True)
class Exposure:
    """Exposure = open receivables + delivered not billed + billed not posted + open orders due inside the horizon
    + this order, counted once - unapplied cash - deposits. Amounts in the order's currency.

    `order` is this order less what is already paid for it; `others` is everything else before unapplied cash.
    """

    order: Decimal
    others: Decimal
    unapplied_cash: Decimal
    limit: Decimal
    group_limit: Decimal | None = None
    group_others: Decimal = NOTHING

    @classmethod
    def of(cls, order: Order, position: CreditPosition) -> Exposure:
        """The exposure that the order leads to."""
        billed = position.open_receivables + position.delivered_not_billed + position.billed_not_posted
        return cls(
            order=max(NOTHING, order.total.amount - position.prepaid_for_order),
            others=billed + position.open_orders - position.deposits,
            unapplied_cash=position.unapplied_cash,
            limit=position.limit,
            group_limit=position.group_limit,
            group_others=position.group_exposure,
        )

    @property
    def without_order(self) -> Decimal:
        """What there is already."""
        return self.others - self.unapplied_cash

    @property
    def resulting(self) -> Decimal:
        """What there will be if the order goes."""
        return self.without_order + self.order

    @property
    def headroom(self) -> Decimal:
        """How much more fits under the limit, the customer's own and the group's; negative if nothing does."""
        own = self.limit - self.without_order
        if self.group_limit is None:
            return own
        return min(own, self.group_limit - self.group_others - self.without_order)

    @property
    def excess(self) -> Decimal:
        """By how much the order goes over the tighter of the two limits."""
        return max(NOTHING, self.order - self.headroom)

    @property
    def group_is_over(self) -> bool:
        """Whether the group's limit is broken, so that a higher limit of its own would not help the customer."""
        return self.group_limit is not None and self.group_others + self.resulting > self.group_limit

    @property
    def over_percent(self) -> Decimal:
        """The excess in percent of the limit it is measured against."""
        if self.excess == 0:
            return NOTHING
        limits = [self.limit] if self.group_limit is None else [self.limit, self.group_limit]
        smallest = min(limits)
        return self.excess / smallest * 100 if smallest > 0 else WITHOUT_LIMIT

    @property
    def cash_covers(self) -> bool:
        """Whether the order is over the limit only until cash that has come in is applied: a known false hold."""
        return self.excess == 0 < self.excess_without_cash

    @property
    def excess_without_cash(self) -> Decimal:
        """The excess as systems see it that do not know of the unapplied cash."""
        return max(NOTHING, self.order - (self.headroom - self.unapplied_cash))
