"""What makes orders alike: their purchase order number, the EDI message they came in, and what they ask for."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from domain.base import digest
from domain.facts.similar_orders import SimilarLine
from domain.order import EdiEnvelope, LineStatus, OrderLine, ShipTo

Line = OrderLine | SimilarLine


@dataclass(frozen=True)
class PurchaseKey:
    """The exact key: sold-to, normalised PO number and release number."""

    customer_id: str
    po_number: str
    release_number: str

    @classmethod
    def of(cls, customer_id: str, po_number: str, release_number: str) -> PurchaseKey | None:
        """None if the customer gave no number: orders without one are not the same for that."""
        number = normalised(po_number)
        return cls(customer_id, number, normalised(release_number)) if number else None


@dataclass(frozen=True)
class MessageKey:
    """The EDI key: who sent it, ISA13, GS06, ST02, BEG03 and BEG01. One message has one, however often it comes."""

    partner: str
    interchange_control: str
    group_control: str
    transaction_control: str
    po_number: str
    purpose: str

    @classmethod
    def of(cls, edi: EdiEnvelope | None, po_number: str) -> MessageKey | None:
        """The key of the message that an order came in; None if it came in none, or in one without its numbers."""
        if edi is None:
            return None
        numbers = (edi.interchange_control, edi.group_control, edi.transaction_control)
        isa13, gs06, st02 = (normalised(number) for number in numbers)
        if not (isa13 and gs06 and st02):
            return None
        return cls(edi.partner, isa13, gs06, st02, normalised(po_number), edi.purpose)


def normalised(number: str) -> str:
    """A number as it is compared: upper case, letters and digits only, without leading zeros.

    A number of nothing but zeros is `0`, so that it is not taken for none.
    """
    upper = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", number).upper())
    plain = "".join(character for character in upper if character.isalnum())
    return plain.lstrip("0") or plain[:1]


def wanted(lines: Iterable[Line]) -> dict[tuple[str, str], Decimal]:
    """By item and unit, how much is wanted in all: it does not matter over how many lines."""
    found: dict[tuple[str, str], Decimal] = {}
    for line in lines:
        if line.status is not LineStatus.CANCELLED:
            key = line.item, line.unit
            found[key] = found.get(key, Decimal(0)) + line.quantity
    return found


def content_key(ship_to: ShipTo, need_by: date, lines: Iterable[Line]) -> str:
    """The content key: a digest of the ship-to, the need-by date and how much of which item is wanted."""
    amounts = sorted([item, unit, f"{quantity.normalize():f}"] for (item, unit), quantity in wanted(lines).items())
    return digest(ship_to, need_by.isoformat(), amounts)
