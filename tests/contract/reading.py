"""Orders as the ports tell them, made comparable; and attempts as Temporal makes them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from activities.connectors.errors import SystemCallFailed
from activities.connectors.http import CallContext
from domain.calls import StepCall, StepResult
from domain.order import Order
from tests.contract.house import Ports
from tests.contract.operations import case_of
from tests.unit.activities.conftest import run

_OURS = {"version", "status", "holds", "cleared_holds"}
_OF_ONE_ORDER = {"order_id", "po_number", "ordered_at", "need_by", "carrier_cutoff"}
_OF_ONE_LINE = {"line_id", "split_from"}


async def read(ports: Ports, order_id: str) -> Order:
    """The order, as it is now."""

    async def order(_: None) -> Order:
        return await ports.erp.order(CallContext.of(case_of(order_id)), order_id)

    return await run(order, None)


async def has_passed(step: Callable[[StepCall], Awaitable[StepResult]], call: StepCall) -> bool:
    """Whether an attempt came to its end; False if it failed in a way that passes, as Temporal would try again."""
    try:
        await run(step, call)
    except SystemCallFailed as failure:
        if not failure.kind.passes:
            raise
        return False
    return True


def contents(order: Order) -> dict[str, Any]:
    """What the order says, apart from how often it was written and the ids of lines that come and go."""
    said = order.model_dump(mode="json", exclude=_OURS)
    said["lines"] = sorted((_without(line, _OF_ONE_LINE) for line in said["lines"]), key=str)
    return said


def shape(order: Order) -> Any:
    """What two orders that went the same way have in common."""
    said = _without(contents(order), _OF_ONE_ORDER)
    said["lines"] = [_without(line, {"need_by"}) for line in said["lines"]]
    return said


def _without(said: dict[str, Any], names: set[str]) -> dict[str, Any]:
    return {name: value for name, value in said.items() if name not in names}
