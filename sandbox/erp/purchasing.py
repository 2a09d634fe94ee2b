"""`/v1/purchase-orders` and `/v1/purchase-order-changes`: what is bought for an order, and what is bought sooner."""

from __future__ import annotations

from datetime import date

from sandbox.erp.book import OrderBook
from sandbox.erp.model import NotNegative, Positive
from sandbox.erp.supplier_link import SupplierLink
from sandbox.kernel import CANCELLED, Cancellation, Document, Documents, Problem, Service, WriteBody, WriteRequest


class PurchaseOrderBody(WriteBody):
    """Buy goods for a line; `drop_ship` sends them straight to the customer."""

    order_id: str
    line_id: str
    item: str
    quantity: Positive
    supplier: str
    unit_cost: NotNegative
    drop_ship: bool = False
    due_on: date


class PurchaseOrderChangeBody(WriteBody):
    """Have a purchase order delivered on another day, for a price."""

    order_id: str | None = None
    purchase_order: str
    due_on: date
    cost: NotNegative


class Purchasing:
    """Purchase orders, and the days for which they are due."""

    def __init__(self, service: Service, book: OrderBook, suppliers: SupplierLink) -> None:
        self._book = book
        self._suppliers = suppliers
        self._terms = Documents(service.store, "purchase_order_terms")
        service.collection(
            "purchase-orders",
            PurchaseOrderBody,
            "po",
            on_create=self._buy,
            on_cancel=self._cancel_purchase,
            before_cancel=suppliers.ask_to_withdraw,
        )
        service.collection(
            "purchase-order-changes",
            PurchaseOrderChangeBody,
            "poc",
            on_create=self._expedite,
            on_cancel=self._restore,
        )

    def _buy(self, _: WriteRequest, body: PurchaseOrderBody, resource_id: str) -> Document:
        self._book.order(body.order_id).erp_line(body.line_id)
        number = resource_id.upper()
        self._terms.put(number, {"due_on": body.due_on.isoformat(), "status": "OPEN"})
        self._suppliers.send(resource_id, "purchase-orders", body.model_dump(mode="json") | {"number": number})
        return {"number": number}

    def _cancel_purchase(self, _: WriteRequest, resource: Document, __: Cancellation) -> Document:
        self._terms.put(resource["number"], {"due_on": resource["due_on"], "status": CANCELLED})
        self._suppliers.withdraw(resource["id"])
        return {}

    def _expedite(self, _: WriteRequest, body: PurchaseOrderChangeBody, resource_id: str) -> Document:
        before = self._terms.get(body.purchase_order)
        if before is not None and before["status"] == CANCELLED:
            raise Problem(409, "purchase_order_cancelled", f"purchase order {body.purchase_order} is cancelled")
        after = {"due_on": body.due_on.isoformat(), "cost": str(body.cost), "status": "OPEN"}
        self._terms.put(body.purchase_order, after)
        self._suppliers.send(resource_id, "expedites", body.model_dump(mode="json", exclude={"order_id"}))
        return {"before": before, "after": after}

    def _restore(self, _: WriteRequest, resource: Document, __: Cancellation) -> Document:
        number = resource["purchase_order"]
        if self._terms.get(number) != resource["after"]:
            raise Problem(409, "changed_since", f"purchase order {number} was changed again since")
        if resource["before"] is None:
            self._terms.delete(number)
        else:
            self._terms.put(number, resource["before"])
        self._suppliers.withdraw(resource["id"])
        return {}
