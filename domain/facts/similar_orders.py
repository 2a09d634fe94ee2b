"""Other orders of the same customer, as far as they matter for the question whether two orders are one."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

from domain.base import Model
from domain.money import Money
from domain.order import EdiEnvelope, LineStatus, OrderStatus, OrderType, ShipTo


class SimilarLine(Model):
    """A line of such an order: `quantity` in `unit` (UN/ECE Rec 20), the price per unit in the order's currency."""

    line_id: str
    item: str
    quantity: Decimal
    unit: str = "EA"
    unit_price: Decimal
    promised_on: date | None = None
    status: LineStatus = LineStatus.OPEN


class SimilarOrder(Model):
    """An order in short. `version` guards what is done to it; `shipped_at` is None while it is in the house."""

    order_id: str
    version: int
    status: OrderStatus
    customer_id: str
    po_number: str
    release_number: str = ""
    order_type: OrderType = OrderType.STANDARD
    edi: EdiEnvelope | None = None
    ordered_at: datetime
    shipped_at: datetime | None = None
    ship_to: ShipTo
    need_by: date
    lines: tuple[SimilarLine, ...]
    value: Money


class SimilarOrders(Model):
    """The answer of the ERP: every order of the customer in a span of time, the newest first, at most 200."""

    orders: tuple[SimilarOrder, ...]
    version: str
