"""The tax engine's estimate and the customer's exemption certificates."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from domain.base import Model


class TaxLine(Model):
    """The tax of one line: `rate` as a fraction (0.0825 is 8.25 %), `tax` in the order's currency."""

    line_id: str
    taxable: bool = True
    rate: Decimal
    tax: Decimal


class TaxQuote(Model):
    """An estimate; nothing was recorded by asking for it."""

    quote_id: str
    jurisdiction: str
    lines: tuple[TaxLine, ...]
    freight_taxable: bool = False
    freight_tax: Decimal = Decimal(0)
    version: str = "0"

    @property
    def total(self) -> Decimal:
        """Tax on goods and freight."""
        return sum((line.tax for line in self.lines), self.freight_tax)


class Certificate(Model):
    """An exemption from tax in a region. `valid_to` is the last valid day; `use`: `RESALE` or `EXEMPT_ORG`."""

    certificate_id: str
    region: str
    valid_from: date
    valid_to: date
    use: str
    product_tax_codes: tuple[str, ...] = ()
    """The products it covers; empty means all."""


class Certificates(Model):
    """All certificates of a customer, also the expired."""

    certificates: tuple[Certificate, ...] = ()
    version: str = "0"
