"""Where goods are to go: as entered, as the CRM's master has it, and whether anything speaks against it."""

from __future__ import annotations

from datetime import date
from enum import StrEnum

from pydantic import Field

from domain.base import Model


class PostalAddress(Model):
    """Personal data. `region` is what the country divides itself into, `country` an ISO 3166-1 code of two letters,
    `po_box` what is in a field of its own for that.
    """

    street: str = ""
    city: str = ""
    region: str = ""
    postal_code: str = ""
    country: str = "US"
    po_box: str = ""


class EnteredAddress(Model):
    """The ship-to address of an order as somebody entered it, right or wrong; None if the order only names a site."""

    address: PostalAddress | None = None
    version: str = "0"


class Site(Model):
    """A ship-to of the customer's master record, in the standard writing. `premise` stands for house number and street.

    `freight_capable` sites take pallets, with or without a `dock`. `last_good_delivery`: the last day on which goods
    arrived there without a complaint.
    """

    site_id: str
    premise: str
    city: str
    region: str
    postal_code: str
    country: str = "US"
    po_box: bool = False
    dock: bool = False
    freight_capable: bool = False
    is_default: bool = False
    active: bool = True
    last_good_delivery: date | None = None


class ShipToSites(Model):
    """All ship-tos of a customer, also those that are not used any more."""

    sites: tuple[Site, ...] = ()
    version: str = "0"


class ScreeningResult(StrEnum):
    """Whether a party or country is on a list of those that nothing may be shipped to."""

    CLEAR = "CLEAR"
    POSSIBLE_MATCH = "POSSIBLE_MATCH"
    MATCH = "MATCH"


class Screening(Model):
    """What restricted-party screening and fraud scoring say. `list_name` is set unless the result is CLEAR.

    `restricted_sites` are the customer's other sites that something speaks against.
    """

    result: ScreeningResult
    list_name: str = ""
    restricted_sites: tuple[str, ...] = ()
    fraud_score: int = Field(default=0, ge=0, le=100)
    """How often a new address like this one was fraud: 0 never, 100 always."""
    version: str = "0"
