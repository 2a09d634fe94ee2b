"""The orders that come in through the channels, and what they are in the ERP's own words."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, model_validator

from domain.base import digest
from domain.events import Key
from domain.facts.address import PostalAddress
from domain.money import Currency
from domain.order import AsOrdered, CarrierInstructions, ServiceLevel, ShipTo
from sandbox.channels.catalogue import Catalogue, CatalogueItem
from sandbox.kernel import Document, WriteBody

Positive = Annotated[Decimal, Field(gt=0)]
NotNegative = Annotated[Decimal, Field(ge=0)]

NEW_SITE = "NEW"
"""The site of an order that goes to an address of its own."""
_STRICT = ConfigDict(frozen=True, extra="forbid")


class Payment(StrEnum):
    """How a web order is paid for."""

    CARD = "CARD"
    ACCOUNT = "ACCOUNT"


class CartLine(BaseModel):
    """So many of an item."""

    model_config = _STRICT

    item: Key
    quantity: Positive


class WebOrder(WriteBody):
    """A checkout. It goes to one of the customer's sites, or to `address` and no site: a drop-ship."""

    customer_id: Key
    currency: Currency = "USD"
    payment: Payment = Payment.ACCOUNT
    po_number: str = Field(default="", max_length=60)
    lines: tuple[CartLine, ...] = Field(min_length=1)
    ship_to: ShipTo | None = None
    address: PostalAddress | None = None
    need_by: date
    service_level: ServiceLevel = ServiceLevel.STANDARD
    freight: NotNegative = Decimal(0)

    @model_validator(mode="after")
    def _goes_somewhere(self) -> WebOrder:
        if self.ship_to is None and self.address is None:
            raise ValueError("name a site or an address to ship to")
        return self


class DeskLine(BaseModel):
    """So many of an item. `unit_price` overrides the catalogue's; `as_ordered` is the price on the customer's order."""

    model_config = _STRICT

    item: Key
    quantity: Positive
    unit_price: NotNegative | None = None
    as_ordered: AsOrdered | None = None


class DeskOrder(WriteBody):
    """What an employee of inside sales types in from a customer's purchase order."""

    entered_by: Key
    customer_id: Key
    currency: Currency = "USD"
    po_number: str = Field(max_length=60)
    release_number: str = Field(default="", max_length=30)
    lines: tuple[DeskLine, ...] = Field(min_length=1)
    ship_to: ShipTo
    address: PostalAddress | None = None
    carrier: CarrierInstructions | None = None
    need_by: date
    service_level: ServiceLevel = ServiceLevel.STANDARD
    freight: NotNegative = Decimal(0)


class Translator:
    """Makes the ERP's order entry of what came in. The same `reference` always gives the same order id."""

    def __init__(self, catalogue: Catalogue, warehouse: str, cutoff_after: timedelta) -> None:
        self._catalogue = catalogue
        self._warehouse = warehouse
        self._cutoff_after = cutoff_after

    def of_web(self, order: WebOrder, now: datetime) -> Document:
        """A checkout. The customer orders at the prices that the site shows. Raises Problem 422 on an unknown item."""
        lines = []
        for number, line in enumerate(order.lines, 1):
            item = self._catalogue.item(line.item)
            shown = AsOrdered(unit_price=item.unit_price, unit=item.unit, currency=order.currency)
            lines.append(_line(number, item, line.quantity, order.need_by) | _stated(shown))
        return {
            **self._common(order, now, lines),
            "order_id": f"WEB-{_short(order.reference)}",
            "channel": "ECOMMERCE",
            "entered_by": "web-shop",
            "po_number": order.po_number,
            "ship_to": _site(order),
        }

    def of_desk(self, order: DeskOrder, now: datetime) -> Document:
        """A typed order. Raises Problem 422 on an unknown item."""
        lines = []
        for number, line in enumerate(order.lines, 1):
            entry = _line(number, self._catalogue.item(line.item), line.quantity, order.need_by)
            price = {} if line.unit_price is None else {"unit_price": str(line.unit_price)}
            lines.append(entry | price | _stated(line.as_ordered))
        carrier = {} if order.carrier is None else {"carrier": order.carrier.model_dump(mode="json")}
        return {
            **self._common(order, now, lines),
            **carrier,
            "order_id": f"DESK-{_short(order.reference)}",
            "channel": "INSIDE_SALES",
            "entered_by": order.entered_by,
            "po_number": order.po_number,
            "release_number": order.release_number,
            "ship_to": order.ship_to.model_dump(mode="json"),
        }

    def _common(self, order: WebOrder | DeskOrder, now: datetime, lines: list[Document]) -> Document:
        entry = order.model_dump(
            mode="json", include={"customer_id", "currency", "need_by", "service_level", "freight", "address"}
        )
        return entry | {
            "ordered_at": now.isoformat(),
            "carrier_cutoff": (now + self._cutoff_after).isoformat(),
            "warehouse": self._warehouse,
            "lines": lines,
        }


def _line(number: int, item: CatalogueItem, quantity: Decimal, need_by: date) -> Document:
    values: dict[str, Any] = item.model_dump(mode="json", exclude={"unit_price", "erp_price"})
    return values | {
        "line_id": str(number),
        "quantity": str(quantity),
        "unit_price": str(item.charged),
        "need_by": need_by.isoformat(),
    }


def _stated(price: AsOrdered | None) -> Document:
    return {} if price is None else {"as_ordered": price.model_dump(mode="json")}


def _site(order: WebOrder) -> Document:
    if order.ship_to is not None:
        return order.ship_to.model_dump(mode="json")
    address = order.address or PostalAddress()
    return {"site_id": NEW_SITE, **address.model_dump(include={"region", "postal_code", "country"})}


def _short(reference: str) -> str:
    return digest(reference)[:12].upper()
