"""What is added to an order: more of its lines, and new lines."""

from __future__ import annotations

from decimal import Decimal

from pydantic import Field

from sandbox.erp.line_changes import CENT, open_line
from sandbox.erp.model import ErpLine, ErpOrder, LineEntry, Positive, Strict
from sandbox.kernel import Problem


class AddQuantities(Strict):
    """So much more of lines, by line id."""

    lines: dict[str, Positive] = Field(min_length=1)


class AddLines(Strict):
    """New lines. A tax that is not given is 0 until the order is taxed again."""

    lines: tuple[LineEntry, ...] = Field(min_length=1)


def add_quantities(order: ErpOrder, change: AddQuantities) -> ErpOrder:
    """Lines have more; their taxes follow their value, and where they ship from is open again."""
    for line_id, quantity in change.lines.items():
        order = order.with_line(_more(open_line(order, line_id), quantity))
    return order


def add_lines(order: ErpOrder, change: AddLines) -> ErpOrder:
    """The order has more lines. Raises Problem 422 if it has one of that id."""
    taken = {line.line_id for line in order.lines}
    for entry in change.lines:
        if entry.line_id in taken:
            raise Problem(422, "line_exists", f"order {order.order_id} has a line {entry.line_id}")
        taken.add(entry.line_id)
    new = tuple(entry.line() for entry in change.lines)
    return order.with_changes(lines=(*order.lines, *new))


def _more(line: ErpLine, quantity: Decimal) -> ErpLine:
    share = 1 + quantity / line.quantity
    update = {
        "quantity": line.quantity + quantity,
        "tax_in_erp": (line.tax_in_erp * share).quantize(CENT),
        "tax_as_ordered": (line.tax_as_ordered * share).quantize(CENT),
        "sources": (),
    }
    return line.model_copy(update=update)
