"""Tenders that carriers decline: the ERP is told, so that nobody counts on them."""

from __future__ import annotations

import asyncio
import logging
from http import HTTPStatus
from typing import Any

import httpx

from sandbox.kernel import Collection, Document, Service
from sandbox.tms.records import Reply

LOOK_AGAIN_SECONDS = 1.0
_TOLD = "declined_told"
_GONE = (HTTPStatus.CONFLICT, HTTPStatus.NOT_FOUND)

_log = logging.getLogger(__name__)


class Declines:
    """Tells the ERP once of each: a kept flag says which are told, so that a restart loses none."""

    def __init__(self, service: Service, tenders: Collection[Any]) -> None:
        self._service = service
        self._tenders = tenders
        self._news = asyncio.Event()

    def soon(self) -> None:
        """A carrier has declined."""
        self._news.set()

    async def work(self) -> None:
        """Tell what nobody was told of, for ever. Without the peer `erp` nobody is told."""
        while True:
            self._news.clear()
            for tender in self._tenders.active(reply=Reply.DECLINED.value):
                if not tender.get(_TOLD) and await self._tell(tender):
                    self._keep(tender["id"])
            try:
                await asyncio.wait_for(self._news.wait(), LOOK_AGAIN_SECONDS)
            except TimeoutError:
                continue

    async def _tell(self, tender: Document) -> bool:
        erp = self._service.peer("erp")
        if erp is None:
            return True
        reference = f"tms-declined-{tender['id']}"
        hold = {
            "code": "CARRIER",
            "source_system": "TMS",
            "source_code": "TENDER_DECLINED",
            "reason": f"{tender['scac']} has declined tender {tender['id']}",
        }
        body = {"reference": reference, "hold": hold, "joins": True}
        path = f"/v1/orders/{tender['order_id']}/holds"
        try:
            response = await erp.post(path, json=body, headers={"Idempotency-Key": reference})
            if response.status_code not in _GONE:
                response.raise_for_status()
        except httpx.HTTPError as error:
            _log.warning("the ERP could not be told that %s is declined: %s", tender["id"], type(error).__name__)
            return False
        return True

    def _keep(self, tender_id: str) -> None:
        with self._service.store.transaction():
            self._tenders.documents.put(tender_id, self._tenders.get(tender_id) | {_TOLD: True})
