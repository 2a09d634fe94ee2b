"""What tax an order would bear. Pure: rates, certificates and overrides in, an estimate out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from domain.base import digest
from domain.facts.tax import Certificate, TaxLine, TaxQuote
from domain.money import Money
from sandbox.kernel import Problem
from sandbox.tax.records import ANY_PRODUCT, Jurisdiction, QuoteBody, QuoteLine, Rate

_NOTHING = Decimal(0)


@dataclass(frozen=True)
class Rules:
    """What counts for one order: the rates of its region by product tax code, and what was decided about it."""

    jurisdiction: Jurisdiction
    rates: Mapping[str, Rate]
    certificates: tuple[Certificate, ...] = ()
    overridden: Mapping[str, Decimal] = field(default_factory=dict)
    overridden_freight: Decimal | None = None

    def rate(self, product_tax_code: str) -> Rate:
        """The rate of a product. Raises Problem 422 if there is none."""
        rate = self.rates.get(product_tax_code) or self.rates.get(ANY_PRODUCT)
        if rate is None:
            region = self.jurisdiction.region
            raise Problem(422, "unknown_tax_code", f"there is no rate for {product_tax_code} in {region}")
        return rate

    def exempts(self, line: QuoteLine) -> bool:
        """Whether a certificate covers the line."""
        return any(
            certificate.region == self.jurisdiction.region
            and (not certificate.product_tax_codes or line.product_tax_code in certificate.product_tax_codes)
            for certificate in self.certificates
        )


def estimate(asked: QuoteBody, rules: Rules) -> TaxQuote:
    """The estimate. Its id is made of the question and the answer: the same facts have the same id."""
    lines = tuple(_line(asked, line, rules) for line in asked.lines)
    quote = TaxQuote(
        quote_id="",
        jurisdiction=rules.jurisdiction.jurisdiction,
        lines=lines,
        freight_taxable=rules.jurisdiction.freight_taxable,
        freight_tax=_freight_tax(asked, rules),
    )
    version = digest(asked, quote)[:16]
    return quote.model_copy(update={"quote_id": f"quo-{version}", "version": version})


def _line(asked: QuoteBody, line: QuoteLine, rules: Rules) -> TaxLine:
    rate = rules.rate(line.product_tax_code)
    taxable = rate.taxable and not rules.exempts(line)
    fraction = rate.rate if taxable else _NOTHING
    tax = rules.overridden.get(line.line_id, _booked(line.amount * fraction, asked.currency))
    return TaxLine(line_id=line.line_id, taxable=taxable, rate=fraction, tax=tax)


def _freight_tax(asked: QuoteBody, rules: Rules) -> Decimal:
    """Freight goes with the goods: it is exempt if all of them are."""
    if rules.overridden_freight is not None:
        return rules.overridden_freight
    exempt = bool(asked.lines) and all(rules.exempts(line) for line in asked.lines)
    if exempt or not rules.jurisdiction.freight_taxable or not asked.freight:
        return _NOTHING
    return _booked(asked.freight * rules.rate(ANY_PRODUCT).rate, asked.currency)


def _booked(amount: Decimal, currency: str) -> Decimal:
    return Money(amount=amount, currency=currency).rounded().amount
