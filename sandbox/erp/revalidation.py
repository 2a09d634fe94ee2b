"""`/v1/orders/{id}/revalidate`: an order that could not be validated, or that is not what it was, is judged again."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime
from decimal import Decimal

from fastapi import Response

from domain.events import EventType
from domain.facts.validation import OrderValidation
from domain.order import Hold
from sandbox.erp.book import OrderBook, place_holds
from sandbox.erp.model import NOT_GONE_YET, ErpOrder
from sandbox.erp.validation import INTEGRATION, Validation, Verdict, silent_system
from sandbox.kernel import (
    ACTIVE,
    CANCELLED,
    Answer,
    Cancellation,
    Documents,
    Page,
    Paging,
    Problem,
    Service,
    Write,
    WriteBody,
    WriteRequest,
    require_match,
)


class Revalidation:
    """Asks the neighbours again about a held order.

    The INTEGRATION hold stays: whoever decides about the order releases it. It says what the system answered, and
    the order what systems are still silent. That is one version, which the write answers with. What the order turns
    out to be held for besides is the next version, and is told to everybody: it is news to the one who asked, too.
    """

    def __init__(self, service: Service, book: OrderBook, validation: Validation) -> None:
        self._book = book
        self._validation = validation
        self._made = Documents(service.store, "revalidations", ("reference", "order_id"))
        self._mount(service)

    async def again(self, write: WriteRequest, order_id: str, body: WriteBody) -> Response:
        """Judge an order again. Raises Problem 409 if nothing holds it, 412 if it was changed while that was done."""
        earlier = write.earlier()
        if earlier is not None:
            return earlier
        order = self._book.order(order_id)
        require_match(write.if_match, order.version)
        if order.status not in NOT_GONE_YET or not order.holds:
            raise Problem(409, "order_not_held", f"order {order_id} is {order.status} and not held")
        verdict = await self._validation.judge(order, order.stated_taxes())
        return write.once(lambda: self._keep(write, order_id, verdict, body.reference))

    def _keep(self, write: WriteRequest, order_id: str, verdict: Verdict, reference: str) -> Answer:
        before = self._book.order(order_id)
        require_match(write.if_match, before.version)
        order = self._book.change(order_id, lambda order: _judged(order, verdict))
        self._book.tell(EventType.ORDER_CHANGED, order, detail="validated again", by=write.client)
        found = self._validation.missing(order, verdict)
        if found:
            held = self._book.change(order_id, lambda order: place_holds(order, found))
            self._book.tell_placed(held, len(order.holds))
        made_id = f"rev-{uuid.uuid4().hex[:12]}"
        made = {
            "id": made_id,
            "reference": reference,
            "status": ACTIVE,
            "order_id": order_id,
            "order_version": order.version,
            "unanswered": list(order.unanswered),
            "found": [entry.code for entry in found],
            "taxes": {"before": _taxes(before), "after": _taxes(order)},
            "at": datetime.now(UTC).isoformat(),
        }
        self._made.put(made_id, made)
        write.record("orders.revalidate", made_id, reference=reference, order_id=order_id, detail=made)
        return Answer(made, 201)

    def forget(self, write: WriteRequest, made_id: str, body: Cancellation) -> Answer:
        """Give back the taxes that were taken over, where nobody has booked others since. The holds stay."""
        made = self._made.get(made_id)
        if made is None:
            raise Problem(404, "not_found", f"there is no revalidation {made_id!a}")
        if made["status"] != CANCELLED:
            order = self._book.change(made["order_id"], lambda order: _given_back(order, **made["taxes"]))
            self._book.tell(EventType.ORDER_CHANGED, order, detail="validation taken back", by=write.client)
            made |= {"status": CANCELLED, "cancel_reference": body.reference, "order_version": order.version}
            self._made.put(made_id, made)
            reference, order_id = body.reference, made["order_id"]
            write.record("revalidations.cancel", made_id, reference=reference, order_id=order_id, detail=made)
        return Answer(made, 200)

    def _mount(self, service: Service) -> None:
        v1 = service.v1

        @v1.post("/revalidations/{made_id}/cancel", tags=["orders"], summary="Give back what a validation took over")
        async def forget(made_id: str, body: Cancellation, write: Write) -> Response:
            return write.once(lambda: self.forget(write, made_id, body))

        @v1.post("/orders/{order_id}/revalidate", status_code=201, tags=["orders"], summary="Validate an order again")
        async def revalidate(order_id: str, body: WriteBody, write: Write) -> Response:
            return await self.again(write, order_id, body)

        @v1.get("/revalidations", tags=["orders"], summary="Find revalidations")
        async def revalidations(paging: Paging, reference: str | None = None, order_id: str | None = None) -> Page:
            return paging.read(self._made, reference=reference, order_id=order_id)

        @v1.get("/orders/{order_id}/validation", tags=["orders"], summary="What the last validation came to")
        async def validation(order_id: str) -> OrderValidation:
            order = self._book.order(order_id)
            return OrderValidation(
                order_id=order_id,
                validated_at=order.validated_at,
                unanswered=order.unanswered,
                version=f"v{order.version}",
            )


def _judged(order: ErpOrder, verdict: Verdict) -> ErpOrder:
    """The order with the taxes that the engine now knows, and with its INTEGRATION holds saying what they know."""
    holds = tuple(_told(hold, verdict) if hold.code == INTEGRATION else hold for hold in order.holds)
    return order.with_changes(
        lines=verdict.order.lines,
        holds=holds,
        unanswered=verdict.order.unanswered,
        validated_at=verdict.order.validated_at,
    )


def _taxes(order: ErpOrder) -> dict[str, list[str]]:
    """By line, the taxes on the customer's order and in the ERP."""
    return {line.line_id: [str(line.tax_as_ordered), str(line.tax_in_erp)] for line in order.lines}


def _given_back(order: ErpOrder, before: dict[str, list[str]], after: dict[str, list[str]]) -> ErpOrder:
    now = _taxes(order)
    for line in order.lines:
        taxes = before.get(line.line_id)
        if taxes is not None and now[line.line_id] == after[line.line_id]:
            as_ordered, in_erp = map(Decimal, taxes)
            order = order.with_line(line.model_copy(update={"tax_as_ordered": as_ordered, "tax_in_erp": in_erp}))
    return order


def _told(hold: Hold, verdict: Verdict) -> Hold:
    """A hold for a system that was silent, with what it did this time. Other holds of that code say what they said."""
    system = silent_system(hold.reason)
    if system not in verdict.asked:
        return hold
    still = {silent_system(entry.reason): entry.reason for entry in verdict.holds if entry.code == INTEGRATION}
    return hold.model_copy(update={"reason": still.get(system, f"{system} has answered by now")})
