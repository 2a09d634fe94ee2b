"""Purchase orders as suppliers see them: received, answered after a while, and from then on binding."""

from __future__ import annotations

import asyncio
from datetime import UTC, date, datetime, timedelta

from sandbox.kernel import (
    ACTIVE,
    Cancellation,
    Client,
    Collection,
    Document,
    Problem,
    Records,
    Service,
    WriteRequest,
)
from sandbox.suppliers.records import Acknowledgement, Answer, ExpediteBody, PurchaseOrderBody, Supplier

TICK_SECONDS = 0.2
OPEN = "OPEN"


class Portal:
    """`/v1/purchase-orders` and `/v1/expedites`. When an answer is due is in the orders: a restart loses nothing."""

    def __init__(self, service: Service, acknowledge_after: timedelta) -> None:
        self._service = service
        self._after = acknowledge_after
        self._suppliers = Records(service, "suppliers", Supplier, ("supplier",))
        self._orders: Collection[PurchaseOrderBody] = service.collection(
            "purchase-orders",
            PurchaseOrderBody,
            "spo",
            on_create=_received,
            on_cancel=_withdrawn,
            indexed=("number", "acknowledgement"),
        )
        service.collection("expedites", ExpediteBody, "exp", on_create=self._expedite, on_cancel=self._restore)
        self._mount(service)

    async def work(self) -> None:
        """Have suppliers answer what is due, for ever."""
        while True:
            due = datetime.now(UTC) - self._after
            for order in self._orders.active(acknowledgement=OPEN):
                if datetime.fromisoformat(order["created_at"]) <= due:
                    self._answer(order)
            await asyncio.sleep(TICK_SECONDS)

    def _answer(self, order: Document) -> None:
        known = self._suppliers.get(order["supplier"]) or Supplier(supplier=order["supplier"])
        day = date.fromisoformat(order["due_on"])
        later = timedelta(days=known.days_later if known.answer is Answer.CHANGED else 0)
        with self._service.store.transaction():
            self._acknowledge(order["id"], Acknowledgement(answer=known.answer, confirmed_on=day + later), "supplier")

    def _acknowledge(self, order_id: str, body: Acknowledgement, client: str) -> Document:
        order = self._orders.get(order_id)
        if order["status"] != ACTIVE:
            raise Problem(409, "cancelled", f"purchase order {order['number']} is cancelled")
        confirmed_on = None if body.answer is Answer.REJECTED else (body.confirmed_on or order["due_on"])
        order |= {
            "acknowledgement": body.answer,
            "acknowledged_at": datetime.now(UTC).isoformat(),
            "confirmed_on": confirmed_on and str(confirmed_on),
        }
        self._orders.documents.put(order_id, order)
        self._service.ledger.append(
            "purchase-orders.acknowledge", order_id, client=client, order_id=order["order_id"], detail=order
        )
        return order

    def _expedite(self, _: WriteRequest, body: ExpediteBody, __: str) -> Document:
        order = self._of_number(body.purchase_order)
        if order is None:
            return {"before": None}
        if order["acknowledgement"] == Answer.REJECTED:
            raise Problem(409, "rejected", f"the supplier has rejected purchase order {body.purchase_order}")
        self._orders.documents.put(order["id"], order | {"due_on": body.due_on.isoformat()})
        return {"before": order["due_on"]}

    def _restore(self, _: WriteRequest, expedite: Document, __: Cancellation) -> Document:
        order = self._of_number(expedite["purchase_order"])
        if order is not None and expedite["before"] is not None:
            self._orders.documents.put(order["id"], order | {"due_on": expedite["before"]})
        return {}

    def _of_number(self, number: str) -> Document | None:
        return next(iter(self._orders.active(number=number)), None)

    def _mount(self, service: Service) -> None:
        @service.admin.post("/purchase-orders/{number}/acknowledgement", summary="Answer a purchase order by hand")
        async def acknowledge(number: str, body: Acknowledgement, client: Client) -> Document:
            with service.store.transaction():
                order = self._of_number(number)
                if order is None:
                    raise Problem(404, "not_found", f"there is no open purchase order {number}")
                return self._acknowledge(order["id"], body, client)


def _received(_: WriteRequest, __: PurchaseOrderBody, ___: str) -> Document:
    return {"acknowledgement": OPEN, "acknowledged_at": None, "confirmed_on": None}


def _withdrawn(_: WriteRequest, order: Document, __: Cancellation) -> Document:
    """Raises Problem 409 once the supplier has taken it on; one that was rejected is gone anyway."""
    if order["acknowledgement"] in (Answer.ACCEPTED, Answer.CHANGED):
        said = f"the supplier has acknowledged purchase order {order['number']}: {order['acknowledgement']}"
        raise Problem(409, "acknowledged", said)
    return {}
