"""Ship-to sites: where each customer has goods delivered, and when that last went well."""

from __future__ import annotations

from datetime import date

from pydantic import BaseModel, ConfigDict

from sandbox.kernel import Records, Service
from sandbox.kernel.versions import version_of

_STRICT = ConfigDict(frozen=True, extra="forbid")


class CustomerSite(BaseModel):
    """A site with its address and who receives there: personal data."""

    model_config = _STRICT

    customer_id: str
    site_id: str
    recipient: str = ""
    street: str
    city: str
    region: str = ""
    postal_code: str
    country: str = "US"
    po_box: str = ""
    dock: bool = False
    freight_capable: bool = True
    is_default: bool = False
    active: bool = True


class Delivery(BaseModel):
    """Goods that arrived at a site; `good` means without a complaint."""

    model_config = _STRICT

    customer_id: str
    site_id: str
    order_id: str
    delivered_on: date
    good: bool = True


class SiteAnswer(BaseModel):
    """A site as others see it: not who receives there, but when it last went well."""

    site_id: str
    street: str
    city: str
    region: str
    postal_code: str
    country: str
    po_box: str
    dock: bool
    freight_capable: bool
    is_default: bool
    active: bool
    last_good_delivery: date | None


class SitesAnswer(BaseModel):
    """All sites of a customer, also those that are closed."""

    sites: tuple[SiteAnswer, ...] = ()
    version: str


class SiteFile:
    """The ship-to master: seeds `sites` and `deliveries`."""

    def __init__(self, service: Service) -> None:
        self._sites = Records(service, "sites", CustomerSite, ("customer_id", "site_id"), indexed=("customer_id",))
        self._deliveries = Records(
            service, "deliveries", Delivery, ("customer_id", "site_id", "order_id"), indexed=("customer_id",)
        )
        self._mount(service)

    def site(self, customer_id: str, site_id: str) -> CustomerSite | None:
        """The site of that id, if the customer has it."""
        return self._sites.get(customer_id, site_id)

    def of_customer(self, customer_id: str) -> list[CustomerSite]:
        """Every site of the customer."""
        return self._sites.all(customer_id=customer_id)

    def _answer(self, customer_id: str) -> SitesAnswer:
        last: dict[str, date] = {}
        for delivery in self._deliveries.all(customer_id=customer_id):
            if delivery.good:
                last[delivery.site_id] = max(delivery.delivered_on, last.get(delivery.site_id, date.min))
        sites = tuple(
            SiteAnswer(
                **site.model_dump(exclude={"customer_id", "recipient"}), last_good_delivery=last.get(site.site_id)
            )
            for site in self.of_customer(customer_id)
        )
        return SitesAnswer(sites=sites, version=version_of(*sites))

    def _mount(self, service: Service) -> None:
        @service.v1.get("/accounts/{customer_id}/sites", tags=["sites"], summary="Where a customer has goods delivered")
        async def sites(customer_id: str) -> SitesAnswer:
            return self._answer(customer_id)

        @service.v1.get("/accounts/{customer_id}/deliveries", tags=["sites"], summary="What arrived, and whether well")
        async def deliveries(customer_id: str) -> list[Delivery]:
            return self._deliveries.all(customer_id=customer_id)
