"""`/v1/orders`: order entry with validation, and reading."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import Query, Response
from fastapi.responses import JSONResponse

from domain.order import OrderStatus
from sandbox.erp.addresses import AddressFile
from sandbox.erp.book import OrderBook, place_holds
from sandbox.erp.model import ErpOrder, OrderEntry
from sandbox.erp.validation import Validation, Verdict
from sandbox.kernel import Answer, Page, Paging, Service, Write, WriteRequest, etag


class Entry:
    """Takes orders in. An order without holds is released at once."""

    def __init__(self, service: Service, book: OrderBook, validation: Validation, addresses: AddressFile) -> None:
        self._tenant = service.settings.tenant
        self._book = book
        self._validation = validation
        self._addresses = addresses
        self._mount(service)

    async def enter(self, body: OrderEntry, write: WriteRequest) -> Response:
        """Validate an order and keep it."""
        earlier = write.earlier()
        if earlier is not None:
            return earlier
        order = body.order(self._tenant, datetime.now(UTC))
        verdict = await self._validation.judge(order, order.stated_taxes(), has_address=body.address is not None)
        return write.once(lambda: self._accept(write, verdict, body))

    def _accept(self, write: WriteRequest, verdict: Verdict, body: OrderEntry) -> Answer:
        order = verdict.order
        if body.address is not None:
            order = order.with_changes(address_id=self._addresses.file(order.order_id, body.address))
        order = place_holds(order, [*self._validation.holds(order, verdict), *body.extra_holds])
        self._book.add(order)
        self._book.tell_placed(order, 0)
        detail = {"status": order.status, "holds": [hold.code for hold in order.holds]}
        write.record("orders.create", order.order_id, order_id=order.order_id, detail=detail)
        headers = {"ETag": etag(order.version), "Location": f"/v1/orders/{order.order_id}"}
        return Answer(order.model_dump(mode="json"), 201, headers)

    def _mount(self, service: Service) -> None:
        @service.v1.post("/orders", status_code=201, response_model=ErpOrder, tags=["orders"], summary="Enter an order")
        async def enter(body: OrderEntry, write: Write) -> Response:
            return await self.enter(body, write)

        @service.v1.get("/orders", tags=["orders"], summary="List orders")
        async def orders(
            paging: Paging,
            status: OrderStatus | None = None,
            held: bool | None = None,  # noqa: FBT001 - a query parameter
            customer_id: str | None = None,
            ids: Annotated[str | None, Query(max_length=10_000)] = None,
        ) -> Page:
            """`ids` are some orders, separated by commas; of them, those for which the other filters hold."""
            if ids is not None:
                found = self._book.some(ids.split(","), status=status, held=held, customer_id=customer_id)
                return Page(items=found[: paging.limit])
            return paging.read(self._book.documents, status=status, held=held, customer_id=customer_id)

        @service.v1.get("/orders/{order_id}", response_model=ErpOrder, tags=["orders"], summary="Read an order")
        async def order(order_id: str) -> Any:
            document = self._book.document(order_id)
            return JSONResponse(document, headers={"ETag": etag(document["version"])})
