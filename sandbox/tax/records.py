"""What the tax engine is told and what is asked of it. Rates are fractions: 0.0825 is 8.25 %."""

from __future__ import annotations

from decimal import Decimal

from pydantic import BaseModel, ConfigDict, Field

from domain.facts.tax import Certificate
from domain.money import Currency
from sandbox.kernel import Settings, WriteBody

_STRICT = ConfigDict(frozen=True, extra="forbid")

ANY_PRODUCT = "*"


class TaxSettings(Settings):
    """Settings of the tax engine."""

    grace_days: int = Field(default=30, description="how long after its last day a certificate can still be linked")


class Jurisdiction(BaseModel):
    """Who taxes in a region, and whether freight is taxed there, at the rate of `*`."""

    model_config = _STRICT

    region: str
    jurisdiction: str
    freight_taxable: bool = False


class Rate(BaseModel):
    """The rate of a product tax code in a region; `*` stands for every product without a rate of its own."""

    model_config = _STRICT

    region: str
    product_tax_code: str = ANY_PRODUCT
    rate: Decimal = Field(ge=0, le=1)
    taxable: bool = True


class CustomerCertificate(Certificate):
    """A certificate and whose it is."""

    model_config = _STRICT

    customer_id: str


class Destination(BaseModel):
    """Where the goods go."""

    model_config = _STRICT

    region: str
    postal_code: str = ""
    country: str = "US"


class QuoteLine(BaseModel):
    """A line before tax."""

    model_config = _STRICT

    line_id: str
    amount: Decimal
    product_tax_code: str = ANY_PRODUCT


class QuoteBody(BaseModel):
    """What tax an order would bear."""

    model_config = _STRICT

    order_id: str
    currency: Currency
    ship_from: str = ""
    ship_to: Destination
    freight: Decimal = Decimal(0)
    lines: tuple[QuoteLine, ...]


class OverrideBody(WriteBody):
    """Have these taxes count for the lines of an order instead of the engine's own. `basis` says why."""

    order_id: str
    lines: dict[str, Decimal]
    freight_tax: Decimal | None = None
    basis: str
    quote_id: str | None = None


class CertificateLinkBody(WriteBody):
    """Exempt an order by a certificate."""

    order_id: str
    certificate_id: str


class CertificateRequestBody(WriteBody):
    """Ask a customer for a certificate."""

    customer_id: str
    order_id: str
    region: str
