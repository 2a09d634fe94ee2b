"""What may be changed about a held order, kind by kind: pure functions from an order and its arguments to an order."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Generic, TypeVar

from pydantic import BaseModel, ValidationError

from sandbox.erp import additions, line_changes, term_changes
from sandbox.erp.model import ErpOrder
from sandbox.kernel import Problem

Arguments = TypeVar("Arguments", bound=BaseModel)


class AmendmentKind(StrEnum):
    """The changes there are."""

    SET_TAX = "set_tax"
    SET_PROMISE = "set_promise"
    SPLIT_LINE = "split_line"
    ASSIGN_SOURCES = "assign_sources"
    SUBSTITUTE_LINE = "substitute_line"
    CANCEL_LINE = "cancel_line"
    SPLIT_ORDER = "split_order"
    SET_PRICE = "set_price"
    SET_SHIP_TO = "set_ship_to"
    SET_CARRIER = "set_carrier"
    SET_PURCHASE_ORDER = "set_purchase_order"
    ADD_QUANTITIES = "add_quantities"
    ADD_LINES = "add_lines"
    CONFIRM_ITEM = "confirm_item"


@dataclass(frozen=True)
class Amendment(Generic[Arguments]):
    """A kind of change: what its arguments are, and what it makes of an order."""

    arguments: type[Arguments]
    apply: Callable[[ErpOrder, Arguments], ErpOrder]

    def made(self, order: ErpOrder, arguments: dict[str, Any]) -> ErpOrder:
        """The order as it is afterwards. Raises Problem 422."""
        return self.apply(order, parsed(self.arguments, arguments))


def parsed(kind: type[Arguments], arguments: dict[str, Any]) -> Arguments:
    """The arguments as what they should be. Raises Problem 422."""
    try:
        return kind.model_validate(arguments)
    except ValidationError as error:
        errors = [{"at": ".".join(map(str, item["loc"])), "message": item["msg"]} for item in error.errors()]
        raise Problem(422, "invalid_arguments", "the arguments do not fit this kind", errors=errors) from None


AMENDMENTS: dict[AmendmentKind, Amendment[Any]] = {
    AmendmentKind.SET_TAX: Amendment(line_changes.SetTax, line_changes.set_tax),
    AmendmentKind.SET_PROMISE: Amendment(line_changes.SetPromise, line_changes.set_promise),
    AmendmentKind.SPLIT_LINE: Amendment(line_changes.SplitLine, line_changes.split_line),
    AmendmentKind.ASSIGN_SOURCES: Amendment(line_changes.AssignSources, line_changes.assign_sources),
    AmendmentKind.SUBSTITUTE_LINE: Amendment(line_changes.SubstituteLine, line_changes.substitute_line),
    AmendmentKind.CANCEL_LINE: Amendment(line_changes.CancelLine, line_changes.cancel_line),
    AmendmentKind.SPLIT_ORDER: Amendment(line_changes.SplitOrder, line_changes.split_order),
    AmendmentKind.SET_PRICE: Amendment(term_changes.SetPrice, term_changes.set_price),
    AmendmentKind.SET_SHIP_TO: Amendment(term_changes.SetShipTo, term_changes.set_ship_to),
    AmendmentKind.SET_CARRIER: Amendment(term_changes.SetCarrier, term_changes.set_carrier),
    AmendmentKind.SET_PURCHASE_ORDER: Amendment(term_changes.SetPurchaseOrder, term_changes.set_purchase_order),
    AmendmentKind.ADD_QUANTITIES: Amendment(additions.AddQuantities, additions.add_quantities),
    AmendmentKind.ADD_LINES: Amendment(additions.AddLines, additions.add_lines),
    AmendmentKind.CONFIRM_ITEM: Amendment(term_changes.ConfirmItem, term_changes.confirm_item),
}
