"""Changes of an order's lines: how much of what, from where, when and with which tax. Pure functions."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from pydantic import Field

from domain.order import LineStatus
from sandbox.erp.model import ErpLine, ErpOrder, NotNegative, Positive, Source, Strict
from sandbox.kernel import Problem

CENT = Decimal("0.01")


class SetTax(Strict):
    """Book other taxes. `true_up`: they are provisional and corrected at the invoice."""

    lines: dict[str, NotNegative]
    freight_tax: NotNegative = Decimal(0)
    basis: str = ""
    true_up: bool = False


class SetPromise(Strict):
    """Promise lines for other days."""

    lines: dict[str, date]


class SplitLine(Strict):
    """Ship `now` of a line at once and `later` of it on `later_on`."""

    line_id: str
    now: Positive
    later: Positive
    later_on: date | None = None


class AssignSources(Strict):
    """Ship a line from these warehouses."""

    line_id: str
    sources: tuple[Source, ...] = Field(min_length=1)


class SubstituteLine(Strict):
    """Deliver another item instead."""

    line_id: str
    item: str = Field(min_length=1)
    unit_price: NotNegative
    unit_cost: NotNegative = Decimal(0)


class CancelLine(Strict):
    """Take a line out."""

    line_id: str


class SplitOrder(Strict):
    """Keep these quantities by line; the rest becomes an order of its own."""

    keep: dict[str, NotNegative]


def set_tax(order: ErpOrder, change: SetTax) -> ErpOrder:
    """Other taxes are booked."""
    for line_id, tax in change.lines.items():
        order = order.with_line(open_line(order, line_id).model_copy(update={"tax_in_erp": tax}))
    return order.with_changes(freight_tax=change.freight_tax, tax_basis=change.basis, tax_true_up=change.true_up)


def set_promise(order: ErpOrder, change: SetPromise) -> ErpOrder:
    """Lines are promised for other days."""
    for line_id, day in change.lines.items():
        order = order.with_line(open_line(order, line_id).model_copy(update={"promised_on": day}))
    return order


def split_line(order: ErpOrder, change: SplitLine) -> ErpOrder:
    """A part of a line ships later. Raises Problem 422 if the parts are not the whole."""
    line = open_line(order, change.line_id)
    if change.now + change.later != line.quantity:
        raise Problem(422, "wrong_quantity", f"{change.now} and {change.later} are not the {line.quantity} ordered")
    numbers = sum(1 for other in order.lines if other.split_from == line.line_id) + 2
    later = _part(line, change.later).model_copy(
        update={
            "line_id": f"{line.line_id}-{numbers}",
            "split_from": line.line_id,
            "promised_on": change.later_on,
            "status": LineStatus.BACKORDERED,
            "sources": (),
        }
    )
    lines: list[ErpLine] = []
    for other in order.lines:
        lines += [_rest(line, change.later), later] if other.line_id == line.line_id else [other]
    return order.with_changes(lines=tuple(lines))


def assign_sources(order: ErpOrder, change: AssignSources) -> ErpOrder:
    """A line ships from these warehouses. Raises Problem 422 if they give more or less than it wants."""
    line = open_line(order, change.line_id)
    total = sum((source.quantity for source in change.sources), Decimal(0))
    if total != line.quantity:
        raise Problem(422, "wrong_quantity", f"the sources give {total}, the line wants {line.quantity}")
    return order.with_line(line.model_copy(update={"sources": change.sources}))


def substitute_line(order: ErpOrder, change: SubstituteLine) -> ErpOrder:
    """Another item is delivered."""
    line = open_line(order, change.line_id)
    update = {
        "item": change.item,
        "unit_price": change.unit_price,
        "unit_cost": change.unit_cost,
        "original_item": line.original_item or line.item,
    }
    return order.with_line(line.model_copy(update=update))


def cancel_line(order: ErpOrder, change: CancelLine) -> ErpOrder:
    """A line no longer counts. Raises Problem 409 for the last one."""
    line = open_line(order, change.line_id)
    if len(order.open_lines) == 1:
        raise Problem(409, "last_open_line", f"line {line.line_id} is the last one: cancel order {order.order_id}")
    return order.with_line(line.model_copy(update={"status": LineStatus.CANCELLED}))


def split_order(order: ErpOrder, change: SplitOrder) -> ErpOrder:
    """What is not kept is gone: see `split_off`. Raises Problem 422 if a line has no such quantity to keep."""
    for line_id, quantity in change.keep.items():
        if quantity > open_line(order, line_id).quantity:
            raise Problem(422, "wrong_quantity", f"line {line_id} has no {quantity} to keep")
    kept: list[ErpLine] = []
    for line in order.lines:
        keep = change.keep.get(line.line_id, Decimal(0))
        if line.status is LineStatus.CANCELLED or keep == line.quantity:
            kept.append(line)
        elif keep:
            kept.append(_rest(line, line.quantity - keep))
    return order.with_changes(lines=tuple(kept))


def split_off(before: ErpOrder, after: ErpOrder) -> tuple[ErpLine, ...]:
    """The lines that `split_order` took away, for the new order. Raises Problem 422 if either would be empty."""
    kept = {line.line_id: line for line in after.open_lines}
    gone = []
    for line in before.lines:
        remaining = kept.get(line.line_id)
        if line.status is LineStatus.CANCELLED or (remaining is not None and remaining.quantity == line.quantity):
            continue
        quantity = line.quantity - (remaining.quantity if remaining is not None else 0)
        gone.append(_part(line, quantity).model_copy(update={"sources": ()}))
    if not gone or not kept:
        raise Problem(422, "nothing_to_split", "keep some of the order, but not all of it")
    return tuple(gone)


def open_line(order: ErpOrder, line_id: str) -> ErpLine:
    """The line, if it still counts. Raises Problem 422 if there is none, 409 if it is cancelled."""
    line = order.erp_line(line_id)
    if line.status is LineStatus.CANCELLED:
        raise Problem(409, "line_cancelled", f"line {line_id} of order {order.order_id} is cancelled")
    return line


def _part(line: ErpLine, quantity: Decimal) -> ErpLine:
    """So much of a line, with its share of the taxes."""
    share = quantity / line.quantity
    update = {
        "quantity": quantity,
        "tax_in_erp": (line.tax_in_erp * share).quantize(CENT),
        "tax_as_ordered": (line.tax_as_ordered * share).quantize(CENT),
    }
    return line.model_copy(update=update)


def _rest(line: ErpLine, taken: Decimal) -> ErpLine:
    """What is left of a line once `_part` took so much: no cent of tax is lost."""
    part = _part(line, taken)
    update = {
        "quantity": line.quantity - taken,
        "tax_in_erp": line.tax_in_erp - part.tax_in_erp,
        "tax_as_ordered": line.tax_as_ordered - part.tax_as_ordered,
        "sources": (),
    }
    return line.model_copy(update=update)
