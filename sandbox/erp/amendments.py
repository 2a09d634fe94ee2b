"""What may be changed about a held order, kind by kind: pure functions from an order and its arguments to an order."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Any, Generic, TypeVar

from pydantic import Field, ValidationError

from domain.order import LineStatus
from sandbox.erp.model import ErpLine, ErpOrder, NotNegative, Positive, Source, Strict
from sandbox.kernel import Problem

CENT = Decimal("0.01")

Arguments = TypeVar("Arguments", bound=Strict)


class AmendmentKind(StrEnum):
    """The changes there are."""

    SET_TAX = "set_tax"
    SET_PROMISE = "set_promise"
    SPLIT_LINE = "split_line"
    ASSIGN_SOURCES = "assign_sources"
    SUBSTITUTE_LINE = "substitute_line"
    CANCEL_LINE = "cancel_line"
    SPLIT_ORDER = "split_order"


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


@dataclass(frozen=True)
class Amendment(Generic[Arguments]):
    """A kind of change: what its arguments are, and what it makes of an order."""

    arguments: type[Arguments]
    apply: Callable[[ErpOrder, Arguments], ErpOrder]

    def made(self, order: ErpOrder, arguments: dict[str, Any]) -> ErpOrder:
        """The order as it is afterwards. Raises Problem 422."""
        try:
            parsed = self.arguments.model_validate(arguments)
        except ValidationError as error:
            errors = [{"at": ".".join(map(str, item["loc"])), "message": item["msg"]} for item in error.errors()]
            raise Problem(422, "invalid_arguments", "the arguments do not fit this kind", errors=errors) from None
        return self.apply(order, parsed)


def _set_tax(order: ErpOrder, change: SetTax) -> ErpOrder:
    for line_id, tax in change.lines.items():
        order = order.with_line(_open(order, line_id).model_copy(update={"tax_in_erp": tax}))
    return order.with_changes(freight_tax=change.freight_tax, tax_basis=change.basis, tax_true_up=change.true_up)


def _set_promise(order: ErpOrder, change: SetPromise) -> ErpOrder:
    for line_id, day in change.lines.items():
        order = order.with_line(_open(order, line_id).model_copy(update={"promised_on": day}))
    return order


def _split_line(order: ErpOrder, change: SplitLine) -> ErpOrder:
    line = _open(order, change.line_id)
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


def _assign_sources(order: ErpOrder, change: AssignSources) -> ErpOrder:
    line = _open(order, change.line_id)
    total = sum((source.quantity for source in change.sources), Decimal(0))
    if total != line.quantity:
        raise Problem(422, "wrong_quantity", f"the sources give {total}, the line wants {line.quantity}")
    return order.with_line(line.model_copy(update={"sources": change.sources}))


def _substitute_line(order: ErpOrder, change: SubstituteLine) -> ErpOrder:
    line = _open(order, change.line_id)
    update = {
        "item": change.item,
        "unit_price": change.unit_price,
        "unit_cost": change.unit_cost,
        "original_item": line.original_item or line.item,
    }
    return order.with_line(line.model_copy(update=update))


def _cancel_line(order: ErpOrder, change: CancelLine) -> ErpOrder:
    line = _open(order, change.line_id)
    if len(order.open_lines) == 1:
        raise Problem(409, "last_open_line", f"line {line.line_id} is the last one: cancel order {order.order_id}")
    return order.with_line(line.model_copy(update={"status": LineStatus.CANCELLED}))


def _split_order(order: ErpOrder, change: SplitOrder) -> ErpOrder:
    for line_id, quantity in change.keep.items():
        if quantity > _open(order, line_id).quantity:
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
    """The lines that `_split_order` took away, for the new order. Raises Problem 422 if either would be empty."""
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


def _open(order: ErpOrder, line_id: str) -> ErpLine:
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


AMENDMENTS: dict[AmendmentKind, Amendment[Any]] = {
    AmendmentKind.SET_TAX: Amendment(arguments=SetTax, apply=_set_tax),
    AmendmentKind.SET_PROMISE: Amendment(arguments=SetPromise, apply=_set_promise),
    AmendmentKind.SPLIT_LINE: Amendment(arguments=SplitLine, apply=_split_line),
    AmendmentKind.ASSIGN_SOURCES: Amendment(arguments=AssignSources, apply=_assign_sources),
    AmendmentKind.SUBSTITUTE_LINE: Amendment(arguments=SubstituteLine, apply=_substitute_line),
    AmendmentKind.CANCEL_LINE: Amendment(arguments=CancelLine, apply=_cancel_line),
    AmendmentKind.SPLIT_ORDER: Amendment(arguments=SplitOrder, apply=_split_order),
}
