"""What the ERP checks about an order by itself, when it comes in: to the letter, as ERPs do.

It converts no units, knows no contract and no geography. What somebody has decided about the order, it leaves alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from pydantic import BaseModel

from domain.facts.address import PostalAddress
from domain.order import HoldLevel, OrderType
from sandbox.erp.model import ErpOrder, HoldEntry, destination

_PO_BOX = re.compile(r"\bP\W*O\W*BOX\b", re.IGNORECASE)
_NOT_BINDING = frozenset({OrderType.BLANKET, OrderType.QUOTE})


def price_hold(order: ErpOrder) -> HoldEntry | None:
    """A hold on the lines whose price is not the figure on the customer's order."""
    if order.price_basis:
        return None
    different = [
        line.line_id
        for line in order.open_lines
        if line.as_ordered is not None and line.as_ordered.unit_price != line.unit_price
    ]
    if not different:
        return None
    reason = f"price on the order and price here differ for {len(different)} of {len(order.open_lines)} lines"
    return HoldEntry(code="PRICE", level=HoldLevel.LINE, line_ids=tuple(different), reason=reason)


class MasterSite(BaseModel):
    """A ship-to of the customer as the CRM keeps it."""

    site_id: str
    street: str
    city: str
    po_box: str = ""


class MasterSites(BaseModel):
    """All ship-tos of a customer."""

    sites: tuple[MasterSite, ...]


def address_hold(order: ErpOrder, address: PostalAddress | None, master: MasterSites | None) -> HoldEntry | None:
    """A hold if an address came with the order that is not whole, or not that of the site to the letter.

    Without the master data nobody knows more than whether it is written as addresses are.
    """
    if address is None or order.ship_to_basis:
        return None
    wrong = [*_wrong(order, address), *_unlike(order, address, master)]
    return HoldEntry(code="ADDRESS", reason=f"ship-to address: {'; '.join(wrong)}") if wrong else None


def _wrong(order: ErpOrder, address: PostalAddress) -> Iterable[str]:
    """What is wrong, in words that give nothing of it away."""
    site = order.ship_to
    if not address.street.strip() and not address.po_box.strip():
        yield "no street"
    if not address.city.strip():
        yield "no city"
    for name in ("region", "postal_code", "country"):
        if getattr(address, name) != getattr(site, name):
            yield f"{name.replace('_', ' ')} is not that of site {site.site_id}"
    if order.freight and (address.po_box.strip() or _PO_BOX.search(address.street)):
        yield "a PO box, and the order has freight"


def _unlike(order: ErpOrder, address: PostalAddress, master: MasterSites | None) -> Iterable[str]:
    """How it differs from the site that the order names."""
    if master is None:
        if any(part != _as_kept(part) for part in (address.street, address.city)):
            yield "not written as addresses are kept here"
        return
    site = next((site for site in master.sites if site.site_id == order.ship_to.site_id), None)
    if site is None:
        yield f"the customer has no site {order.ship_to.site_id}"
    elif (address.street, address.city, address.po_box) != (site.street, site.city, site.po_box):
        yield f"street and city are not those of site {site.site_id} to the letter"


def _as_kept(text: str) -> str:
    """In capitals, without stops and commas, with single spaces."""
    return " ".join(text.upper().replace(".", " ").replace(",", " ").split())


def carrier_hold(order: ErpOrder) -> HoldEntry | None:
    """A hold if carrier instructions came with the order that a warehouse cannot follow, or that are for elsewhere."""
    if not order.carrier_given:
        return None
    if order.carrier.is_complete:
        elsewhere = bool(order.carrier_for) and order.carrier_for != destination(order.ship_to)
        reason = f"carrier and freight are for {order.carrier_for}, and the goods go elsewhere"
        return HoldEntry(code="CARRIER", reason=reason) if elsewhere else None
    missing = [name for name in ("scac", "service") if not getattr(order.carrier, name)]
    if order.carrier.freight_terms.needs_account and not order.carrier.account:
        missing.append("account")
    return HoldEntry(code="CARRIER", reason=f"carrier instructions lack {', '.join(missing)}")


def duplicate_hold(order: ErpOrder, alike: Iterable[ErpOrder]) -> HoldEntry | None:
    """A hold if the customer has an order of the same number, or one that came in the same message, be it ended."""
    if order.po_checked or order.order_type in _NOT_BINDING:
        return None
    twins = [other.order_id for other in alike if _may_be_the_same(order, other)]
    return HoldEntry(code="DUPLICATE", reason=f"same purchase order as {', '.join(twins[:5])}") if twins else None


def _may_be_the_same(order: ErpOrder, other: ErpOrder) -> bool:
    if other.family == order.family or other.order_type in _NOT_BINDING:
        return False
    replayed = order.message_key is not None and order.message_key == other.message_key
    return replayed or not other.status.is_dead
