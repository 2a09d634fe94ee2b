"""The price book: agreements, promotions, rebates, costs and rates, and the answer to an inquiry made of them."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from domain.facts.pricing import Agreement, Costing, LastPaid, LinePrices, PriceRecord, Prices, Promotion, Rebate
from sandbox.kernel import Records, Service
from sandbox.kernel.versions import version_of
from sandbox.pricing.price_records import PriceRecords
from sandbox.pricing.records import (
    Category,
    CustomerAgreement,
    InquiryBody,
    InquiryLine,
    ItemPromotion,
    ItemRebate,
    PaidPrice,
    PricedItem,
    Rate,
)

_RATE_PLACES = Decimal("0.00000001")


class PriceBook:
    """What pricing knows. Of an item or customer it never heard of it says nothing."""

    def __init__(self, service: Service, price_records: PriceRecords) -> None:
        self._price_records = price_records
        self._items = Records(service, "items", PricedItem, ("item",))
        self._categories = Records(service, "categories", Category, ("category",))
        self._agreements = Records(
            service, "agreements", CustomerAgreement, ("agreement_id",), indexed=("customer_id", "item")
        )
        self._promotions = Records(service, "promotions", ItemPromotion, ("promotion_id",), indexed=("item",))
        self._rebates = Records(service, "rebates", ItemRebate, ("rebate_id",), indexed=("item",))
        self._paid = Records(service, "paid-prices", PaidPrice, ("customer_id", "item"))
        self._rates = Records(service, "rates", Rate, ("currency",))

    def answer(self, asked: InquiryBody) -> Prices:
        """Agreements and promotions of any date are shown; what counts on which day is for those who ask."""
        lines = tuple(self._line(asked, line) for line in asked.lines)
        found = Prices(currency=asked.currency, lines=lines, rates=self._rates_into(asked.currency))
        return found.model_copy(update={"version": version_of(found)})

    def _line(self, asked: InquiryBody, line: InquiryLine) -> LinePrices:
        customer_id, item = asked.customer_id, self._items.get(line.item)
        record, paid = self._price_records.selling(customer_id, line.item), self._paid.get(customer_id, line.item)
        agreements = self._agreements.all(customer_id=customer_id, item=line.item)
        return LinePrices(
            line_id=line.line_id,
            item=line.item,
            packs={} if item is None else item.packs,
            agreements=tuple(Agreement.model_validate(one.model_dump()) for one in agreements),
            promotions=tuple(
                Promotion.model_validate(one.model_dump()) for one in self._promotions.all(item=line.item)
            ),
            rebates=self._rebates_of(customer_id, line.item, asked.as_of),
            record=None if record is None else PriceRecord.model_validate(record.model_dump()),
            costing=None if item is None else self._costing(item),
            last_paid=None if paid is None else LastPaid.model_validate(paid.model_dump()),
        )

    def _rebates_of(self, customer_id: str, item: str, day: date) -> tuple[Rebate, ...]:
        valid = (one for one in self._rebates.all(item=item) if one.concerns(customer_id, day))
        return tuple(Rebate.model_validate(one.model_dump()) for one in valid)

    def _costing(self, item: PricedItem) -> Costing:
        category = self._categories.get(item.category)
        floor, target = item.floor_margin_percent, item.target_margin_percent
        if category is not None:
            floor = category.floor_margin_percent if floor is None else floor
            target = category.target_margin_percent if target is None else target
        return Costing(cost=item.cost, currency=item.currency, floor_margin_percent=floor, target_margin_percent=target)

    def _rates_into(self, currency: str) -> dict[str, Decimal]:
        """What one unit of each currency is worth in `currency`; nothing if that one has no rate itself."""
        own = self._rates.get(currency)
        if own is None:
            return {}
        return {rate.currency: (rate.in_usd / own.in_usd).quantize(_RATE_PLACES) for rate in self._rates.all()}
