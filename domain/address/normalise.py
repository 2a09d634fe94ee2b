"""An address as its country writes it, and what about it cannot be right."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from domain.address import postcode, street
from domain.address.countries import CountryRules, country_code, plain, rules_of
from domain.address.text import capitals, tidy
from domain.facts.address import PostalAddress


class Fault(StrEnum):
    """The part of an address that is missing or is none of its country's."""

    COUNTRY = "COUNTRY"
    REGION = "REGION"
    POSTAL_CODE = "POSTAL_CODE"
    CITY = "CITY"
    STREET = "STREET"


@dataclass(frozen=True)
class Normalised:
    """The address in the standard writing, as far as it could be understood."""

    address: PostalAddress
    faults: tuple[Fault, ...] = ()


def normalised(entered: PostalAddress) -> Normalised:
    """Case, spaces, abbreviations and codes in the standard writing; nothing is guessed or looked up in a directory.

    Doing it again changes nothing.
    """
    country = country_code(entered.country)
    rules = rules_of(country)
    if rules is None:
        return Normalised(entered.model_copy(update={"country": country}), (Fault.COUNTRY,))
    region = rules.region(entered.region) or plain(entered.region)
    address = PostalAddress(
        street=street.standard(country, entered.street),
        city=capitals(entered.city) if rules.city_in_capitals else tidy(entered.city),
        region=region,
        postal_code=postcode.standard(country, entered.postal_code),
        country=country,
        po_box=tidy(entered.po_box),
    )
    return Normalised(address, _faults(address, rules))


def _faults(address: PostalAddress, rules: CountryRules) -> tuple[Fault, ...]:
    wrong = {
        Fault.REGION: _region_is_wrong(address.region, rules),
        Fault.POSTAL_CODE: _postal_code_is_wrong(address, rules),
        Fault.CITY: "city" in rules.required and not address.city,
        Fault.STREET: not address.street and not address.po_box,
    }
    return tuple(fault for fault, is_wrong in wrong.items() if is_wrong)


def _region_is_wrong(region: str, rules: CountryRules) -> bool:
    if "country_area" not in rules.required:
        return False
    return bool(rules.regions and rules.region(region) is None) or not region


def _postal_code_is_wrong(address: PostalAddress, rules: CountryRules) -> bool:
    if not address.postal_code:
        return "postal_code" in rules.required
    there = rules_of(address.country, address.region) or rules
    return not all(pattern.match(address.postal_code) for pattern in there.postal_codes)
