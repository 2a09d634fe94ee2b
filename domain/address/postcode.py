"""Postal codes: how a country writes them, and what of one says where."""

from __future__ import annotations

import re

from domain.address.text import capitals

_BY_COUNTRY: dict[str, tuple[re.Pattern[str], str]] = {
    "US": (re.compile(r"(\d{5})(\d{4})", re.ASCII), r"\1-\2"),
    "CA": (re.compile(r"([A-Z]\d[A-Z])(\d[A-Z]\d)", re.ASCII), r"\1 \2"),
    "GB": (re.compile(r"([A-Z]{1,2}\d[A-Z\d]?)(\d[A-Z]{2})", re.ASCII), r"\1 \2"),
    "NL": (re.compile(r"(\d{4})([A-Z]{2})", re.ASCII), r"\1 \2"),
    "IE": (re.compile(r"([A-Z\d]{3})([A-Z\d]{4})", re.ASCII), r"\1 \2"),
    "SE": (re.compile(r"(\d{3})(\d{2})", re.ASCII), r"\1 \2"),
    "PL": (re.compile(r"(\d{2})(\d{3})", re.ASCII), r"\1-\2"),
    "JP": (re.compile(r"(\d{3})(\d{4})", re.ASCII), r"\1-\2"),
}
"""The code without separators, and how it is written."""
_COUNTRY_PREFIX = re.compile(r"^[A-Z]{1,3}-(?=\d)", re.ASCII)
_SEPARATORS = re.compile(r"[ -]")
_BASE_DIGITS = {"US": 5}
"""Where a code may be longer than it has to be: ZIP+4."""


def standard(country: str, text: str) -> str:
    """The postal code as the country writes it; what is none of the country's forms is only tidied."""
    code = capitals(text)
    code = _COUNTRY_PREFIX.sub("", code) if country != "US" else code
    form = _BY_COUNTRY.get(country)
    if form is not None:
        found = form[0].fullmatch(_SEPARATORS.sub("", code))
        return found.expand(form[1]) if found else code
    return code


def base(country: str, code: str) -> str:
    """The part of a standard code that the goods need: the ZIP of a ZIP+4, and all of every other code."""
    return code[: _BASE_DIGITS.get(country, len(code))]


def fuller(country: str, one: str, other: str) -> str:
    """Of two codes with the same base, the one that says more; `one` if both do."""
    return other if one == base(country, one) else one
