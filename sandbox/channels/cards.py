"""Cards: the amount of a checkout is reserved before the order is sent on, and set free if the ERP refuses it."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import httpx

from sandbox.channels.peers import body_of, problem_of, unavailable
from sandbox.kernel import ACTIVE, Document, Service

AUTHORISATIONS = "/v1/payment-authorisations"


class Cards:
    """The customers' cards, at the peer `credit`. Without that peer the shop's own provider has seen to it."""

    def __init__(self, service: Service, retry_after: int) -> None:
        self._service = service
        self._retry_after = retry_after

    async def reserve(self, entry: Document) -> None:
        """Reserve goods and freight unless that is done. Raises Problem: the refusal, or 503."""
        if self._service.peer("credit") is None:
            return
        known = await self._reserved(entry["order_id"])
        if any(one["status"] == ACTIVE for one in known):
            return
        body = {name: entry[name] for name in ("customer_id", "order_id", "currency")}
        body["amount"] = str(amount_of(entry))
        await self._post(AUTHORISATIONS, f"card-{entry['order_id']}-{len(known) + 1}", body)

    async def free(self, order_id: str) -> None:
        """Set free what was reserved; nothing there is fine. Raises Problem 503."""
        if self._service.peer("credit") is None:
            return
        for one in await self._reserved(order_id):
            if one["status"] == ACTIVE:
                await self._post(f"{AUTHORISATIONS}/{one['id']}/cancel", f"void-{one['id']}", {})

    async def _reserved(self, order_id: str) -> list[Document]:
        answer = await self._request("GET", AUTHORISATIONS, params={"order_id": order_id})
        found: list[Document] = body_of(answer).get("items", [])
        return found

    async def _post(self, path: str, reference: str, body: Document) -> None:
        headers = {"Idempotency-Key": reference}
        await self._request("POST", path, json={"reference": reference, **body}, headers=headers)

    async def _request(self, method: str, path: str, **content: Any) -> httpx.Response:
        peer = self._service.peer("credit")
        if peer is None:
            raise unavailable("credit", "the settings do not name it", self._retry_after)
        try:
            answer = await peer.request(method, path, **content)
        except httpx.HTTPError as error:
            raise unavailable("credit", f"no answer ({type(error).__name__})", self._retry_after) from None
        if not answer.is_success:
            raise problem_of("credit", answer, self._retry_after)
        return answer


def amount_of(entry: Document) -> Decimal:
    """Goods and freight of an order entry, before tax."""
    goods = sum((Decimal(line["quantity"]) * Decimal(line["unit_price"]) for line in entry["lines"]), Decimal(0))
    return goods + Decimal(entry["freight"])
