"""A place to deliver to, without saying in words which one it is."""

from __future__ import annotations

from domain.address import street
from domain.address.po_box import po_box
from domain.address.text import words
from domain.base import digest
from domain.facts.address import PostalAddress

_LENGTH = 16
_TOWN_WORDS = {"saint": "st", "sainte": "ste", "fort": "ft", "mount": "mt"}


def premise_of(address: PostalAddress) -> str:
    """A digest of house number and street, or of the PO box: the same for every way to write them, `""` without any.

    The town is no part of it. Suites and floors are not either: the goods come to the same door.
    """
    box = po_box(address)
    parts = street.comparable(address.country, address.street) if box is None else ("po box", box)
    return digest(address.country, parts)[:_LENGTH] if parts else ""


def same_town(one: str, other: str) -> bool:
    """Whether two names of a town are the same name."""
    return _town(one) == _town(other)


def _town(name: str) -> tuple[str, ...]:
    return tuple(_TOWN_WORDS.get(word, word) for word in words(name)) or (name.strip(),)
