"""The HTTP API of credit management."""

from __future__ import annotations

from domain.facts.credit import CreditPosition
from sandbox.credit.books import Books
from sandbox.credit.pay_page import pay_page
from sandbox.credit.payments import Payments
from sandbox.credit.records import CreditSettings
from sandbox.kernel import Service


def build(settings: CreditSettings) -> Service:
    """The service. Seed: `customers`."""
    service = Service("credit", settings, title="Credit management")
    books = Books(service)
    payments = Payments(service, settings, books)

    @service.v1.get("/customers/{customer_id}/position", tags=["positions"], summary="What a customer's exposure is")
    async def position(customer_id: str, order_id: str | None = None, currency: str | None = None) -> CreditPosition:
        """With `order_id`: without that order's own release, and with what was prepaid for it."""
        return books.position(customer_id, order_id, currency)

    service.app.include_router(pay_page(service, payments))
    return service
