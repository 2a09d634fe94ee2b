"""Money that comes in: by bank, by a payment link, or found to be for receivables."""

from __future__ import annotations

import uuid
from decimal import Decimal
from typing import Any

from domain.events import EventData, EventType
from domain.money import Money
from sandbox.credit.books import Books
from sandbox.credit.records import (
    CashApplicationBody,
    CreditAccount,
    CreditSettings,
    PaymentBody,
    PaymentLinkBody,
)
from sandbox.kernel import CANCELLED, Cancellation, Client, Document, Problem, Service, WriteRequest

_NOTHING = Decimal(0)


class Payments:
    """Takes payments in, and says so with `payment_received`."""

    def __init__(self, service: Service, settings: CreditSettings, books: Books) -> None:
        self._service = service
        self._public_url = settings.public_url
        self._books = books
        self.links = service.collection(
            "payment-links", PaymentLinkBody, "pay", on_create=self._open_link, on_cancel=self._close_link
        )
        self._mount()

    def receive(self, client: str, body: PaymentBody) -> Document:
        """Book a payment, inside a transaction."""
        account = self._books.account(body.customer_id, body.currency)
        payment = {
            **body.model_dump(mode="json"),
            "currency": account.currency,
            "id": f"pmt-{uuid.uuid4().hex[:12]}",
            "received_at": self._service.clock.now().isoformat(),
        }
        if body.order_id is not None:
            self._books.payments.put(payment["id"], payment)
        elif body.unapplied:
            self._books.accounts.put(_with(account, unapplied_cash=account.unapplied_cash + body.amount))
        else:
            self._books.accounts.put(_paid_off(account, body.amount))
        self._say("payments.create", client, payment, "payment received")
        return payment

    def apply_cash(self, client: str, body: CashApplicationBody) -> Document:
        """Use cash without a purpose for receivables, inside a transaction. Raises Problem 409 if it is too little."""
        account = self._books.account(body.customer_id, body.currency)
        if account.unapplied_cash < body.amount:
            what = f"customer {body.customer_id} has {account.unapplied_cash:f} unapplied, not {body.amount:f}"
            raise Problem(409, "insufficient_cash", what)
        rest = _with(account, unapplied_cash=account.unapplied_cash - body.amount)
        self._books.accounts.put(_paid_off(rest, body.amount))
        application = {
            **body.model_dump(mode="json"),
            "currency": account.currency,
            "order_id": None,
            "id": f"cap-{uuid.uuid4().hex[:12]}",
        }
        self._say("cash-applications.create", client, application, "cash applied")
        return application

    def pay_link(self, client: str, link_id: str) -> Document:
        """Pay a link, inside a transaction; a second time changes nothing. Raises Problem 404 and 409."""
        link = self.links.get(link_id)
        if link["paid_at"] is not None:
            return link
        if link["status"] == CANCELLED or self._books.is_over(link["expires_at"]):
            raise Problem(409, "link_closed", f"payment link {link_id} is {link['status'].lower()} or has expired")
        order = {name: link[name] for name in ("customer_id", "order_id", "amount", "currency")}
        payment = self.receive(client, PaymentBody.model_validate(order))
        link |= {"paid_at": payment["received_at"], "payment_id": payment["id"]}
        self.links.documents.put(link_id, link)
        return link

    def _open_link(self, _: WriteRequest, body: PaymentLinkBody, link_id: str) -> Document:
        self._books.account(body.customer_id, body.currency)
        self._books.require_ahead(body.expires_at)
        return {"url": f"{self._public_url}/pay/{link_id}", "paid_at": None, "payment_id": None}

    def _close_link(self, _: WriteRequest, link: Document, __: Cancellation) -> Document:
        """What was paid is paid back."""
        if link["payment_id"] is None:
            return {}
        self._books.payments.delete(link["payment_id"])
        return {"refunded_at": self._service.clock.now().isoformat()}

    def _say(self, operation: str, client: str, document: Document, detail: str) -> None:
        order_id = document["order_id"]
        self._service.ledger.append(operation, document["id"], client=client, order_id=order_id, detail=document)
        data = EventData(
            tenant=self._service.settings.tenant,
            order_id=order_id,
            customer_id=document["customer_id"],
            amount=Money(amount=Decimal(document["amount"]), currency=document["currency"]),
            detail=detail,
        )
        self._service.webhooks.publish(
            EventType.PAYMENT_RECEIVED,
            data.model_dump(mode="json", exclude_none=True),
            subject=order_id or document["customer_id"],
        )

    def _mount(self) -> None:
        admin, transaction = self._service.admin, self._service.store.transaction

        @admin.post("/payments", status_code=201, summary="Money has come in")
        async def receive(body: PaymentBody, client: Client) -> dict[str, Any]:
            with transaction():
                return self.receive(client, body)

        @admin.post("/cash-applications", status_code=201, summary="Unapplied cash is for receivables")
        async def apply(body: CashApplicationBody, client: Client) -> dict[str, Any]:
            with transaction():
                return self.apply_cash(client, body)

        @admin.post("/payment-links/{link_id}/pay", summary="The customer pays a link")
        async def pay(link_id: str, client: Client) -> dict[str, Any]:
            with transaction():
                return self.pay_link(client, link_id)


def _paid_off(account: CreditAccount, amount: Decimal) -> CreditAccount:
    """Receivables less what was paid; what is left over has no purpose yet. Who owes nothing is not overdue."""
    owed = max(_NOTHING, account.open_receivables - amount)
    over = max(_NOTHING, amount - account.open_receivables)
    overdue = account.oldest_overdue_days if owed else 0
    return _with(
        account, open_receivables=owed, unapplied_cash=account.unapplied_cash + over, oldest_overdue_days=overdue
    )


def _with(account: CreditAccount, **changes: Decimal | int) -> CreditAccount:
    return account.model_copy(update=changes)
