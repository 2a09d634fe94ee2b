"""Streets: how the posts of the United States and of Canada want them written, and when two are the same."""

from __future__ import annotations

import re
from itertools import zip_longest

from domain.address.text import capitals, tidy, words

SUFFIXES = {
    "ALLEY": "ALY",
    "AV": "AVE",
    "AVENUE": "AVE",
    "BOULEVARD": "BLVD",
    "CENTER": "CTR",
    "CENTRE": "CTR",
    "CIRCLE": "CIR",
    "COURT": "CT",
    "CRESCENT": "CRES",
    "DRIVE": "DR",
    "EXPRESSWAY": "EXPY",
    "FREEWAY": "FWY",
    "HEIGHTS": "HTS",
    "HIGHWAY": "HWY",
    "LANE": "LN",
    "PARKWAY": "PKWY",
    "PLACE": "PL",
    "PLAZA": "PLZ",
    "ROAD": "RD",
    "SQUARE": "SQ",
    "STR": "ST",
    "STREET": "ST",
    "TERRACE": "TER",
    "TRAIL": "TRL",
    "TURNPIKE": "TPKE",
}
DIRECTIONS = {
    "NORTH": "N",
    "SOUTH": "S",
    "EAST": "E",
    "WEST": "W",
    "NORTHEAST": "NE",
    "NORTHWEST": "NW",
    "SOUTHEAST": "SE",
    "SOUTHWEST": "SW",
}
UNITS = {
    "APARTMENT": "APT",
    "BUILDING": "BLDG",
    "DEPARTMENT": "DEPT",
    "FLAT": "FLAT",
    "FLOOR": "FL",
    "ROOM": "RM",
    "SUITE": "STE",
    "UNIT": "UNIT",
}
"""Long forms and the abbreviations of USPS Publication 28, appendices B and C, which Canada Post knows, too."""
_ABBREVIATING = frozenset({"US", "CA"})
_GERMAN = frozenset({"DE", "AT", "CH"})
_GERMAN_STREET = re.compile(r"(?<=[a-zäöüß])(?:str\.|strasse)(?=\W|$)")
_PUNCTUATION = re.compile(r"[.,;]+")
_NAMED_BY_MORE = 3
"""Words without the house number from which on a direction is not the name of the street itself."""
_SAME = {
    **{long.lower(): short.lower() for table in (SUFFIXES, DIRECTIONS, UNITS) for long, short in table.items()},
    "bd": "blvd",
    "boul": "blvd",
    "crt": "ct",
    "fort": "ft",
    "mount": "mt",
    "saint": "st",
    "sainte": "ste",
}
_UMLAUTS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue"})
_UNIT_MARKS = frozenset({"#", *UNITS, *UNITS.values()})
_UNIT_WORDS = frozenset(short.lower() for short in UNITS.values())


def standard(country: str, text: str) -> str:
    """The street line as the country's post wants it; elsewhere than in America only tidied. Twice is as once."""
    if country in _ABBREVIATING:
        return _abbreviated(text)
    line = tidy(text).rstrip(",; ")
    return _GERMAN_STREET.sub("straße", line) if country in _GERMAN and country != "CH" else line


def _abbreviated(text: str) -> str:
    parts = capitals(_PUNCTUATION.sub(" ", text).replace("#", " # ")).split()
    unit = next((at for at, part in enumerate(parts) if at > 1 and part in _UNIT_MARKS), len(parts))
    return " ".join((*_abbreviated_name(parts[:unit]), *(UNITS.get(part, part) for part in parts[unit:])))


def _abbreviated_name(parts: list[str]) -> list[str]:
    """House number and street. The name of a street is never abbreviated: 12 NORTH ST, but 12 N MAIN ST."""
    at = 1 if parts and parts[0][0].isdigit() else 0
    number, name = parts[:at], parts[at:]
    last = len(name) - 1
    if len(name) >= _NAMED_BY_MORE:
        name[0] = DIRECTIONS.get(name[0], name[0])
        if name[-1] in DIRECTIONS or name[-1] in DIRECTIONS.values():
            name[-1] = DIRECTIONS.get(name[-1], name[-1])
            last -= 1
    if last > 0:
        name[last] = SUFFIXES.get(name[last], name[last])
    return [*number, *name]


def comparable(country: str, text: str) -> tuple[str, ...]:
    """House number and street without the unit, so that two ways to write them are the same; `()` if there are none."""
    parts = list(words(_spelt_out(text) if country in _GERMAN else text))
    parts = _without_units([_SAME.get(part, part) for part in parts])
    if country in _GERMAN:
        parts = _joined(parts)
    if parts and not parts[0][0].isdigit():
        parts = _trailing_number(parts)
    return tuple(parts)


def _spelt_out(text: str) -> str:
    return tidy(text).casefold().translate(_UMLAUTS)


def _without_units(parts: list[str]) -> list[str]:
    """Floors and suites are the receiver's business: the carrier goes to the house."""
    kept: list[str] = []
    skip = False
    for part, after in zip_longest(parts, parts[1:], fillvalue=""):
        if skip:
            skip = False
        elif part in _UNIT_WORDS and (len(after) == 1 or after[:1].isdigit()):
            skip = True
        else:
            kept.append(part)
    return kept


def _joined(parts: list[str]) -> list[str]:
    """`haupt strasse`, `hauptstrasse` and `hauptstr` are one street; 12 a is one number."""
    joined: list[str] = []
    for part in parts:
        short = re.sub(r"strasse$", "str", part)
        if joined and (short in ("str", "st") or (len(part) == 1 and joined[-1].isdigit())):
            joined[-1] += "str" if short in ("str", "st") else part
        else:
            joined.append(short)
    return joined


def _trailing_number(parts: list[str]) -> list[str]:
    """The number first, where it comes last."""
    at = next((at for at, part in enumerate(parts) if part[0].isdigit()), len(parts))
    return [*parts[at:], *parts[:at]]
