"""The HTTP API of the pricing system."""

from __future__ import annotations

from fastapi import Response

from sandbox.kernel import Answer, Service, Settings, Write
from sandbox.pricing.price_book import PriceBook
from sandbox.pricing.price_records import PriceRecords
from sandbox.pricing.records import InquiryBody


def build(settings: Settings) -> Service:
    """The service. Seed: `items`, `categories`, `agreements`, `promotions`, `rebates`, `paid-prices`, `price-records`,
    `rates`.
    """
    service = Service("pricing", settings, title="Pricing")
    book = PriceBook(service, PriceRecords(service))

    @service.v1.post("/inquiries", status_code=200, tags=["inquiries"], summary="Everything about some lines' prices")
    async def inquire(body: InquiryBody, write: Write) -> Response:
        """Records nothing."""
        return write.once(lambda: Answer(book.answer(body).model_dump(mode="json"), 200))

    return service
