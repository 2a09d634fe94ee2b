"""What was agreed about prices, what the ERP sells by, and what the goods cost."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Annotated

from pydantic import Field, StringConstraints

from domain.base import Model
from domain.money import Currency

RecordId = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._:-]{0,79}$")]


class PriceBreak(Model):
    """From `min_quantity` units on, `unit_price` for each of them."""

    min_quantity: Decimal = Field(default=Decimal(0), ge=0)
    unit_price: Decimal = Field(ge=0)


class PriceSchedule(Model):
    """Prices per `unit`, which holds `pack_quantity` of the item's base unit. Quantities of breaks are in `unit`, too.

    Less than the smallest break is not for sale by it.
    """

    unit: str = "EA"
    pack_quantity: Decimal = Field(default=Decimal(1), gt=0)
    currency: Currency
    breaks: tuple[PriceBreak, ...] = Field(min_length=1)

    def price_for(self, base_quantity: Decimal) -> Decimal | None:
        """The price per `unit` for so much of the base unit; None below the smallest break."""
        units = base_quantity / self.pack_quantity
        reached = [found for found in self.breaks if found.min_quantity <= units]
        return max(reached, key=lambda found: found.min_quantity).unit_price if reached else None


class AgreementKind(StrEnum):
    """A contract holds for every order of its time, a quote for the purchase that it was asked for."""

    CONTRACT = "CONTRACT"
    QUOTE = "QUOTE"


class Agreement(Model):
    """What was agreed with the customer about an item. `valid_to` is the last valid day, `version` counts changes."""

    agreement_id: str
    kind: AgreementKind = AgreementKind.CONTRACT
    valid_from: date
    valid_to: date
    version: int = 1
    prices: PriceSchedule

    def holds_on(self, day: date) -> bool:
        """Whether it counts on that day."""
        return self.valid_from <= day <= self.valid_to


class Promotion(Model):
    """A percentage off the price record, until and including `valid_to`."""

    promotion_id: str
    valid_from: date
    valid_to: date
    percent_off: Decimal = Field(gt=0, le=100)

    def holds_on(self, day: date) -> bool:
        """Whether it counts on that day."""
        return self.valid_from <= day <= self.valid_to


class RebateDirection(StrEnum):
    """OUT is paid to the customer afterwards, IN comes from the supplier."""

    OUT = "OUT"
    IN = "IN"


class Rebate(Model):
    """`percent` of the price, and `amount` in `currency` per base unit besides."""

    rebate_id: str
    direction: RebateDirection
    percent: Decimal = Field(default=Decimal(0), ge=0, le=100)
    amount: Decimal = Field(default=Decimal(0), ge=0)
    currency: Currency


class PriceRecord(Model):
    """What the ERP sells an item by. A record with a customer is for that customer only and goes before the list's.

    `version` grows with every change and is its ETag.
    """

    record_id: RecordId
    item: str
    customer_id: str | None = None
    version: int = 1
    prices: PriceSchedule


class LastPaid(Model):
    """What the customer paid for the item the last time, per unit of `pack_quantity` base units."""

    unit_price: Decimal
    unit: str = "EA"
    pack_quantity: Decimal = Field(default=Decimal(1), gt=0)
    currency: Currency
    paid_on: date


class Costing(Model):
    """Cost per base unit, and the margins in percent of the price that the item or its category is to bring."""

    cost: Decimal = Field(ge=0)
    currency: Currency
    floor_margin_percent: Decimal | None = None
    target_margin_percent: Decimal | None = None


class LinePrices(Model):
    """Everything about one line's item. `packs`: base units in a unit, as the item master has it."""

    line_id: str
    item: str
    packs: dict[str, Decimal] = {}
    agreements: tuple[Agreement, ...] = ()
    promotions: tuple[Promotion, ...] = ()
    rebates: tuple[Rebate, ...] = ()
    record: PriceRecord | None = None
    costing: Costing | None = None
    last_paid: LastPaid | None = None


class Prices(Model):
    """The answer for an order. `rates`: what one unit of a currency is worth in `currency`."""

    currency: Currency
    lines: tuple[LinePrices, ...] = ()
    rates: dict[str, Decimal] = {}
    version: str = "0"

    def of_line(self, line_id: str) -> LinePrices | None:
        """What is known about that line."""
        return next((line for line in self.lines if line.line_id == line_id), None)
