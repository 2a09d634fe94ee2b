"""A purchase order of a partner as an order of ours: parts become items, sites ship-tos, units those of Rec 20."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from difflib import SequenceMatcher
from typing import Any

from domain.edi.placeholder import placeholder_for
from domain.facts.integration import Proposal
from domain.order import EdiEnvelope, OrderType
from sandbox.edi.purchase_order import OrderedLine, PurchaseOrder
from sandbox.edi.records import CatalogueItem, ItemMapping, Partner

UNITS = {"EA": "EA", "CA": "CS", "CS": "CS", "BX": "BX", "DZ": "DZN", "PK": "PK", "PL": "PF", "KG": "KGM", "LB": "LBR"}
"""X12 element 355 to UN/ECE Recommendation 20."""
MAPPING, VALIDATION = "MAPPING", "VALIDATION"
_ORDER_TYPES = {"BK": OrderType.BLANKET, "RL": OrderType.BLANKET}
_LEAST_CONFIDENCE = Decimal("0.6")
_STRANGE = re.compile(r"[^A-Za-z0-9._:-]")

Lookup = Callable[[str], ItemMapping | None]


@dataclass(frozen=True)
class Unread:
    """A line that could not be translated."""

    line_id: str
    part: str
    unit: str
    unit_known: bool = True


@dataclass(frozen=True)
class Translation:
    """The body of the order for the ERP, and what of it is only a placeholder."""

    entry: dict[str, Any]
    unread: tuple[Unread, ...]

    @property
    def kind(self) -> str | None:
        """The kind of the failure, if there is one: a part without mapping counts before a unit nobody knows."""
        if not self.unread:
            return None
        return MAPPING if any(line.unit_known for line in self.unread) else VALIDATION


def code_of(part: str) -> str:
    """A part number as ids may have it."""
    return _STRANGE.sub("-", part)[:50] or "NONE"


def translate(
    order_id: str, found: PurchaseOrder, partner: Partner, envelope: EdiEnvelope, *, lookup: Lookup, now: datetime
) -> Translation:
    """The order as the ERP takes it, with `UNMAPPED:` items where nobody has said what a part is.

    KeyError if the partner gave a ship-to that nobody knows.
    """
    need_by = found.need_by or now.date() + timedelta(days=partner.need_days)
    lines, unread = [], []
    for line in found.lines:
        entry, problem = _line(line, lookup(code_of(line.part)), found.currency)
        lines.append(entry | {"need_by": need_by.isoformat()})
        unread += [problem] if problem else []
    return Translation(
        entry={
            "order_id": order_id,
            "customer_id": partner.customer_id,
            "po_number": found.number,
            "release_number": found.release,
            "order_type": _ORDER_TYPES.get(found.kind, OrderType.STANDARD),
            "currency": found.currency,
            "service_level": partner.service_level,
            "channel": "EDI",
            "edi": envelope.model_dump(),
            "entered_by": f"edi:{partner.partner}",
            "ordered_at": now.isoformat(),
            "need_by": need_by.isoformat(),
            "carrier_cutoff": (now + timedelta(hours=partner.cutoff_hours)).isoformat(),
            "warehouse": partner.warehouse,
            "ship_to": partner.sites[found.site].model_dump(mode="json"),
            "lines": lines,
        },
        unread=tuple(unread),
    )


def _line(line: OrderedLine, mapping: ItemMapping | None, currency: str) -> tuple[dict[str, Any], Unread | None]:
    unit, price = UNITS.get(line.unit), line.price or Decimal(0)
    entry: dict[str, Any] = {
        "line_id": line.number,
        "item": placeholder_for(code_of(line.part)),
        "quantity": str(line.quantity),
        "unit": unit or line.unit,
        "unit_price": str(price),
    }
    if line.price is not None:
        pack = mapping.pack_quantity if mapping else Decimal(1)
        stated = {"unit_price": str(price), "unit": unit or line.unit, "pack_quantity": str(pack), "currency": currency}
        entry["as_ordered"] = stated
    if mapping is not None:
        entry |= {"item": mapping.item, "unit_cost": str(mapping.unit_cost)} | _packed(line, mapping, entry["unit"])
    if mapping is None or unit is None:
        return entry, Unread(line.number, code_of(line.part), unit or line.unit, unit_known=unit is not None)
    return entry, None


def _packed(line: OrderedLine, mapping: ItemMapping, unit: str) -> dict[str, str]:
    """Quantity and price in the unit that the item is kept in; prices to a hundredth of a cent."""
    pack = mapping.pack_quantity
    price = ((line.price or Decimal(0)) / pack).quantize(Decimal("0.0001"))
    return {"quantity": str(line.quantity * pack), "unit": mapping.unit or unit, "unit_price": f"{price:f}"}


def propose(part: str, catalogue: Sequence[CatalogueItem]) -> Proposal | None:
    """The item that a part most likely is: one that has this number, else the one that is written most alike."""
    known = next((item.item for item in catalogue if part in item.numbers), None)
    if known is not None:
        return Proposal(item=known, confidence=Decimal("0.98"), basis="the catalogue has this number")
    near = max(catalogue, key=lambda item: (_likeness(part, item.item), item.item), default=None)
    if near is None:
        return None
    confidence = Decimal(str(round(_likeness(part, near.item), 2)))
    return Proposal(item=near.item, confidence=confidence, basis="alike") if confidence >= _LEAST_CONFIDENCE else None


def _likeness(part: str, item: str) -> float:
    left, right = (re.sub(r"[^A-Z0-9]", "", text.upper()) for text in (part, item))
    return SequenceMatcher(None, left, right).ratio()
