"""The ship-to master as the CRM answers with it, and as it is kept: histories need no streets."""

from __future__ import annotations

from datetime import date

from domain.address.normalise import normalised
from domain.address.po_box import po_box
from domain.address.premise import premise_of
from domain.base import Model
from domain.facts.address import PostalAddress, ShipToSites, Site


class MasterSite(PostalAddress):
    """A site with its street."""

    site_id: str
    dock: bool = False
    freight_capable: bool = False
    is_default: bool = False
    active: bool = True
    last_good_delivery: date | None = None

    def without_street(self) -> Site:
        """The site in the standard writing, with a digest in place of house number and street."""
        address = normalised(self).address
        return Site(
            site_id=self.site_id,
            premise=premise_of(address),
            city=address.city,
            region=address.region,
            postal_code=address.postal_code,
            country=address.country,
            po_box=po_box(address) is not None,
            dock=self.dock,
            freight_capable=self.freight_capable,
            is_default=self.is_default,
            active=self.active,
            last_good_delivery=self.last_good_delivery,
        )


class MasterSites(Model):
    """All sites of a customer."""

    sites: tuple[MasterSite, ...]
    version: str

    def without_streets(self) -> ShipToSites:
        """The sites as a fact."""
        return ShipToSites(sites=tuple(site.without_street() for site in self.sites), version=self.version)
