"""The ERP's own validation of an order against stock, credit and tax: simple on purpose, as ERPs are, and strict.

It knows nothing of receipts, substitutes, unapplied cash or tolerances: what it stops is for people, or for Holdfast.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from decimal import Decimal

from domain.edi.placeholder import is_placeholder
from domain.facts.credit import CreditPosition
from domain.facts.inventory import StockPosition, StockPositions
from domain.facts.tax import TaxQuote
from domain.order import HoldClass, HoldLevel
from sandbox.erp.model import ErpOrder, HoldEntry

OLDEST_OVERDUE_DAYS = 15
StatedTaxes = Mapping[str, tuple[Decimal | None, Decimal | None]]


def stock_hold(order: ErpOrder, stock: StockPositions) -> HoldEntry | None:
    """A hold on the lines that the planned warehouse cannot serve from what it has now.

    What nobody knows to be an item is nobody's stock: the line is checked when somebody has said what it is for.
    """
    free: dict[str, Decimal] = defaultdict(Decimal)
    for position in stock.positions:
        if position.warehouse == order.warehouse:
            free[position.item] += _free(position)
    short = []
    for line in order.open_lines:
        if is_placeholder(line.item):
            continue
        free[line.item] -= line.quantity
        if free[line.item] < 0:
            short.append(line.line_id)
    if not short:
        return None
    return HoldEntry(
        code="STOCK",
        level=HoldLevel.LINE,
        line_ids=tuple(short),
        reason=f"not enough stock in {order.warehouse} for {len(short)} of {len(order.open_lines)} lines",
    )


def _free(position: StockPosition) -> Decimal:
    return position.on_hand - position.quality_hold - position.hard_allocated - position.safety_stock


def credit_hold(order: ErpOrder, position: CreditPosition, committed: Decimal) -> HoldEntry | None:
    """A hold if the customer owes too much, too long, or has failed to pay; `committed` is what the ERP itself adds."""
    if position.insolvent:
        return HoldEntry(code="CREDIT", hold_class=HoldClass.HARD, reason="the customer is insolvent")
    exposure = _exposure(position) + order.total.amount + committed
    reasons = []
    if exposure > position.limit:
        reasons.append(f"exposure {exposure:.2f} over limit {position.limit:.2f} {position.currency}")
    group_exposure = position.group_exposure + exposure
    if position.group_limit is not None and group_exposure > position.group_limit:
        reasons.append(f"group exposure {group_exposure:.2f} over limit {position.group_limit:.2f} {position.currency}")
    if position.oldest_overdue_days > OLDEST_OVERDUE_DAYS:
        reasons.append(f"oldest item {position.oldest_overdue_days} days overdue")
    if position.returned_payments_90d:
        reasons.append(f"{position.returned_payments_90d} returned payments in 90 days")
    return HoldEntry(code="CREDIT", reason="; ".join(reasons)) if reasons else None


def _exposure(position: CreditPosition) -> Decimal:
    owed = position.open_receivables + position.delivered_not_billed + position.billed_not_posted
    return owed + position.open_orders


def tax_hold(order: ErpOrder, quote: TaxQuote, stated: StatedTaxes) -> HoldEntry | None:
    """A hold if any tax that somebody stated is not the engine's, to the cent."""
    engine = {line.line_id: line.tax for line in quote.lines}
    different = [
        line.line_id
        for line in order.open_lines
        if any(tax is not None and tax != engine.get(line.line_id, Decimal(0)) for tax in stated.get(line.line_id, ()))
    ]
    if not different:
        return None
    total = sum((line.tax_in_erp for line in order.open_lines), Decimal(0))
    booked = sum(engine.values(), Decimal(0))
    reason = f"tax {total:.2f} on the order, {booked:.2f} by the engine; lines {', '.join(different)} differ"
    return HoldEntry(code="TAX", reason=reason)


def with_engine_taxes(order: ErpOrder, quote: TaxQuote, stated: StatedTaxes) -> ErpOrder:
    """The order with the engine's taxes where nobody stated any."""
    engine = {line.line_id: line.tax for line in quote.lines}
    lines = []
    for line in order.lines:
        tax = engine.get(line.line_id, Decimal(0))
        as_ordered, in_erp = stated.get(line.line_id, (None, None))
        changes = {
            "tax_as_ordered": tax if as_ordered is None else as_ordered,
            "tax_in_erp": tax if in_erp is None else in_erp,
        }
        lines.append(line.model_copy(update=changes))
    return order.with_changes(lines=tuple(lines))
