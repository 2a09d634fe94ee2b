"""PO boxes, as they are called where they are."""

from __future__ import annotations

import re

from domain.address.text import words
from domain.facts.address import PostalAddress

_EVERYWHERE = re.compile(
    r"\b(?:p ?o ?box|pob|post office box|gpo box|locked bag|private bag|postfach|postbus|postboks|"
    r"boite postale|case postale|apartado|apdo|caixa postal|casella postale|skrytka pocztowa|skr poczt)\b"
    r"(?: (?:n|no|nr|num|postal|de correos)\b)*((?: \d+)*)"
)
_BY_COUNTRY = {
    "US": re.compile(r"^box((?: \d+)+)\b"),
    "CA": re.compile(r"^(?:box|c ?p)((?: \d+)+)\b"),
    "SE": re.compile(r"^box((?: \d+)+)\b"),
    "FI": re.compile(r"^pl((?: \d+)+)\b"),
    "FR": re.compile(r"\bb ?p((?: \d+)+)\b"),
    "BE": re.compile(r"\bb ?p((?: \d+)+)\b"),
    "CH": re.compile(r"^c ?p((?: \d+)+)\b"),
    "IT": re.compile(r"\bc ?p((?: \d+)+)\b"),
}
"""Short forms that mean something else elsewhere."""


def po_box(address: PostalAddress) -> str | None:
    """The digits of the PO box that an address names, `""` if it has none; None if it names no PO box."""
    if address.po_box.strip():
        return "".join(character for character in address.po_box if character.isdecimal())
    text = " ".join(words(address.street))
    patterns = (_EVERYWHERE, _BY_COUNTRY.get(address.country))
    found = next((match for pattern in patterns if pattern and (match := pattern.search(text))), None)
    return None if found is None else found[1].replace(" ", "")
