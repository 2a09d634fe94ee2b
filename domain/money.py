"""Money: a decimal amount with its ISO 4217 currency."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from typing import Annotated

from pydantic import StringConstraints

from domain.base import Model

Currency = Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")]

_WITHOUT_MINOR_UNIT = frozenset({"CLP", "ISK", "JPY", "KRW", "VND"})


class CurrencyMismatch(ValueError):
    """Two amounts of different currencies were combined; convert one of them first."""


NO_CURRENCY = "X" * 3
"""ISO 4217's code for where no currency is involved."""


class Money(Model):
    """`amount` in units (not cents) of `currency`. Arithmetic keeps every digit; `rounded` is what is booked."""

    amount: Decimal
    currency: Currency

    @classmethod
    def zero(cls, currency: str) -> Money:
        """Nothing, in `currency`."""
        return cls(amount=Decimal(0), currency=currency)

    def rounded(self) -> Money:
        """The amount in the currency's minor unit, halves away from zero, as invoices are."""
        exponent = Decimal(1) if self.currency in _WITHOUT_MINOR_UNIT else Decimal("0.01")
        return Money(amount=self.amount.quantize(exponent, ROUND_HALF_UP), currency=self.currency)

    def of(self, amount: Decimal | int) -> Money:
        """Another amount in the same currency."""
        return Money(amount=Decimal(amount), currency=self.currency)

    def _same(self, other: Money) -> Decimal:
        if other.currency != self.currency:
            raise CurrencyMismatch(f"{self} and {other} differ in currency: convert one before combining them")
        return other.amount

    def __add__(self, other: Money) -> Money:
        return self.of(self.amount + self._same(other))

    def __sub__(self, other: Money) -> Money:
        return self.of(self.amount - self._same(other))

    def __mul__(self, factor: Decimal | int) -> Money:
        return self.of(self.amount * factor)

    def __lt__(self, other: Money) -> bool:
        return self.amount < self._same(other)

    def __le__(self, other: Money) -> bool:
        return self.amount <= self._same(other)

    def __gt__(self, other: Money) -> bool:
        return self.amount > self._same(other)

    def __ge__(self, other: Money) -> bool:
        return self.amount >= self._same(other)

    def __str__(self) -> str:
        return f"{self.rounded().amount:,} {self.currency}"
