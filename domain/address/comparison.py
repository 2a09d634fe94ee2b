"""What is different between the address of an order and the customer's ship-to master."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from domain.address import postcode
from domain.address.normalise import Fault, Normalised, normalised
from domain.address.po_box import po_box
from domain.address.premise import premise_of, same_town
from domain.facts.address import PostalAddress, Site
from domain.order import ShipTo


class Difference(StrEnum):
    """The gravest difference to the site that the goods can be meant for."""

    NONE = "NONE"
    FORMAT = "FORMAT"
    """Only the writing."""
    POSTCODE_SUFFIX = "POSTCODE_SUFFIX"
    POSTCODE = "POSTCODE"
    """The premise is known, the postal code is not its own."""
    OTHER_SITE = "OTHER_SITE"
    """The premise is that of another site than the one named."""
    PREMISE = "PREMISE"
    CITY = "CITY"
    REGION = "REGION"
    COUNTRY = "COUNTRY"
    CLOSED = "CLOSED"
    """The site named is not used any more."""
    NEW = "NEW"
    """Neither the site named nor the premise is known: a new drop-ship address."""
    UNUSABLE = "UNUSABLE"
    """Something is missing, or is none of its country's."""


@dataclass(frozen=True)
class Comparison:
    """`site` is the one that the goods can be meant for; `address` what can be delivered to, in the standard writing,
    None if the order only names a site.
    """

    difference: Difference
    site: Site | None
    address: PostalAddress | None
    faults: tuple[Fault, ...] = ()
    is_po_box: bool = False

    @property
    def premise_is_known(self) -> bool:
        """Whether the goods go to the door of a site of the master."""
        return self.difference in _SAME_PREMISE


_SAME_PREMISE = frozenset(
    {Difference.NONE, Difference.FORMAT, Difference.POSTCODE_SUFFIX, Difference.POSTCODE, Difference.OTHER_SITE}
)


def compare(entered: PostalAddress | None, ship_to: ShipTo, sites: Sequence[Site]) -> Comparison:
    """The address as entered, held against the sites of the customer."""
    named = next((site for site in sites if site.site_id == ship_to.site_id), None)
    if entered is None:
        return _by_name(ship_to, named)
    found = normalised(entered)
    site = _same_premise(found.address, ship_to, sites)
    best = normalised(_completed(found.address, site))
    return Comparison(
        difference=_difference(entered, found, site, named),
        site=site or named,
        address=best.address,
        faults=best.faults,
        is_po_box=po_box(best.address) is not None,
    )


def _by_name(ship_to: ShipTo, named: Site | None) -> Comparison:
    """An order without an address of its own: what it says besides the site's name has to be the site's."""
    if named is None:
        return Comparison(Difference.UNUSABLE, None, None, (Fault.STREET,))
    stated = normalised(PostalAddress.model_validate(ship_to.model_dump())).address
    if not named.active:
        difference = Difference.CLOSED
    elif stated.country != named.country:
        difference = Difference.COUNTRY
    elif _other_region(stated, named):
        difference = Difference.REGION
    else:
        difference = _by_postcode(ship_to.postal_code, stated, named)
    return Comparison(difference, named, None, is_po_box=named.po_box)


def _same_premise(address: PostalAddress, ship_to: ShipTo, sites: Sequence[Site]) -> Site | None:
    """The active site at that door: the one named, or the one that was delivered to last."""
    premise = premise_of(address)
    there = [
        site for site in sites if site.active and premise and site.premise == premise and _same_area(address, site)
    ]
    there.sort(key=lambda site: (site.site_id == ship_to.site_id, site.last_good_delivery or date.min), reverse=True)
    return there[0] if there else None


def _same_area(address: PostalAddress, site: Site) -> bool:
    if address.country != site.country or not same_town(address.city, site.city):
        return False
    if address.region and site.region:
        return address.region == site.region
    return _same_base(address, site)


def _completed(address: PostalAddress, site: Site | None) -> PostalAddress:
    """With the site's region if there is none, and the fuller postal code if both mean the same."""
    if site is None or not _same_base(address, site):
        return address
    code = postcode.fuller(address.country, site.postal_code, address.postal_code)
    return address.model_copy(update={"postal_code": code, "region": address.region or site.region})


def _same_base(address: PostalAddress, site: Site) -> bool:
    country = address.country
    return postcode.base(country, address.postal_code) == postcode.base(country, site.postal_code)


def _difference(entered: PostalAddress, found: Normalised, site: Site | None, named: Site | None) -> Difference:
    if site is not None:
        if named is None or site.site_id != named.site_id:
            return Difference.OTHER_SITE
        difference = _by_postcode(entered.postal_code, found.address, site)
        as_written = difference is not Difference.NONE or _completed(found.address, site) == entered
        return difference if as_written else Difference.FORMAT
    if found.faults:
        return Difference.UNUSABLE
    if named is None:
        return Difference.NEW
    return _elsewhere(found.address, named)


def _by_postcode(stated: str, address: PostalAddress, site: Site) -> Difference:
    if not _same_base(address, site):
        return Difference.POSTCODE
    if address.postal_code != site.postal_code and site.postal_code != postcode.base(site.country, site.postal_code):
        return Difference.POSTCODE_SUFFIX
    return Difference.NONE if stated == address.postal_code else Difference.FORMAT


def _elsewhere(address: PostalAddress, named: Site) -> Difference:
    """The gravest difference of an address that is none of the sites'."""
    if not named.active:
        return Difference.CLOSED
    if address.country != named.country:
        return Difference.COUNTRY
    if _other_region(address, named):
        return Difference.REGION
    return Difference.PREMISE if same_town(address.city, named.city) else Difference.CITY


def _other_region(address: PostalAddress, site: Site) -> bool:
    """Many countries write no region: then nothing can be said against it."""
    return bool(address.region and site.region and address.region != site.region)
