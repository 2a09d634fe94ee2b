"""The two ways a held order ends: released, with a resolution for every hold, or cancelled. Neither is taken back."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime
from typing import Any

from fastapi import Response

from domain.calls import ReleaseResolution
from domain.events import EventType
from domain.order import HoldClass, OrderStatus
from sandbox.erp.book import OrderBook, clear_holds, put_on
from sandbox.erp.model import DEPARTED, NOT_GONE_YET, CancellationBody, ErpOrder, HoldEntry, ReleaseBody
from sandbox.kernel import (
    ACTIVE,
    Answer,
    Document,
    Documents,
    Page,
    Paging,
    Problem,
    Service,
    Write,
    WriteRequest,
    require_match,
)

_INDEXED = ("reference", "order_id")


class Endings:
    """Releases and cancellations of orders, kept for good."""

    def __init__(self, service: Service, book: OrderBook) -> None:
        self._book = book
        self._releases = Documents(service.store, "releases", _INDEXED)
        self._cancellations = Documents(service.store, "cancellations", _INDEXED)
        self._mount(service)

    def release(self, write: WriteRequest, order_id: str, body: ReleaseBody) -> Answer:
        """Resolve the holds of an order and let it go, once a reference.

        A resolution of a hold that the order does not have puts that hold on: read first.
        """
        made = self._made(self._releases, write, order_id, body.reference)
        if made is not None:
            return Answer(made, 200)
        order = self._book.order(order_id)
        self._check_releasable(order, write.if_match)
        resolved = {resolution.hold_id: resolution for resolution in body.resolutions}
        open_ids = {hold.hold_id for hold in order.holds}
        if not open_ids <= resolved.keys():
            missing = sorted(open_ids - resolved.keys())
            raise Problem(409, "holds_not_covered", f"holds {', '.join(missing)} are not resolved", missing=missing)
        release_id = f"rel-{uuid.uuid4().hex[:12]}"
        strange = [resolved[hold_id] for hold_id in resolved.keys() - open_ids]
        after = self._book.change(order_id, lambda order: _released(order, release_id, write.client, strange))
        self._tell_released(order, after, write.client)
        return self._keep(
            self._releases,
            write,
            "orders.release",
            after,
            id=release_id,
            reference=body.reference,
            resolutions=[resolution.model_dump(mode="json") for resolution in body.resolutions],
            holds=[hold.model_dump(mode="json") for hold in order.holds],
            released=after.status is OrderStatus.RELEASED,
        )

    def cancel(self, write: WriteRequest, order_id: str, body: CancellationBody) -> Answer:
        """End an order, once a reference."""
        made = self._made(self._cancellations, write, order_id, body.reference)
        if made is not None:
            return Answer(made, 200)
        order = self._book.order(order_id)
        self._check_releasable(order, write.if_match)
        after = self._book.cancel(order_id, body.reason_code, by=write.client)
        return self._keep(
            self._cancellations,
            write,
            "orders.cancel",
            after,
            id=f"can-{uuid.uuid4().hex[:12]}",
            reference=body.reference,
            reason_code=body.reason_code,
            resolutions=[resolution.model_dump(mode="json") for resolution in body.resolutions],
        )

    def _made(self, documents: Documents, write: WriteRequest, order_id: str, reference: str) -> Document | None:
        found = documents.all(reference=reference, order_id=order_id) if write.honours_keys else []
        return found[0] if found else None

    def _check_releasable(self, order: ErpOrder, if_match: str | None) -> None:
        if order.status is OrderStatus.CANCELLED:
            raise Problem(409, "already_cancelled", f"order {order.order_id} is cancelled")
        if order.status is OrderStatus.RELEASED or order.status in DEPARTED:
            raise Problem(409, "already_released", f"order {order.order_id} is {order.status}")
        require_match(if_match, order.version)
        if order.status not in NOT_GONE_YET or not order.holds:
            raise Problem(409, "order_not_held", f"order {order.order_id} is {order.status} and not held")

    def _tell_released(self, before: ErpOrder, after: ErpOrder, client: str) -> None:
        for hold in before.holds:
            self._book.tell(EventType.HOLD_CLEARED, after, hold_id=hold.hold_id, detail="released", by=client)
        self._book.tell_placed(after, 0)

    def _keep(
        self, documents: Documents, write: WriteRequest, operation: str, order: ErpOrder, **fields: Any
    ) -> Answer:
        made: Document = {
            "order_id": order.order_id,
            "order_version": order.version,
            "order_status": order.status,
            "status": ACTIVE,
            "at": datetime.now(UTC).isoformat(),
            "client": write.client,
            **fields,
        }
        documents.put(made["id"], made)
        write.record(operation, made["id"], reference=made["reference"], order_id=order.order_id, detail=made)
        return Answer(made, 201)

    def _mount(self, service: Service) -> None:
        v1 = service.v1

        @v1.post("/orders/{order_id}/release", tags=["orders"], summary="Release an order")
        async def release(order_id: str, body: ReleaseBody, write: Write) -> Response:
            return write.once(lambda: self.release(write, order_id, body))

        @v1.post("/orders/{order_id}/cancellation", tags=["orders"], summary="Cancel an order")
        async def cancel(order_id: str, body: CancellationBody, write: Write) -> Response:
            return write.once(lambda: self.cancel(write, order_id, body))

        @v1.get("/orders/{order_id}/releases", tags=["orders"], summary="How an order was released")
        async def releases_of(order_id: str, paging: Paging) -> Page:
            self._book.document(order_id)
            return paging.read(self._releases, order_id=order_id)

        @v1.get("/releases", tags=["orders"], summary="Find releases")
        async def releases(paging: Paging, reference: str | None = None, order_id: str | None = None) -> Page:
            return paging.read(self._releases, reference=reference, order_id=order_id)

        @v1.get("/cancellations", tags=["orders"], summary="Find cancellations")
        async def cancellations(paging: Paging, reference: str | None = None, order_id: str | None = None) -> Page:
            return paging.read(self._cancellations, reference=reference, order_id=order_id)


def _released(order: ErpOrder, release_id: str, client: str, strange: list[ReleaseResolution]) -> ErpOrder:
    freed = clear_holds(order, {hold.hold_id for hold in order.holds}, client, release_id)
    if not strange:
        return freed
    entry = HoldEntry(code="UNKNOWN", hold_class=HoldClass.MANUAL, reason="made by resolving it")
    now = datetime.now(UTC)
    return put_on(freed, [entry.placed(resolution.hold_id[:128], now) for resolution in strange])
