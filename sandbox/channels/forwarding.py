"""On to the ERP: each order once, however often it is sent here and whatever happens on the way."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any

import httpx
from fastapi import Response

from sandbox.channels.cards import Cards, amount_of
from sandbox.channels.entries import DeskOrder, Payment, WebOrder
from sandbox.channels.peers import body_of, problem_of, unavailable
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
)

Incoming = WebOrder | DeskOrder


class Channel:
    """One way in, at `/v1/{name}`.

    What goes to the ERP is written down before it is sent, with the times in it, under the caller's `reference`. So it
    is the same to the letter when the caller tries again, and the ERP knows it by its key.
    """

    def __init__(
        self,
        service: Service,
        name: str,
        body: type[Incoming],
        translate: Callable[[Any, datetime], Document],
        retry_after: int,
    ) -> None:
        self._service = service
        self._name = name
        self._translate = translate
        self._retry_after = retry_after
        self._cards = Cards(service, retry_after)
        table = name.replace("-", "_")
        self._sent = Documents(service.store, f"sent_{table}")
        self._orders = Documents(service.store, table, ("reference", "customer_id"))
        self._mount(body)

    async def take(self, write: WriteRequest, body: Incoming) -> Response:
        """Enter an order into the ERP. Raises Problem 503 if that cannot be reached, and passes on what it refuses."""
        earlier = write.earlier()
        if earlier is not None:
            return earlier
        entry = self._written_down(write, body)
        by_card = isinstance(body, WebOrder) and body.payment is Payment.CARD
        try:
            if by_card:
                await self._cards.reserve(entry)
            order = await self._entered(body.reference, entry)
        except Problem as problem:
            if problem.status != HTTPStatus.SERVICE_UNAVAILABLE:
                await self._forget(body.reference, entry, by_card=by_card)
            raise
        return write.once(lambda: self._keep(write, body, order, entry))

    def _written_down(self, write: WriteRequest, body: Incoming) -> Document:
        """The order as the ERP gets it: as it was the first time. Raises Problem 422 if it is another one by now."""
        known = self._sent.get(body.reference)
        if known is None:
            known = {"fingerprint": write.fingerprint, "entry": self._translate(body, datetime.now(UTC))}
            self._sent.put(body.reference, known)
        if known["fingerprint"] != write.fingerprint:
            raise Problem(422, "reference_reused", f"reference {body.reference} is that of another order")
        entry: Document = known["entry"]
        return entry

    async def _forget(self, reference: str, entry: Document, *, by_card: bool) -> None:
        """An order that was refused for good leaves nothing: it may be mended and sent again."""
        if by_card:
            await self._cards.free(entry["order_id"])
        self._sent.delete(reference)

    async def _entered(self, reference: str, entry: Document) -> Document:
        answer = await self._answer(reference, entry)
        if not answer.is_success:
            raise problem_of("erp", answer, self._retry_after)
        order = body_of(answer)
        if "order_id" not in order:
            raise unavailable("erp", "its answer made no sense", self._retry_after)
        return order

    async def _answer(self, reference: str, entry: Document) -> httpx.Response:
        peer = self._service.peer("erp")
        if peer is None:
            raise unavailable("erp", "the settings do not name it", self._retry_after)
        key = f"{self._name}-{reference}"
        try:
            answer = await peer.post("/v1/orders", json=entry, headers={"Idempotency-Key": key})
            if _is_there_already(answer):
                answer = await peer.get(f"/v1/orders/{entry['order_id']}")
        except httpx.HTTPError as error:
            raise unavailable("erp", f"no answer ({type(error).__name__})", self._retry_after) from None
        return answer

    def _keep(self, write: WriteRequest, body: Incoming, order: Document, entry: Document) -> Answer:
        """What came of it. An order that was sent here twice at the same time is one order with one answer."""
        order_id = order["order_id"]
        kept = self._orders.get(order_id)
        if kept is None:
            kept = {
                "id": order_id,
                "reference": body.reference,
                "status": ACTIVE,
                "order_id": order_id,
                "customer_id": order["customer_id"],
                "order_status": order["status"],
                "amount": str(amount_of(entry)),
                "at": datetime.now(UTC).isoformat(),
            }
            self._orders.put(order_id, kept)
            write.record(f"{self._name}.create", order_id, reference=body.reference, order_id=order_id, detail=kept)
        return Answer(kept, 201, {"Location": f"/v1/{self._name}/{order_id}"})

    def _mount(self, body: type[Incoming]) -> None:
        async def take(order: Any, write: Write) -> Response:
            return await self.take(write, order)

        async def find(paging: Paging, reference: str | None = None, customer_id: str | None = None) -> Page:
            return paging.read(self._orders, reference=reference, customer_id=customer_id)

        async def read(order_id: str) -> Document:
            order = self._orders.get(order_id)
            if order is None:
                raise Problem(404, "not_found", f"there is no {order_id} among the {self._name}")
            return order

        take.__annotations__["order"] = body
        kind, mount, path = self._name.replace("-", " "), self._service.v1.add_api_route, f"/{self._name}"
        mount(path, take, methods=["POST"], status_code=201, tags=[self._name], summary=f"Send one of {kind}")
        mount(path, find, methods=["GET"], tags=[self._name], summary=f"Find {kind}")
        mount(f"{path}/{{order_id}}", read, methods=["GET"], tags=[self._name], summary=f"Read one of {kind}")


def _is_there_already(answer: httpx.Response) -> bool:
    """Whether the ERP has the order and has forgotten our key: the order id is ours alone."""
    return answer.status_code == HTTPStatus.CONFLICT and body_of(answer).get("code") == "order_exists"
