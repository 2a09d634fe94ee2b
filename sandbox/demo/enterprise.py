"""The simulated enterprise from outside: what its own people do in it, and what its systems say happened."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from http import HTTPStatus
from types import TracebackType
from typing import Any, Self

import httpx

from sandbox.stack import SERVICES, Stack

Document = dict[str, Any]
ANSWER_WITHIN = 60.0
"""Seconds for one answer of the sandbox: a machine with other things to do is no reason to break off."""
_TRANSLATED_WITHIN = 120.0
_TOO_LATE = (HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT)


class Enterprise:
    """Administrative access to every service of the sandbox."""

    def __init__(self, stack: Stack) -> None:
        self._http = {
            name: httpx.AsyncClient(
                base_url=stack.url(name),
                headers={"Authorization": f"Bearer {stack.admin_token}"},
                timeout=ANSWER_WITHIN,
                trust_env=False,
            )
            for name in (*SERVICES, "mailbox")
        }

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for client in self._http.values():
            await client.aclose()

    async def enter_order(self, order: Document) -> Document:
        """An order comes in: as an interchange by EDI, or by the ERP's own order entry."""
        if "interchange" in order:
            await self._post("edi", "/v1/interchanges", {"text": order["interchange"]}, key=f"sent-{order['order_id']}")
            return await self._when_there(order["order_id"])
        return await self._post("erp", "/v1/orders", order, key=f"entry-{order['order_id']}")

    async def _when_there(self, order_id: str) -> Document:
        """The order, as soon as the gateway has entered it. RuntimeError if that takes too long."""
        deadline = asyncio.get_running_loop().time() + _TRANSLATED_WITHIN
        while asyncio.get_running_loop().time() < deadline:
            response = await self._http["erp"].get(f"/v1/orders/{order_id}")
            if response.is_success:
                found: Document = response.json()
                return found
            await asyncio.sleep(0.2)
        raise RuntimeError(f"order {order_id} did not come through the EDI gateway")

    async def place_hold(self, order_id: str, hold: Document) -> Document:
        """Somebody stops an order by hand."""
        return await self._post("erp", f"/admin/orders/{order_id}/holds", hold)

    async def clear_hold(self, order_id: str, hold_id: str) -> bool:
        """Somebody clears a hold by hand; False if it was gone already, or the whole order was."""
        response = await self._http["erp"].delete(f"/admin/orders/{order_id}/holds/{hold_id}")
        if response.status_code in _TOO_LATE:
            return False
        response.raise_for_status()
        return True

    async def cancel_order(self, order_id: str) -> Document:
        """Somebody cancels an order."""
        return await self._post("erp", f"/admin/orders/{order_id}/cancel", {})

    async def receive_payment(self, payment: Document) -> Document:
        """The bank reports a payment of a customer."""
        return await self._post("credit", "/admin/payments", payment)

    async def apply_cash(self, application: Document) -> Document:
        """Accounting finds out what a payment was for."""
        return await self._post("credit", "/admin/cash-applications", application)

    async def credit_position(self, customer_id: str) -> Document:
        """What a customer owes and has paid."""
        return await self._get("credit", f"/v1/customers/{customer_id}/position")

    async def open_payment_links(self) -> list[Document]:
        """The links that customers were sent and have not used."""
        page = await self._get("credit", "/v1/payment-links", status="ACTIVE", limit="100")
        return [link for link in page["items"] if link["paid_at"] is None]

    async def pay_link(self, link_id: str) -> Document:
        """A customer presses the button."""
        return await self._post("credit", f"/admin/payment-links/{link_id}/pay", {})

    async def open_consent_requests(self) -> list[Document]:
        """What customers are asked and have not answered."""
        page = await self._get("crm", "/v1/consent-requests", state="OPEN", limit="100")
        items: list[Document] = page["items"]
        return items

    async def contact(self, customer_id: str) -> Document:
        """Whom a customer's mail goes to."""
        return await self._get("crm", f"/v1/accounts/{customer_id}/contact")

    async def mails_to(self, address: str, subject: str) -> list[Document]:
        """The mails that somebody got about something, the oldest first. The mailbox finds them by the subject."""
        page = await self._get("mailbox", "/messages", subject=subject, limit="100")
        return [mail for mail in page["items"] if address in mail["recipients"]]

    async def receive_stock(self, receipt: Document) -> Document:
        """A truck is unloaded."""
        return await self._post("wms", "/admin/receipts", receipt)

    async def break_down(self, service: str, fault: Document) -> Document:
        """A service misbehaves from now on."""
        return await self._post(service, "/admin/faults", fault)

    async def repair(self, service: str) -> None:
        """It behaves again."""
        response = await self._http[service].delete("/admin/faults")
        response.raise_for_status()

    async def order(self, order_id: str) -> Document:
        """An order as the ERP has it."""
        return await self._get("erp", f"/v1/orders/{order_id}")

    async def orders(self) -> list[Document]:
        """All orders that the ERP knows."""
        return [order async for order in self._pages("/v1/orders")]

    async def releases(self) -> list[Document]:
        """Every release, with the holds that it resolved and why."""
        return [release async for release in self._pages("/v1/releases")]

    async def ledger(self, service: str) -> list[Document]:
        """Every effect that a service has had, in order."""
        entries: list[Document] = []
        while True:
            after = entries[-1]["seq"] if entries else 0
            page = await self._get(service, "/v1/ledger", after=str(after), limit="500")
            if not page["items"]:
                return entries
            entries += page["items"]

    async def _pages(self, path: str) -> AsyncIterator[Document]:
        cursor: str | None = None
        while True:
            page = await self._get("erp", path, limit="100", **({"cursor": cursor} if cursor else {}))
            for item in page["items"]:
                yield item
            cursor = page["next_cursor"]
            if not cursor:
                return

    async def _get(self, service: str, path: str, **params: str) -> Document:
        return _answer(await self._http[service].get(path, params=params))

    async def _post(self, service: str, path: str, body: Document, key: str | None = None) -> Document:
        headers = {"Idempotency-Key": key} if key else {}
        return _answer(await self._http[service].post(path, json=body, headers=headers))


def _answer(response: httpx.Response) -> Document:
    if not response.is_success:
        raise RuntimeError(f"{response.request.method} {response.request.url}: {response.status_code} {response.text}")
    document: Document = response.json()
    return document
