"""Orders that may be there twice, for the tests of DUPLICATE_PO."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from domain.assessment import Assessment
from domain.exception_types import ExceptionType
from domain.facts.similar_orders import SimilarOrder, SimilarOrders
from domain.order import EdiEnvelope, Order
from tests.unit.playbooks.scenario import account, assess, order


def edi(purpose: str = "00", st: str = "0001") -> EdiEnvelope:
    """An X12 message."""
    return EdiEnvelope(
        partner="ACME",
        interchange_control="000000905",
        group_control="17",
        transaction_control=st,
        purpose=purpose,
    )


def placed_before(hours: float, **more: Any) -> SimilarOrder:
    """The order of the scenario, as the customer placed it so many hours before."""
    fields = {"order_id": "SO-0", "ordered_at": order().ordered_at - timedelta(hours=hours), **more}
    first = order(*fields.pop("lines", ()))
    return SimilarOrder.model_validate({**first.model_dump(), "value": first.value, **fields})


def doubled(the_order: Order, *others: SimilarOrder, customer: dict[str, Any] | None = None, **more: Any) -> Assessment:
    """An order that is held because others are like it."""
    values = {
        "account": account(**(customer or {})),
        "similar_orders": SimilarOrders(orders=others, version="1"),
    }
    return assess(ExceptionType.DUPLICATE_PO, values, the_order, **more)
