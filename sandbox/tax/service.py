"""The HTTP API of the tax engine."""

from __future__ import annotations

from decimal import Decimal

from fastapi import Response

from domain.facts.tax import Certificates
from sandbox.kernel import Answer, Collection, Problem, Records, Service, Write
from sandbox.tax.certificates import CertificateFile
from sandbox.tax.estimate import Rules, estimate
from sandbox.tax.records import Jurisdiction, OverrideBody, QuoteBody, Rate, TaxSettings


def build(settings: TaxSettings) -> Service:
    """The service. Seed: `jurisdictions`, `rates`, `certificates`."""
    service = Service("tax", settings, title="Tax engine")
    certificates = CertificateFile(service, settings)
    engine = Engine(service, certificates)

    @service.v1.post("/quotes", status_code=200, tags=["quotes"], summary="Estimate the tax of an order")
    async def quote(body: QuoteBody, write: Write) -> Response:
        """Records nothing: certificates linked to the order exempt it, and an override of it counts."""
        return write.once(lambda: Answer(estimate(body, engine.rules(body)).model_dump(mode="json"), 200))

    @service.v1.get("/certificates", tags=["certificates"], summary="A customer's certificates, the expired ones too")
    async def show(customer_id: str, region: str | None = None) -> Certificates:
        return certificates.of_customer(customer_id, region)

    return service


class Engine:
    """The rates, and the taxes that people have put in their place."""

    def __init__(self, service: Service, certificates: CertificateFile) -> None:
        self._certificates = certificates
        self._jurisdictions = Records(service, "jurisdictions", Jurisdiction, ("region",))
        self._rates = Records(service, "rates", Rate, ("region", "product_tax_code"), indexed=("region",))
        self._overrides: Collection[OverrideBody] = service.collection("overrides", OverrideBody, "ovr")

    def rules(self, asked: QuoteBody) -> Rules:
        """What counts for an order. Raises Problem 422 where nothing is known of its region."""
        region = asked.ship_to.region
        rates = {rate.product_tax_code: rate for rate in self._rates.all(region=region)}
        if not rates:
            raise Problem(422, "unknown_region", f"there are no tax rates for region {region}")
        override = next(reversed(self._overrides.active(order_id=asked.order_id)), None)
        freight_tax = None if override is None else override["freight_tax"]
        return Rules(
            jurisdiction=self._jurisdictions.get(region) or Jurisdiction(region=region, jurisdiction=region),
            rates=rates,
            certificates=self._certificates.of_order(asked.order_id),
            overridden={} if override is None else {line: Decimal(tax) for line, tax in override["lines"].items()},
            overridden_freight=None if freight_tax is None else Decimal(freight_tax),
        )
