"""The books of credit management: what a customer owes, may owe, and has paid."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from pydantic import TypeAdapter

from domain.facts.credit import CreditPosition
from sandbox.credit.records import (
    AuthorisationBody,
    CreditAccount,
    LimitChangeBody,
    ReleaseBody,
    Until,
    is_over,
)
from sandbox.kernel import Collection, Document, Documents, Problem, Records, Service, WriteRequest
from sandbox.kernel.versions import version_of

_until: TypeAdapter[Until] = TypeAdapter(Until)


class Books:
    """All accounts, and what counts besides them."""

    def __init__(self, service: Service) -> None:
        self._clock = service.clock
        self.accounts = Records(
            service, "customers", CreditAccount, ("customer_id", "currency"), indexed=("customer_id",)
        )
        self.payments = Documents(service.store, "payments", ("order_id",))
        add, by_customer = service.collection, ("customer_id",)
        self._releases = add("releases", ReleaseBody, "rel", on_create=self._release, indexed=by_customer)
        self._limit_changes = add(
            "limit-changes",
            LimitChangeBody,
            "lim",
            on_create=self._change_limit,
            indexed=by_customer,
        )
        self._authorisations = add("payment-authorisations", AuthorisationBody, "auth", on_create=self._authorise)

    def account(self, customer_id: str, currency: str | None, *, status: int = 422) -> CreditAccount:
        """The customer's account in a currency (its only one). Raises Problem `status` if there is none."""
        accounts = self.accounts.all(customer_id=customer_id)
        if not accounts:
            raise Problem(status, "unknown_customer", f"there is no credit account of customer {customer_id}")
        fitting = [account for account in accounts if currency in (None, account.currency)]
        if not fitting:
            raise Problem(422, "unknown_currency", f"customer {customer_id} has no credit account in {currency}")
        return fitting[0]

    def position(self, customer_id: str, order_id: str | None, currency: str | None) -> CreditPosition:
        """Everything that exposure is made of, as seen by that order, which must not count itself."""
        account = self.account(customer_id, currency, status=404)
        known = account.model_dump() | {
            "limit": self._limit(account),
            "open_orders": account.open_orders + self._released(account, but=order_id),
            "prepaid_for_order": self._prepaid(account, order_id),
        }
        position = CreditPosition.model_validate(known)
        return position.model_copy(update={"version": version_of(position)})

    def _limit(self, account: CreditAccount) -> Decimal:
        """The limit: the last change of it that still counts, else its own."""
        changes = [
            change for change in self._of(self._limit_changes, account) if not self.is_over(change["valid_until"])
        ]
        return Decimal(changes[-1]["limit"]) if changes else account.limit

    def _released(self, account: CreditAccount, but: str | None) -> Decimal:
        """What other orders were released for: it is as good as owed."""
        return _total(
            release
            for release in self._of(self._releases, account)
            if release["order_id"] != but and not self.is_over(release["valid_until"])
        )

    def _prepaid(self, account: CreditAccount, order_id: str | None) -> Decimal:
        """What was authorised or paid for that order."""
        if order_id is None:
            return Decimal(0)
        paid = self.payments.all(order_id=order_id)
        authorised = self._authorisations.active(order_id=order_id)
        return _total(payment for payment in (*paid, *authorised) if _is_of(payment, account))

    def _release(self, _: WriteRequest, body: ReleaseBody, __: str) -> Document:
        self.account(body.customer_id, body.currency)
        self.require_ahead(body.valid_until)
        return {}

    def _change_limit(self, _: WriteRequest, body: LimitChangeBody, __: str) -> Document:
        account = self.account(body.customer_id, body.currency)
        self.require_ahead(body.valid_until)
        return {"limit_before": str(self._limit(account))}

    def _authorise(self, _: WriteRequest, body: AuthorisationBody, __: str) -> Document:
        account = self.account(body.customer_id, body.currency)
        if not account.card_on_file:
            raise Problem(409, "no_card_on_file", f"customer {body.customer_id} has no card on file")
        if account.card_limit is not None and body.amount > account.card_limit:
            raise Problem(
                409, "card_declined", f"the card of customer {body.customer_id} is not good for {body.amount}"
            )
        return {}

    def _of(self, collection: Collection[Any], account: CreditAccount) -> list[Document]:
        active = collection.active(customer_id=account.customer_id)
        return [document for document in active if document["currency"] == account.currency]

    def is_over(self, until: str) -> bool:
        """Whether that moment, as it is kept in a document, has passed."""
        return is_over(_until.validate_python(until), self._clock.now())

    def require_ahead(self, until: Until) -> None:
        """Raises Problem 422 if that moment has passed."""
        if is_over(until, self._clock.now()):
            raise Problem(422, "already_over", f"{until} has passed: nothing would come of it")


def _is_of(document: Document, account: CreditAccount) -> bool:
    return (document["customer_id"], document["currency"]) == (account.customer_id, account.currency)


def _total(documents: Any) -> Decimal:
    return sum((Decimal(document["amount"]) for document in documents), Decimal(0))
