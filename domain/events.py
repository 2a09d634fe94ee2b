"""Machine facts in the past tense: what other systems tell us, as CloudEvents 1.0 and as signals."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import AwareDatetime, Field, StringConstraints

from domain.base import StrictModel
from domain.money import Money
from domain.order import Hold

Key = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._:-]{0,127}$")]


class EventType(StrEnum):
    """The events we understand. The part after the dot is the name of the workflow's signal."""

    HOLD_PLACED = "holdfast.hold_placed"
    HOLD_CLEARED = "holdfast.hold_cleared"
    ORDER_CHANGED = "holdfast.order_changed"
    ORDER_CANCELLED = "holdfast.order_cancelled"
    CUSTOMER_ANSWERED = "holdfast.customer_answered"
    PAYMENT_RECEIVED = "holdfast.payment_received"
    STOCK_RECEIVED = "holdfast.stock_received"
    ORDER_SHIPPED = "holdfast.order_shipped"
    ORDER_INVOICED = "holdfast.order_invoiced"

    @property
    def signal(self) -> str:
        """The signal that carries this event to a case."""
        return self.value.partition(".")[2]


class EventData(StrictModel):
    """What an event says. `order_version` is the ERP's version after it happened; 0 where the sender has no order
    (a payment names a customer, a receipt an item), and the door finds the cases concerned.
    """

    tenant: Key
    order_id: Key | None = None
    order_version: int = Field(default=0, ge=0, lt=2**63)
    hold: Hold | None = None
    hold_id: str | None = Field(default=None, max_length=128)
    customer_id: Key | None = None
    item: Key | None = None
    warehouse: Key | None = None
    amount: Money | None = None
    detail: str = Field(default="", max_length=500)


class CloudEvent(StrictModel):
    """The CloudEvents 1.0 JSON envelope, structured mode."""

    specversion: Literal["1.0"]
    id: Annotated[str, StringConstraints(min_length=1, max_length=200)]
    source: Annotated[str, StringConstraints(min_length=1, max_length=200)]
    type: EventType
    time: AwareDatetime
    subject: str | None = Field(default=None, max_length=200)
    datacontenttype: Literal["application/json"] = "application/json"
    dataschema: str | None = Field(default=None, max_length=500)
    data: EventData


class OrderEvent(StrictModel):
    """An event addressed to one case: the argument of every machine signal."""

    event_id: str
    type: EventType
    source: str
    occurred_at: datetime
    data: EventData

    @classmethod
    def of(cls, event: CloudEvent) -> OrderEvent:
        """The event without its envelope."""
        return cls(event_id=event.id, type=event.type, source=event.source, occurred_at=event.time, data=event.data)
