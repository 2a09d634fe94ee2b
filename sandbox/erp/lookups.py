"""What the ERP remembers: how orders came in, all holds they ever had, and what else the customer ordered lately."""

from __future__ import annotations

from datetime import date

from domain.edi.business_answer import OrderStory
from domain.facts.hold_history import HoldHistory, PastHold
from domain.facts.similar_orders import SimilarLine, SimilarOrder, SimilarOrders
from sandbox.erp.book import OrderBook
from sandbox.erp.model import ErpOrder
from sandbox.kernel import Service
from sandbox.kernel.versions import version_of

AT_MOST = 200
"""How many orders of a customer are looked at: the newest."""


class Lookups:
    """`/v1/orders/{id}/holds`, `/v1/orders/{id}/story` and `/v1/customers/{id}/orders`."""

    def __init__(self, service: Service, book: OrderBook) -> None:
        @service.v1.get("/orders/{order_id}/holds", tags=["orders"], summary="All holds an order ever had")
        async def holds(order_id: str) -> HoldHistory:
            return _history(book.order(order_id))

        @service.v1.get("/orders/{order_id}/story", tags=["orders"], summary="As it came in, and all its parts now")
        async def story(order_id: str) -> OrderStory:
            return book.story(order_id)

        @service.v1.get("/customers/{customer_id}/orders", tags=["orders"], summary="What else a customer ordered")
        async def orders(customer_id: str, since: date, besides: str | None = None) -> SimilarOrders:
            """In short, the newest first, and at most 200. `besides` is the order that is not wanted."""
            newest = book.newest_of(customer_id, AT_MOST)
            wanted = (order for order in newest if order.order_id != besides and order.ordered_at.date() >= since)
            found = tuple(_in_short(order) for order in wanted)
            return SimilarOrders(orders=found, version=version_of(*found))


def _history(order: ErpOrder) -> HoldHistory:
    gone = [
        PastHold(
            hold=cleared.hold,
            applied_at=cleared.hold.applied_at,
            cleared_at=cleared.cleared_at,
            cleared_by=cleared.cleared_by,
            release_id=cleared.release_id,
        )
        for cleared in order.cleared_holds
    ]
    there = [PastHold(hold=hold, applied_at=hold.applied_at) for hold in order.holds]
    oldest_first = sorted([*gone, *there], key=lambda past: past.applied_at)
    return HoldHistory(holds=tuple(oldest_first), version=f"v{order.version}")


def _in_short(order: ErpOrder) -> SimilarOrder:
    lines = tuple(SimilarLine.model_validate(line.model_dump()) for line in order.lines)
    values = order.model_dump(exclude={"lines"}) | {"lines": lines, "value": order.value}
    return SimilarOrder.model_validate(values)
