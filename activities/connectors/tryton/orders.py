"""A sale, with the reasons why it is held, as the order that the rest of Holdfast knows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal

from activities.connectors.settings import TrytonTerms
from activities.connectors.tryton.findings import PRICE, STOCK, Finding
from activities.connectors.tryton.ledger import Ledger
from activities.connectors.tryton.numbers import purchase_number, region_code, unit_code
from activities.connectors.tryton.sales import Family, Sale, SaleLine, nested
from domain.facts.similar_orders import SimilarLine, SimilarOrder
from domain.order import (
    AsOrdered,
    CarrierInstructions,
    Hold,
    HoldLevel,
    LineStatus,
    Order,
    OrderLine,
    OrderStatus,
    ServiceLevel,
    ShipTo,
)

SOURCE = "tryton"
RELEASE, CANCEL_LINE, SET_PROMISE, SET_PRICE = "release", "cancel_line", "set_promise", "set_price"
_SHIPPED = {"partially shipped": OrderStatus.PARTIALLY_SHIPPED, "sent": OrderStatus.SHIPPED}
_INVOICED = frozenset({"awaiting payment", "partially paid", "paid"})
_LINE_LEVEL = frozenset({PRICE, STOCK})
_CENT = Decimal("0.01")


def order_of(family: Family, findings: Iterable[Finding], terms: TrytonTerms) -> Order:
    """The order, its parts included."""
    sale = family.sale
    number, release = purchase_number(sale.row["reference"] or "")
    holds = holds_of(sale, findings)
    wanted = wanted_on(sale, terms)
    taxes = _taxes(family)
    return Order(
        tenant=terms.tenant,
        order_id=sale.order_id,
        version=family.version,
        status=_status(family, held=bool(holds)),
        customer_id=nested(sale.row, "party", "code") or "",
        po_number=number,
        release_number=release,
        currency=nested(sale.row, "currency", "code"),
        service_level=ServiceLevel.STANDARD,
        channel="TRYTON",
        entered_by=nested(sale.row, "create_uid", "login") or "",
        ordered_at=sale.row["create_date"],
        need_by=wanted,
        carrier_cutoff=datetime.combine(wanted, terms.cutoff, tzinfo=UTC),
        warehouse=nested(sale.row, "warehouse", "code") or "",
        ship_to=ship_to(sale),
        freight=_freight(family),
        carrier=CarrierInstructions(
            scac=nested(sale.row, "carrier", "party", "code"),
            service=nested(sale.row, "carrier", "carrier_product", "code"),
        ),
        lines=tuple(_lines(family, terms, taxes)),
        holds=holds,
    )


def holds_of(sale: Sale, findings: Iterable[Finding]) -> tuple[Hold, ...]:
    """The reasons as holds. What we have put right already stays a hold until the order is released or ended: the
    decision about it belongs to the release.
    """
    if not sale.is_open:
        return ()
    found = {finding.code: finding for finding in findings}
    for code in settled_codes(sale.ledger):
        found.setdefault(code, Finding(code, "put right, not released yet"))
    generation = 1 + sum(1 for _ in sale.ledger.standing(RELEASE))
    return tuple(
        Hold(
            hold_id=f"{sale.order_id}-{code}-{generation}",
            code=code,
            level=HoldLevel.LINE if code in _LINE_LEVEL else HoldLevel.HEADER,
            line_ids=finding.line_ids,
            source_system=SOURCE,
            source_code=code,
            reason=finding.reason,
            applied_at=sale.row["create_date"],
        )
        for code, finding in sorted(found.items())
    )


def settled_codes(ledger: Ledger) -> set[str]:
    """The holds that the sale had when we began to change it, since it was released last."""
    codes: set[str] = set()
    for entry in ledger.standing():
        codes = set() if entry.step == RELEASE else codes | set(entry.holds)
    return codes


def ship_to(sale: Sale) -> ShipTo:
    """Where it goes, without the street: to the customer's first address if nobody has said where."""
    row = sale.row
    named = "shipment_address" if row["shipment_address"] is not None else "proposed"
    return ShipTo(
        site_id=str(row.get(named) or ""),
        region=region_code(nested(row, named, "subdivision", "code") or ""),
        postal_code=nested(row, named, "postal_code") or "",
        country=nested(row, named, "country", "code") or "US",
    )


def wanted_on(sale: Sale, terms: TrytonTerms) -> date:
    """When the customer needs it: the shipping date that the sale had before we promised another."""
    promised = next(iter(sale.ledger.standing(SET_PROMISE)), None)
    day = sale.shipping_date
    if promised is not None and "shipping_date" in promised.before.sale:
        before = promised.before.sale["shipping_date"]
        day = date.fromisoformat(str(before)) if before else None
    created: datetime = sale.row["create_date"]
    return day or (created + terms.wanted_within).date()


