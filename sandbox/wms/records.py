"""What the WMS is told and what is asked of it. Quantities in the item's base unit, days in UTC."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from domain.facts.inventory import StockPosition, TransferLane
from sandbox.kernel import WriteBody

_STRICT = ConfigDict(frozen=True, extra="forbid")
_LENIENT = ConfigDict(frozen=True, extra="ignore")


class Position(StockPosition):
    """Stock before anything that was booked here. `hard_allocated` includes the `allocations`."""

    model_config = _STRICT


class Lane(TransferLane):
    """A way from one warehouse to another."""

    model_config = _STRICT


class Warehouse(BaseModel):
    """A place that ships: where it is, and what handling a shipment costs there."""

    model_config = _STRICT

    warehouse: str
    region: str
    handling: Decimal = Decimal(4)


class FreightRate(BaseModel):
    """A rate agreed with a carrier; it counts in place of the tariff."""

    model_config = _STRICT

    warehouse: str
    region: str
    per_shipment: Decimal
    per_unit: Decimal = Decimal(0)
    days: int = Field(default=1, ge=0)


class Shipment(BaseModel):
    """What is to be shipped where. The tariff goes by regions; `postal_code` and `order_id` are for the carrier."""

    model_config = _LENIENT

    region: str
    country: str = "US"
    postal_code: str = ""
    value: Decimal = Field(default=Decimal(0), ge=0)
    quantity: Decimal = Field(default=Decimal(1), ge=0)
    order_id: str | None = None


class Substitutes(BaseModel):
    """The items whose stock is shown with an item's, because they may replace it."""

    model_config = _STRICT

    item: str
    substitutes: tuple[str, ...]


class ReservationBody(WriteBody):
    """Set stock aside for a line: on hand now, or from what has come in by `available_on`."""

    order_id: str
    line_id: str
    item: str
    warehouse: str
    quantity: Decimal = Field(gt=0)
    kind: Literal["HARD", "SOFT"]
    available_on: date | None = None


class Reservation(ReservationBody):
    """A reservation that counts."""

    model_config = _LENIENT


class TransferBody(WriteBody):
    """Move stock to another warehouse."""

    order_id: str
    item: str
    quantity: Decimal = Field(gt=0)
    origin: str
    destination: str


class Transfer(TransferBody):
    """A transfer that counts; the goods arrive on `eta`."""

    model_config = _LENIENT

    id: str
    eta: date


class ReallocationBody(WriteBody):
    """Take stock that is allocated to `from_order_id`."""

    order_id: str
    line_id: str
    item: str
    warehouse: str
    quantity: Decimal = Field(gt=0)
    from_order_id: str


class Reallocation(ReallocationBody):
    """A reallocation that counts."""

    model_config = _LENIENT


class ReceiptBody(BaseModel):
    """Goods that have come in; of a purchase order they are no longer expected."""

    model_config = _STRICT

    item: str
    warehouse: str
    quantity: Decimal = Field(gt=0)
    purchase_order: str | None = None
