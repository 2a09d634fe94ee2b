"""What a trading partner is told when its order is let go or ended: what it ordered, held against what it gets."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from domain.base import Model
from domain.edi.acknowledgement import Acknowledgement, Outcome, Pending, Refused, acknowledgement, rejection
from domain.edi.placeholder import is_placeholder
from domain.order import LineStatus, Order, OrderLine, OrderStatus
from domain.pricing.conversion import rounded

_NOTHING = Decimal(0)
_SHIPPED = frozenset({OrderStatus.SHIPPED, OrderStatus.INVOICED, OrderStatus.CLOSED})


class OrderStory(Model):
    """An order as it came in, and what has become of it: itself first, then whatever was split off it."""

    ordered: Order
    parts: tuple[Order, ...]


def business_answer(story: OrderStory, *, exceptions_only: bool = False) -> Acknowledgement:
    """The 855 by which nothing is left open, but for parts that are held by themselves.

    A line whose parts all wait for people is on hold. An order of which nothing will ship is rejected, with the lines
    as the reason that nobody could read.
    """
    ordered = story.ordered
    live = [part for part in story.parts if not part.status.is_dead]
    if not live:
        lines = [line for part in story.parts for line in part.lines]
        return rejection(ordered, {line.line_id: Refused.ITEM for line in lines if is_placeholder(line.item)})
    outcomes = {line.line_id: _outcome(line, live, ordered.currency) for line in ordered.lines}
    return acknowledgement(_as_it_stands(ordered, live), outcomes, exceptions_only=exceptions_only)


def _as_it_stands(ordered: Order, live: Sequence[Order]) -> Order:
    """The order as the partner wrote it; shipped if all parts that are not held have shipped, else released."""
    going = {part.status for part in live if not part.holds}
    status = OrderStatus.SHIPPED if going and going <= _SHIPPED else OrderStatus.RELEASED
    lines = tuple(line.model_copy(update={"unit_price": _stated(line, ordered.currency)}) for line in ordered.lines)
    return ordered.model_copy(update={"status": status, "lines": lines})


def _outcome(line: OrderLine, live: Sequence[Order], currency: str) -> Outcome:
    delivering = [
        (found, bool(part.holds)) for part in live for found in part.open_lines if _origin(found, part) == line.line_id
    ]
    if not delivering:
        return Outcome(deleted=True)
    if all(is_held for _, is_held in delivering):
        return Outcome(pending=Pending.HOLD)
    later = [found.quantity for found, is_held in delivering if is_held or found.status is LineStatus.BACKORDERED]
    total = sum((found.quantity for found, _ in delivering), _NOTHING)
    waiting = sum(later, _NOTHING)
    promised = [found.promised_on for found, _ in delivering if found.promised_on is not None]
    return Outcome(
        now=total - waiting,
        later=waiting,
        unit_price=_price(line, delivering[0][0], currency),
        item=_item(line, [found for found, _ in delivering]),
        promised_on=max(promised, default=None),
    )


def _origin(line: OrderLine, order: Order) -> str:
    """The line of the partner's that it is, or is a part of."""
    lines = {other.line_id: other for other in order.lines}
    while line.split_from is not None:
        if line.split_from not in lines:
            return line.split_from
        line = lines[line.split_from]
    return line.line_id


def _item(line: OrderLine, delivering: Sequence[OrderLine]) -> str | None:
    """Another item than was ordered. What the partner's part number turned out to mean is no other."""
    if is_placeholder(line.item):
        return None
    return next((found.item for found in delivering if found.item != line.item), None)


def _price(line: OrderLine, found: OrderLine, currency: str) -> Decimal | None:
    """Another price than the partner stated; who stated none has none that could be another."""
    if line.as_ordered is None or rounded(found.unit_price) == _stated(line, currency):
        return None
    return found.unit_price


def _stated(line: OrderLine, currency: str) -> Decimal:
    """The partner's price per unit of the line. In another currency, or in a unit of which nothing is known, the price
    at which the order was entered stands for it.
    """
    stated = line.as_ordered
    known = stated is not None and stated.currency == currency
    if stated is None or not known or (stated.unit != line.unit and stated.pack_quantity == 1):
        return rounded(line.unit_price)
    return rounded(stated.unit_price * line.pack_quantity / stated.pack_quantity)
