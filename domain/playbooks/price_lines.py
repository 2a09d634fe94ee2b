"""An order's lines with their prices side by side, made of the order and what pricing knows."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from domain.facts.pricing import LinePrices, Prices, Rebate, RebateDirection
from domain.order import Order, OrderLine
from domain.pricing.agreed import effective, scheduled
from domain.pricing.comparison import LinePrice
from domain.pricing.conversion import Footing, rounded
from domain.pricing.margin import NOTHING, Margins


def price_date(order: Order) -> date:
    """The day whose prices count: the one on which the customer ordered."""
    return order.ordered_at.date()


def compare(order: Order, prices: Prices, floor_percent: Decimal, target_percent: Decimal) -> tuple[LinePrice, ...]:
    """The open lines. The margins are those of items that have none of their own."""
    return tuple(_compared(order, line, prices, floor_percent, target_percent) for line in order.open_lines)


def _compared(order: Order, line: OrderLine, prices: Prices, floor: Decimal, target: Decimal) -> LinePrice:
    known = prices.of_line(line.line_id) or LinePrices(line_id=line.line_id, item=line.item)
    footing = Footing(line.unit, line.pack_quantity, order.currency, prices.rates, known.packs)
    agreed = effective(known, price_date(order), line.quantity, footing)
    in_erp = rounded(line.unit_price)
    entitled = agreed.price if agreed else in_erp
    return LinePrice(
        line=line,
        footing=footing,
        stated=_stated(line, footing, entitled),
        in_erp=in_erp,
        agreed=agreed,
        margins=_margins(line, known, footing, floor, target),
        record=known.record,
        listed=None if known.record is None else scheduled(known.record.prices, line.quantity, footing),
        last_paid=known.last_paid,
    )


def _stated(line: OrderLine, footing: Footing, entitled: Decimal) -> Decimal | None:
    """The purchase order's price. A customer who states none takes the one there is."""
    if line.as_ordered is None:
        return entitled
    stated = line.as_ordered
    return footing.price(stated.unit_price, stated.unit, stated.pack_quantity, stated.currency)


def _margins(line: OrderLine, known: LinePrices, footing: Footing, floor: Decimal, target: Decimal) -> Margins:
    costing = known.costing
    cost = footing.per_base(costing.cost, costing.currency) if costing else None
    if cost is None and line.unit_cost:
        cost = line.unit_cost
    if costing is not None and costing.floor_margin_percent is not None:
        floor = costing.floor_margin_percent
    if costing is not None and costing.target_margin_percent is not None:
        target = costing.target_margin_percent
    outgoing = [rebate for rebate in known.rebates if rebate.direction is RebateDirection.OUT]
    incoming = [rebate for rebate in known.rebates if rebate.direction is RebateDirection.IN]
    return Margins(
        cost=cost,
        floor_percent=floor,
        target_percent=target,
        rebate_out_percent=sum((rebate.percent for rebate in outgoing), NOTHING),
        rebate_out=_per_unit(outgoing, footing),
        rebate_in_percent=sum((rebate.percent for rebate in incoming), NOTHING),
        rebate_in=_per_unit(incoming, footing),
    )


def _per_unit(rebates: Sequence[Rebate], footing: Footing) -> Decimal:
    """Rebates per unit of the line; one in a currency without a rate counts as none."""
    amounts = (footing.per_base(rebate.amount, rebate.currency) for rebate in rebates)
    return sum((amount for amount in amounts if amount is not None), NOTHING)
