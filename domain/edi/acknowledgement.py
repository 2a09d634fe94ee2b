"""The business answer to a purchase order: the codes of the X12 855, from the order and what was decided about it.

ACK01 says what becomes of a line, BAK02 what becomes of the order. Source: ASC X12 005010, data elements 668 and 587.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from enum import StrEnum

from domain.base import Model
from domain.exception_types import ExceptionType
from domain.order import LineStatus, Order, OrderLine, OrderStatus


class LineCode(StrEnum):
    """ACK01: what becomes of a line."""

    SHIPPED = "AC"
    RELEASED = "AR"
    PARTIAL = "BP"
    RESCHEDULED = "DR"
    ACCEPTED = "IA"
    BACKORDERED = "IB"
    CHANGED = "IC"
    DELETED = "ID"
    PRICE_PENDING = "IE"
    DESCRIPTION_INCOMPLETE = "IF"
    HELD = "IH"
    PRICE_CHANGED = "IP"
    QUANTITY_CHANGED = "IQ"
    REJECTED = "IR"
    SUBSTITUTED = "IS"
    INVALID_ITEM = "R2"
    INVALID_UNIT = "R3"
    DATE_PENDING = "SP"


class Bak02(StrEnum):
    """BAK02: what becomes of the order."""

    DETAIL_AND_CHANGE = "AC"
    DETAIL_NO_CHANGE = "AD"
    EXCEPTIONS_ONLY = "AE"
    REJECTED = "RD"


class Pending(StrEnum):
    """What is not known yet about a line."""

    PRICE = "IE"
    DESCRIPTION = "IF"
    HOLD = "IH"
    DATE = "SP"


class Refused(StrEnum):
    """Why a line is not delivered."""

    LINE = "IR"
    ITEM = "R2"
    UNIT = "R3"


class Outcome(Model):
    """What was decided about one line; what is None is as ordered.

    `now` goes at once and `later` is backordered, both in the line's unit; `unit_price` is per that unit.
    """

    now: Decimal | None = None
    later: Decimal = Decimal(0)
    unit_price: Decimal | None = None
    item: str | None = None
    promised_on: date | None = None
    deleted: bool = False
    refused: Refused | None = None
    pending: Pending | None = None


class AcknowledgedLine(Model):
    """A line of the 855. `quantity` is what is promised, None if nothing is; `unit_price` is there if it changed."""

    line_id: str
    code: LineCode
    unit: str = "EA"
    quantity: Decimal | None = None
    unit_price: Decimal | None = None
    item: str | None = None
    promised_on: date | None = None


class Acknowledgement(Model):
    """The 855."""

    bak02: Bak02
    lines: tuple[AcknowledgedLine, ...]


_UNCHANGED = frozenset({LineCode.ACCEPTED, LineCode.RELEASED, LineCode.SHIPPED})
_NOT_DELIVERED = frozenset({LineCode.REJECTED, LineCode.DELETED, LineCode.INVALID_ITEM, LineCode.INVALID_UNIT})
_GONE = frozenset({OrderStatus.SHIPPED, OrderStatus.INVOICED, OrderStatus.CLOSED})
_LET_GO = frozenset({OrderStatus.RELEASED, OrderStatus.ALLOCATED, OrderStatus.PICKING})

PENDING_BY_TYPE: Mapping[ExceptionType, Pending] = {
    ExceptionType.PRICE_DISCREPANCY: Pending.PRICE,
    ExceptionType.INVENTORY_SHORTFALL: Pending.DATE,
    ExceptionType.INTEGRATION_FAILURE: Pending.DESCRIPTION,
}
"""What a hold of that type leaves open about the lines it is on; any other is a hold and no more."""


def acknowledgement(
    order: Order, outcomes: Mapping[str, Outcome] | None = None, *, exceptions_only: bool = False
) -> Acknowledgement:
    """The answer for the order as it was ordered, with what was decided about its lines, by line id.

    `exceptions_only` is the partner's wish to read only of the lines that differ; it counts only if some do.
    """
    decided = outcomes or {}
    lines = [_line(order, line, decided.get(line.line_id, Outcome())) for line in order.lines]
    different = [line for line in lines if line.code not in _UNCHANGED]
    bak02 = _bak02(lines, different, exceptions_only=exceptions_only)
    return Acknowledgement(bak02=bak02, lines=tuple(different if bak02 is Bak02.EXCEPTIONS_ONLY else lines))


def rejection(order: Order, why: Mapping[str, Refused] | None = None) -> Acknowledgement:
    """The answer that nothing of the order is delivered; `why` names the lines that are the reason."""
    reasons = why or {}
    refused = {line.line_id: Outcome(refused=reasons.get(line.line_id, Refused.LINE)) for line in order.lines}
    return acknowledgement(order, refused)


def _bak02(lines: Sequence[AcknowledgedLine], different: Sequence[AcknowledgedLine], *, exceptions_only: bool) -> Bak02:
    if lines and all(line.code in _NOT_DELIVERED for line in lines):
        return Bak02.REJECTED
    if not different:
        return Bak02.DETAIL_NO_CHANGE
    return Bak02.EXCEPTIONS_ONLY if exceptions_only else Bak02.DETAIL_AND_CHANGE


def _line(order: Order, line: OrderLine, outcome: Outcome) -> AcknowledgedLine:
    code = line_code(order, line, outcome)
    if code in _NOT_DELIVERED:
        return AcknowledgedLine(line_id=line.line_id, code=code)
    now = line.quantity if outcome.now is None else outcome.now
    return AcknowledgedLine(
        line_id=line.line_id,
        code=code,
        unit=line.unit,
        quantity=now + outcome.later,
        unit_price=None if outcome.unit_price == line.unit_price else outcome.unit_price,
        item=outcome.item,
        promised_on=outcome.promised_on or line.promised_on,
    )


def line_code(order: Order, line: OrderLine, outcome: Outcome) -> LineCode:
    """What becomes of a line: the refusal before what is open, what is open before what changed."""
    if outcome.refused is not None:
        return LineCode(outcome.refused.value)
    if outcome.deleted or line.status is LineStatus.CANCELLED:
        return LineCode.DELETED
    if outcome.pending is not None:
        return LineCode(outcome.pending.value)
    changes = _changes(line, outcome)
    if len(changes) > 1:
        return LineCode.CHANGED
    return changes[0] if changes else _as_ordered(order)


def _changes(line: OrderLine, outcome: Outcome) -> list[LineCode]:
    """Everything about the line that is not as ordered. A backorder has another date of itself."""
    quantity = _quantity_change(line, outcome)
    promised = outcome.promised_on or line.promised_on
    late = promised is not None and promised > line.need_by
    backordered = quantity in (LineCode.PARTIAL, LineCode.BACKORDERED)
    found = (
        LineCode.SUBSTITUTED if outcome.item not in (None, line.item) else None,
        LineCode.PRICE_CHANGED if outcome.unit_price not in (None, line.unit_price) else None,
        quantity,
        LineCode.RESCHEDULED if late and not backordered else None,
    )
    return [code for code in found if code is not None]


def _quantity_change(line: OrderLine, outcome: Outcome) -> LineCode | None:
    now = line.quantity if outcome.now is None else outcome.now
    if line.status is LineStatus.BACKORDERED or (now == 0 and outcome.later == line.quantity):
        return LineCode.BACKORDERED
    if outcome.later > 0 and now + outcome.later == line.quantity:
        return LineCode.PARTIAL
    return LineCode.QUANTITY_CHANGED if now + outcome.later != line.quantity else None


def _as_ordered(order: Order) -> LineCode:
    if order.status in _GONE:
        return LineCode.SHIPPED
    return LineCode.RELEASED if order.status in _LET_GO else LineCode.ACCEPTED
