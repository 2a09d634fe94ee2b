"""How much of an order fits under a sum of money."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_FLOOR, Decimal

from domain.order import Order, OrderLine


@dataclass(frozen=True)
class PartOfOrder:
    """The quantities to keep, by line, and what the customer will owe for them: goods, their tax, all the freight."""

    keep: Mapping[str, Decimal]
    total: Decimal


def part_within(order: Order, budget: Decimal) -> PartOfOrder | None:
    """The part of the order that costs no more than `budget`, in whole packs, what is needed first coming first.

    None if that is nothing or everything.
    """
    left = budget - order.freight
    keep: dict[str, Decimal] = {}
    for line in sorted(order.open_lines, key=lambda line: (line.need_by, line.line_id)):
        quantity = _affordable(line, left)
        if quantity > 0:
            keep[line.line_id] = quantity
            left -= quantity * _each(line)
    if not keep or all(keep.get(line.line_id) == line.quantity for line in order.open_lines):
        return None
    return PartOfOrder(keep, budget - left)


def _affordable(line: OrderLine, money: Decimal) -> Decimal:
    each = _each(line)
    if money >= each * line.quantity:
        return line.quantity
    if money <= 0:
        return Decimal(0)
    packs = (money / (each * line.pack_quantity)).to_integral_value(ROUND_FLOOR)
    return packs * line.pack_quantity


def _each(line: OrderLine) -> Decimal:
    """Price and tax of one unit."""
    return (line.value + line.tax_in_erp) / line.quantity