def short_order(sale: Sale, terms: TrytonTerms) -> SimilarOrder:
    """The order in short, for the question whether two are one."""
    number, release = purchase_number(sale.row["reference"] or "")
    family = Family(sale)
    lines = tuple(
        SimilarLine(
            line_id=str(line.id),
            item=line.code,
            quantity=line.quantity,
            unit=unit_code(nested(line.row, "unit", "symbol") or ""),
            unit_price=line.unit_price,
            promised_on=sale.shipping_date,
        )
        for line in sale.goods
    )
    value = sum((line.quantity * line.unit_price for line in sale.goods), Decimal(0))
    return SimilarOrder.model_validate(
        {
            "order_id": sale.order_id,
            "version": family.version,
            "status": _status(family, held=sale.is_open),
            "customer_id": nested(sale.row, "party", "code") or "",
            "po_number": number,
            "release_number": release,
            "ordered_at": sale.row["create_date"],
            "shipped_at": sale.row["write_date"] if sale.row["shipment_state"] in _SHIPPED else None,
            "ship_to": ship_to(sale),
            "need_by": wanted_on(sale, terms),
            "lines": lines,
            "value": {"amount": value, "currency": nested(sale.row, "currency", "code")},
        }
    )


def _status(family: Family, *, held: bool) -> OrderStatus:
    """Where it stands: a processing sale whose lines all are nothing was cancelled."""
    sale = family.sale
    if sale.state == "cancelled" or (sale.state == "done" and not family_value(family)):
        return OrderStatus.CANCELLED
    if sale.is_open:
        return OrderStatus.ON_HOLD if held else OrderStatus.VALIDATING
    if sale.row["invoice_state"] in _INVOICED:
        return OrderStatus.INVOICED
    if sale.row["shipment_state"] in _SHIPPED:
        return _SHIPPED[sale.row["shipment_state"]]
    return OrderStatus.CLOSED if sale.state == "done" else OrderStatus.RELEASED


def family_value(family: Family) -> Decimal:
    """All goods and services before tax."""
    return sum((sale.value for sale in family), Decimal(0))


def _freight(family: Family) -> Decimal:
    """Services are charged like freight: a quote adds one for the carrier."""
    services = (line for sale in family for line in sale.lines if not line.is_goods)
    return sum((line.quantity * line.unit_price for line in services), Decimal(0))


def _lines(family: Family, terms: TrytonTerms, taxes: dict[int, Decimal]) -> Iterable[OrderLine]:
    for sale in family:
        for line in sale.lines:
            gone = _cancelled_quantity(sale, line)
            if line.is_goods and (line.quantity > 0 or gone is not None):
                yield _line(sale, line, gone, wanted_on(family.sale, terms), taxes.get(line.id, Decimal(0)))


def _line(sale: Sale, line: SaleLine, gone: Decimal | None, need_by: date, tax: Decimal) -> OrderLine:
    before = _price_before(sale, line)
    return OrderLine(
        line_id=str(line.id),
        item=line.code,
        quantity=gone if gone is not None else line.quantity,
        unit=unit_code(nested(line.row, "unit", "symbol") or ""),
        unit_price=line.unit_price,
        unit_cost=nested(line.row, "product", "cost_price") or Decimal(0),
        need_by=need_by,
        promised_on=sale.shipping_date if any(sale.ledger.standing(SET_PROMISE)) else None,
        tax_in_erp=tax,
        tax_as_ordered=tax,
        as_ordered=AsOrdered(
            unit_price=line.unit_price if before is None else before,
            unit=unit_code(nested(line.row, "unit", "symbol") or ""),
            currency=nested(sale.row, "currency", "code"),
        ),
        status=LineStatus.OPEN if gone is None else LineStatus.CANCELLED,
        split_from=line.split_from,
    )


def _cancelled_quantity(sale: Sale, line: SaleLine) -> Decimal | None:
    """What a line was before we took it out; None if it counts."""
    if line.quantity:
        return None
    entries: Sequence[object] = [
        entry.before.lines[str(line.id)].get("quantity")
        for entry in sale.ledger.standing(CANCEL_LINE)
        if str(line.id) in entry.before.lines
    ]
    return Decimal(str(entries[-1])) if entries else None


def _price_before(sale: Sale, line: SaleLine) -> Decimal | None:
    """The price that the sale was entered with, which is the customer's, if we have changed it."""
    for entry in sale.ledger.standing(SET_PRICE):
        price = entry.before.lines.get(str(line.id), {}).get("unit_price")
        if price is not None:
            return Decimal(str(price))
    return None


def _taxes(family: Family) -> dict[int, Decimal]:
    """Tryton knows the tax of a sale, not of a line: shared out by value, to the cent."""
    found: dict[int, Decimal] = {}
    for sale in family:
        left = Decimal(sale.row["tax_amount"] or 0)
        goods = list(sale.goods)
        total = sum((line.quantity * line.unit_price for line in goods), Decimal(0))
        for line in goods:
            share = (
                left if line is goods[-1] else (line.quantity * line.unit_price * left / (total or 1)).quantize(_CENT)
            )
            found[line.id] = share
            left -= share
            total -= line.quantity * line.unit_price
    return found
