"""Names that Tryton and the rest of the company have for the same things."""

from __future__ import annotations

import re

_RELEASE = re.compile(r"(?P<number>.*) rel\. (?P<release>\S+)")
_UNITS = {"u": "EA", "kg": "KGM", "g": "GRM", "l": "LTR", "m": "MTR", "h": "HUR", "d": "DAY", "m³": "MTQ", "m²": "MTK"}
"""Tryton's symbols as UN/ECE Rec 20 codes; others are passed on as they are."""


def purchase_number(reference: str) -> tuple[str, str]:
    """The customer's number and its release, of the one text field that Tryton has for both."""
    found = _RELEASE.fullmatch(reference)
    return (found["number"], found["release"]) if found else (reference, "")


def reference_of(number: str, release: str) -> str:
    """The text for that field."""
    return f"{number} rel. {release}" if release else number


def part_reference(reference: str, index: int) -> str:
    """The reference of what is split off: another number, so that nobody takes it for a copy."""
    return f"{reference} part {index}"


def unit_code(symbol: str) -> str:
    """The unit as others write it."""
    return _UNITS.get(symbol, symbol)


def region_code(subdivision: str) -> str:
    """`TX` of `US-TX`."""
    return subdivision.partition("-")[2] or subdivision
