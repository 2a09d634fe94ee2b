"""The HTTP API of the EDI gateway."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

from fastapi import Response

from domain.facts.integration import IntegrationFailure
from sandbox.edi.alerts import Alerts
from sandbox.edi.book import Book
from sandbox.edi.failures import failure_of
from sandbox.edi.inbound import Inbound
from sandbox.edi.outbound import Outbound
from sandbox.edi.records import EdiSettings, InterchangeBody, ShipNoticeBody
from sandbox.edi.repairs import Repairs
from sandbox.edi.x12 import TransactionSet
from sandbox.kernel import Document, Page, Paging, Problem, Service, Write


def build(settings: EdiSettings) -> Service:
    """The service. Seed: `partners`, `mappings`, `connections`, `items`. It calls the peer `erp`."""
    service = Service("edi", settings, title="EDI gateway")
    book = Book(service, settings)
    gateway = Gateway(service, book)
    Repairs(service, book, gateway.outbound)
    service.background(gateway.work)
    return service


class Gateway:
    """Interchanges in, documents out, and what did not get through."""

    def __init__(self, service: Service, book: Book) -> None:
        self._service = service
        self._book = book
        self._inbound = Inbound(service, book)
        self.outbound = Outbound(book)
        self._alerts = Alerts(service, book)
        self._news = asyncio.Event()
        self._mount()

    async def work(self) -> None:
        """Enter what came in, send what waits, and say what is overdue, for ever."""
        while True:
            self._news.clear()
            await self._inbound.enter_all()
            with self._service.store.transaction():
                self.outbound.send_due()
            await self._alerts.tell_all()
            try:
                await asyncio.wait_for(self._news.wait(), self._book.settings.pause)
            except TimeoutError:
                continue

    def _mount(self) -> None:
        v1, admin, book = self._service.v1, self._service.admin, self._book

        @v1.post("/interchanges", status_code=201, tags=["interchanges"], summary="Take an X12 interchange in")
        async def receive(body: InterchangeBody, write: Write) -> Response:
            response = write.once(lambda: self._inbound.receive(write, body))
            self._news.set()
            return response

        @v1.get("/interchanges", tags=["interchanges"], summary="What came in, as it came")
        async def interchanges(paging: Paging, state: str | None = None, partner: str | None = None) -> Page:
            return paging.read(book.interchanges, state=state, partner=partner)

        @v1.get("/inbound", tags=["interchanges"], summary="The documents that came in, and what became of them")
        async def inbound(paging: Paging, state: str | None = None, order_id: str | None = None) -> Page:
            return paging.read(book.inbound, state=state, order_id=order_id)

        @v1.get("/outbound", tags=["outbound"], summary="The documents that go out")
        async def outbound(paging: Paging, state: str | None = None, order_id: str | None = None) -> Page:
            return paging.read(book.outbound, state=state, order_id=order_id)

        @v1.get("/overdue", tags=["outbound"], summary="Documents whose 997 should have come, and who knows")
        async def overdue() -> dict[str, list[Document]]:
            return {"items": book.overdue(datetime.now(UTC))}

        @v1.get("/failures", tags=["failures"], summary="What is wrong between a partner and an order")
        async def failure(order_id: str) -> IntegrationFailure:
            return failure_of(order_id, book)

        @admin.post("/documents", status_code=201, summary="Send an 856 or 810 about an order")
        async def send(body: ShipNoticeBody) -> Document:
            return self._sent(body)

        @admin.post("/outbound/{document_id}/age", summary="Have a document wait for its 997 for longer than it may")
        async def age(document_id: str) -> Document:
            document = book.outbound.get(document_id)
            if document is None or document["due_at"] is None:
                raise Problem(404, "not_found", f"no document {document_id!a} waits for its 997")
            yesterday = (datetime.now(UTC) - timedelta(days=1)).isoformat()
            aged = book.change(book.outbound, document, due_at=yesterday)
            self._news.set()
            return aged

    def _sent(self, body: ShipNoticeBody) -> Document:
        received = self._book.received(body.order_id)
        if received is None:
            raise Problem(422, "unknown_order", f"order {body.order_id} did not come by EDI")
        opening = ("BSN", "00", body.order_id) if body.document == "856" else ("BIG", "", body.order_id)
        document = TransactionSet(body.document, self._book.next_control(), (opening,))
        with self._service.store.transaction():
            queued = self._book.queue(received["partner"], document, order_id=body.order_id)
        self._news.set()
        return queued
