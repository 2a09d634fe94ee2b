"""Who pays the carrier, and what an order is charged for its freight."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from domain.facts.transport import CarrierAccount
from domain.order import FreightTerms, Order

_NOTHING = Decimal(0)


@dataclass(frozen=True)
class Payment:
    """Freight terms with the account that is billed, if they need one."""

    terms: FreightTerms
    account: str | None = None

    @property
    def by_customer(self) -> bool:
        """Whether the customer pays what the carrier asks, to us or to the carrier."""
        return self.terms is not FreightTerms.PREPAID

    def charged(self, order: Order, cost: Decimal) -> Decimal:
        """The freight on the order: what was agreed, what the carrier asks, or nothing if the carrier bills others."""
        if self.terms.needs_account:
            return _NOTHING
        return cost if self.terms is FreightTerms.PREPAY_ADD else order.freight

    def added(self, order: Order, cost: Decimal) -> Decimal:
        """By how much the carrier asks more than the freight on the order, if we pay it first."""
        return _NOTHING if self.terms.needs_account else max(_NOTHING, cost - order.freight)

    def borne(self, order: Order, cost: Decimal) -> Decimal:
        """What of that nobody pays back."""
        return _NOTHING if self.by_customer else self.added(order, cost)


@dataclass(frozen=True)
class Accounts:
    """The carrier accounts that master data knows for a customer."""

    known: Sequence[CarrierAccount]

    def payment(self, terms: FreightTerms, account: str | None, scac: str, on: date) -> Payment | str:
        """The payment under these terms, or what is wrong with the account. Without `account` any valid one will do."""
        if not terms.needs_account:
            return Payment(terms)
        fitting = [one for one in self.known if (one.scac, one.terms) == (scac, terms)]
        fitting = [one for one in fitting if account in (None, one.account)]
        valid = [one for one in fitting if one.valid_from <= on <= one.valid_to]
        if valid:
            return Payment(terms, valid[0].account)
        if not fitting:
            return f"there is no {terms} account with {scac}"
        last = max(fitting, key=lambda one: one.valid_to)
        if last.valid_from > on:
            return f"the {terms} account with {scac} counts from {last.valid_from} on only"
        return f"the {terms} account with {scac} ended on {last.valid_to}"
