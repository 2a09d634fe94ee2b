"""Purchasing told to the supplier portal: kept in an outbox until the portal has it, and taken back there first."""

from __future__ import annotations

import asyncio
import logging
from http import HTTPStatus
from typing import Any

import httpx

from sandbox.kernel import CANCELLED, Document, Documents, Problem, Service

LOOK_AGAIN_SECONDS = 1.0
TO_SEND, SENT, TO_WITHDRAW, WITHDRAWN, REFUSED = "TO_SEND", "SENT", "TO_WITHDRAW", "WITHDRAWN", "REFUSED"

_log = logging.getLogger(__name__)


class SupplierLink:
    """The way to the portal. Without the peer `suppliers`, suppliers are told by other means and nothing is kept here.

    A message is known by the id of the ERP's resource, which is its reference and its key at the portal.
    """

    def __init__(self, service: Service) -> None:
        self._service = service
        self._messages = Documents(service.store, "supplier_messages", ("state",))
        self._news = asyncio.Event()

    def send(self, resource_id: str, path: str, body: Document) -> None:
        """Tell the portal, soon; inside the transaction that is open."""
        if "suppliers" in self._service.settings.peers:
            message = {"id": resource_id, "state": TO_SEND, "path": path, "body": body | {"reference": resource_id}}
            self._messages.put(resource_id, message)
            self._news.set()

    def withdraw(self, resource_id: str) -> None:
        """Take it back, soon, unless that is done; inside the transaction that is open."""
        message = self._messages.get(resource_id)
        if message is not None and message["state"] in (TO_SEND, SENT):
            self._messages.put(resource_id, message | {"state": TO_WITHDRAW})
            self._news.set()

    async def ask_to_withdraw(self, resource: Document) -> None:
        """Take back at the portal what it has, before the ERP does. Raises Problem 409 if the supplier has taken it on,
        503 if the portal cannot be asked.
        """
        message = self._messages.get(resource["id"])
        if message is None or message["state"] not in (TO_SEND, SENT) or resource["status"] == CANCELLED:
            return
        try:
            refusal = await self._cancel_there(message)
        except httpx.HTTPError as error:
            said = f"the supplier portal cannot be asked to take {resource['id']} back ({type(error).__name__})"
            raise Problem(503, "suppliers_unavailable", said, headers={"Retry-After": "2"}) from None
        if refusal is not None:
            raise Problem(409, "acknowledged", f"the supplier has taken {resource['id']} on: talk to the supplier")
        if message["state"] == SENT:  # what is being sent at this moment is looked for once more
            self._messages.put(message["id"], message | {"state": WITHDRAWN})

    async def work(self) -> None:
        """Deliver what waits, for ever: the service's background work."""
        while True:
            self._news.clear()
            for state in (TO_SEND, TO_WITHDRAW):
                for message in self._messages.all(state=state):
                    await self._try(message)
            try:
                await asyncio.wait_for(self._news.wait(), LOOK_AGAIN_SECONDS)
            except TimeoutError:
                continue

    async def _try(self, message: Document) -> None:
        try:
            done = await (self._send(message) if message["state"] == TO_SEND else self._take_back(message))
        except httpx.HTTPError as error:
            _log.warning("%s could not be told to the supplier portal: %s", message["id"], type(error).__name__)
            return
        with self._service.store.transaction():
            now = self._messages.get(message["id"]) or message
            if now["state"] == message["state"]:
                now |= {"state": done}
            self._messages.put(message["id"], now)

    async def _send(self, message: Document) -> str:
        answer = await self._post(f"/v1/{message['path']}", message["id"], message["body"])
        if answer.is_client_error:
            _log.warning("the supplier portal refuses %s: %s", message["id"], answer.status_code)
            return REFUSED
        answer.raise_for_status()
        return SENT

    async def _take_back(self, message: Document) -> str:
        return WITHDRAWN if await self._cancel_there(message) is None else REFUSED

    async def _cancel_there(self, message: Document) -> httpx.Response | None:
        """None if nothing of it is left there; else the refusal."""
        peer = self._peer()
        found = await peer.get(f"/v1/{message['path']}", params={"reference": message["id"]})
        found.raise_for_status()
        for there in found.json()["items"]:
            key = f"{message['id']}-cancel"
            answer = await self._post(f"/v1/{message['path']}/{there['id']}/cancel", key, {"reference": key})
            if answer.status_code == HTTPStatus.CONFLICT:
                return answer
            answer.raise_for_status()
        return None

    async def _post(self, path: str, key: str, body: dict[str, Any]) -> httpx.Response:
        return await self._peer().post(path, json=body, headers={"Idempotency-Key": key})

    def _peer(self) -> httpx.AsyncClient:
        peer = self._service.peer("suppliers")
        if peer is None:
            raise httpx.ConnectError("the settings no longer name the supplier portal")
        return peer
