"""What the supplier portal keeps, and the bodies of its operations."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from sandbox.kernel import Settings, WriteBody

Positive = Annotated[Decimal, Field(gt=0)]
NotNegative = Annotated[Decimal, Field(ge=0)]


class SupplierSettings(Settings):
    """The settings of the portal."""

    acknowledge_after: float = Field(default=30.0, ge=0, description="seconds until a supplier answers an order")


class Answer(StrEnum):
    """What a supplier says to a purchase order: the line codes IA, DR and IR of an X12 855."""

    ACCEPTED = "ACCEPTED"
    CHANGED = "CHANGED"
    """It comes on another day."""
    REJECTED = "REJECTED"


class Supplier(BaseModel):
    """How a supplier answers. One of whom nothing is known accepts everything."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    supplier: str
    answer: Answer = Answer.ACCEPTED
    days_later: int = Field(default=3, ge=1)
    """By how much the day is later if the answer is CHANGED."""


class PurchaseOrderBody(WriteBody):
    """Goods that are ordered. `reference` is the buyer's own id; `drop_ship` sends them straight to the customer."""

    number: str
    order_id: str
    line_id: str
    item: str
    quantity: Positive
    supplier: str
    unit_cost: NotNegative
    drop_ship: bool = False
    due_on: date


class ExpediteBody(WriteBody):
    """Deliver a purchase order on an earlier day, for a price. It may be one from before there was a portal."""

    purchase_order: str
    due_on: date
    cost: NotNegative


class Acknowledgement(BaseModel):
    """A supplier's answer, given by hand. `confirmed_on` counts for ACCEPTED and CHANGED."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    answer: Answer
    confirmed_on: date | None = None
