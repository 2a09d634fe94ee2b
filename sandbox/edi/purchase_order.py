"""What an 850 (purchase order) or 860 (change of one) says: the segments that the sandbox needs, read with care."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal, InvalidOperation

from sandbox.edi.x12 import ELEMENT_INVALID, ELEMENT_MISSING, SEGMENT_MISSING, Fault, Segment, TransactionSet, element

_PART_QUALIFIERS = ("BP", "VP", "UP", "EN", "IN")
"""Buyer's and vendor's part number, UPC, EAN, buyer's item number: the first that is there names the part."""
_DELETED = "DI"
_REQUESTED_DELIVERY = ("002", "010")


@dataclass(frozen=True)
class OrderedLine:
    """A PO1 (or POC): the part by each qualifier, `quantity` in `unit`, and the price per unit if one is stated."""

    number: str
    quantity: Decimal
    unit: str
    price: Decimal | None
    parts: tuple[tuple[str, str], ...]

    @property
    def part(self) -> str:
        """The number by which the partner knows the part; empty if it gave none."""
        known = dict(self.parts)
        return next((known[qualifier] for qualifier in _PART_QUALIFIERS if qualifier in known), "")


@dataclass(frozen=True)
class PurchaseOrder:
    """`purpose` is BEG01 or BCH01, `kind` BEG02 (`BK` blanket, `RL` release), `site` the ship-to's number in N104."""

    purpose: str
    kind: str
    number: str
    release: str
    currency: str
    references: tuple[tuple[str, str], ...]
    need_by: date | None
    site: str
    lines: tuple[OrderedLine, ...]


def read(document: TransactionSet) -> tuple[PurchaseOrder | None, tuple[Fault, ...]]:
    """The order, or what is wrong with its syntax: mandatory segments and elements that are missing or no numbers."""
    head = document.first("BEG" if document.kind == "850" else "BCH")
    faults = [*document.faults]
    if head is None:
        faults.append(Fault(SEGMENT_MISSING, "BEG" if document.kind == "850" else "BCH", 2))
    elif not element(head, 3):
        faults.append(Fault(ELEMENT_MISSING, head[0], 2, 3))
    lines = []
    for position, segment in enumerate(document.segments, 2):
        if segment[0] in ("PO1", "POC") and element(segment, 2) != _DELETED:
            line = _line(segment, position)
            faults.append(line) if isinstance(line, Fault) else lines.append(line)
    if not lines and not faults:
        faults.append(Fault(SEGMENT_MISSING, "PO1" if document.kind == "850" else "POC", len(document.segments) + 2))
    if faults or head is None:
        return None, tuple(faults)
    return _order(document, head, tuple(lines)), ()


def _order(document: TransactionSet, head: Segment, lines: tuple[OrderedLine, ...]) -> PurchaseOrder:
    references = tuple((element(s, 1), element(s, 2)) for s in document.segments if s[0] == "REF")
    days = (element(s, 2) for s in document.segments if s[0] == "DTM" and element(s, 1) in _REQUESTED_DELIVERY)
    sites = (element(s, 4) for s in document.segments if s[0] == "N1" and element(s, 1) == "ST")
    return PurchaseOrder(
        purpose=element(head, 1) or "00",
        kind=element(head, 2) or "SA",
        number=element(head, 3),
        release=element(head, 4),
        currency=element(document.first("CUR"), 2) or "USD",
        references=references,
        need_by=_day(next(days, "")),
        site=next(sites, ""),
        lines=lines,
    )


def _line(segment: Segment, position: int) -> OrderedLine | Fault:
    """PO1: line, quantity, unit, price, basis, then pairs. POC has the kind of change and what is left in between."""
    change = segment[0] == "POC"
    at_quantity, at_unit, at_price = (3, 5, 6) if change else (2, 3, 4)
    quantity, price = _number(element(segment, at_quantity)), _number(element(segment, at_price))
    if quantity is None or quantity <= 0:
        missing = not element(segment, at_quantity)
        return Fault(ELEMENT_MISSING if missing else ELEMENT_INVALID, segment[0], position, at_quantity)
    if price is None and element(segment, at_price):
        return Fault(ELEMENT_INVALID, segment[0], position, at_price)
    return OrderedLine(
        number=element(segment, 1) or str(position),
        quantity=quantity,
        unit=element(segment, at_unit) or "EA",
        price=price,
        parts=_pairs(segment[at_price + 2 :]),
    )


def _pairs(elements: Segment) -> tuple[tuple[str, str], ...]:
    return tuple(pair for pair in zip(elements[::2], elements[1::2], strict=False) if all(pair))


def _number(text: str) -> Decimal | None:
    try:
        value = Decimal(text.strip())
    except InvalidOperation:
        return None
    return value if value.is_finite() and value >= 0 else None


def _day(text: str) -> date | None:
    try:
        return datetime.strptime(text, "%Y%m%d").date()  # noqa: DTZ007 - a day has no zone
    except ValueError:
        return None
