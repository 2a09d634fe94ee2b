"""Documents whose 997 does not come: the gateway has their orders held, so that somebody looks."""

from __future__ import annotations

import logging
from datetime import UTC, datetime
from http import HTTPStatus

import httpx

from sandbox.edi.book import Book
from sandbox.kernel import Document, Service

HELD, LISTED = "HELD", "LISTED"
_GONE = (HTTPStatus.CONFLICT, HTTPStatus.NOT_FOUND)
_HOLD = {
    "code": "INTEGRATION",
    "source_system": "EDI",
    "source_code": "ACK_OVERDUE",
    "reason": "the partner has not acknowledged what we sent about the order",
}

_log = logging.getLogger(__name__)


class Alerts:
    """Tells the ERP once each time that a document falls due: sent again, it falls due anew."""

    def __init__(self, service: Service, book: Book) -> None:
        self._service = service
        self._book = book

    async def tell_all(self) -> None:
        """Everything overdue that nobody was told of. What the ERP cannot take yet is told the next time."""
        for document in self._book.overdue(datetime.now(UTC)):
            told = await self._tell(document) if document["alert"] is None else None
            if told is not None:
                self._keep(document, told)

    async def _tell(self, document: Document) -> str | None:
        """What came of it: an order whose goods have left cannot be held, and is only in the listing of the overdue."""
        erp = self._service.peer("erp")
        if erp is None:
            return LISTED
        reference = f"edi-overdue-{document['id']}-{document['attempts']}"
        path, body = f"/v1/orders/{document['order_id']}/holds", {"reference": reference, "hold": _HOLD}
        try:
            response = await erp.post(path, json=body, headers={"Idempotency-Key": reference})
            if response.status_code in _GONE:
                return LISTED
            response.raise_for_status()
        except httpx.HTTPError as error:
            _log.warning("the ERP could not be told that %s is overdue: %s", document["id"], type(error).__name__)
            return None
        return HELD

    def _keep(self, told: Document, alert: str) -> None:
        """Unless it was acknowledged, or sent again, while the ERP was told."""
        with self._service.store.transaction():
            now = self._book.outbound.get(told["id"])
            if now is not None and now["attempts"] == told["attempts"]:
                self._book.note("outbound.overdue", self._book.change(self._book.outbound, now, alert=alert))
