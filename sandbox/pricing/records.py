"""What the pricing system is told and what is asked of it."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from domain.facts.pricing import (
    Agreement,
    LastPaid,
    PriceRecord,
    PriceSchedule,
    Promotion,
    Rebate,
    RecordId,
)
from domain.money import Currency
from sandbox.kernel import WriteBody

_STRICT = ConfigDict(frozen=True, extra="forbid")
Positive = Annotated[Decimal, Field(gt=0)]

UNPRICED = "UNPRICED"
"""The category of items of which nothing else is said."""


class PricedItem(BaseModel):
    """An item's cost per base unit, its packs (base units in a unit), and margins that go before its category's."""

    model_config = _STRICT

    item: str
    category: str = UNPRICED
    cost: Decimal = Field(ge=0)
    currency: Currency = "USD"
    packs: dict[str, Positive] = {}
    floor_margin_percent: Decimal | None = None
    target_margin_percent: Decimal | None = None


class Category(BaseModel):
    """The margins in percent that goods of a category are to bring."""

    model_config = _STRICT

    category: str
    floor_margin_percent: Decimal
    target_margin_percent: Decimal


class CustomerAgreement(Agreement):
    """A contract or quote, and whose it is about what."""

    model_config = _STRICT

    customer_id: str
    item: str


class ItemPromotion(Promotion):
    """A promotion of an item, for everybody."""

    model_config = _STRICT

    item: str


class ItemRebate(Rebate):
    """A rebate on an item in its time. Without a customer it is for all of them."""

    model_config = _STRICT

    item: str
    customer_id: str | None = None
    valid_from: date
    valid_to: date

    def concerns(self, customer_id: str, day: date) -> bool:
        """Whether it counts for a customer on a day."""
        return self.customer_id in (None, customer_id) and self.valid_from <= day <= self.valid_to


class PaidPrice(LastPaid):
    """What a customer paid for an item the last time."""

    model_config = _STRICT

    customer_id: str
    item: str


class KeptRecord(PriceRecord):
    """A price record, with what its present version rests on."""

    model_config = _STRICT

    basis: str = ""


class Rate(BaseModel):
    """What one unit of a currency is worth in US dollars."""

    model_config = _STRICT

    currency: Currency
    in_usd: Positive


class InquiryLine(BaseModel):
    """A line of an inquiry: `quantity` in `unit`."""

    model_config = _STRICT

    line_id: str
    item: str
    quantity: Positive
    unit: str = "EA"


class InquiryBody(BaseModel):
    """Everything about the prices of some lines, for a customer, on a day, in the currency of the order."""

    model_config = _STRICT

    customer_id: str
    currency: Currency
    as_of: date
    lines: tuple[InquiryLine, ...] = Field(min_length=1)


class CorrectionBody(WriteBody):
    """Have a price record say something else. `basis` says why; If-Match says which version it was decided on."""

    record_id: RecordId
    prices: PriceSchedule
    basis: str = Field(default="", max_length=200)
