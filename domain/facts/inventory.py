"""Stock, what is on its way, and the ways to get more."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from domain.base import Model


class Receipt(Model):
    """Goods that a supplier has confirmed (or not yet) for a day."""

    eta: date
    quantity: Decimal
    confirmed: bool = True
    purchase_order: str | None = None
    expedite_eta: date | None = None
    """The earlier day the supplier offers, if any, for `expedite_cost`."""
    expedite_cost: Decimal | None = None


class Demand(Model):
    """What another order needs. Priority 1 is served first."""

    order_id: str
    needed_on: date
    quantity: Decimal
    priority: int = 5
    reallocatable: bool = False
    """Whether stock already allocated to that order may be taken for another (always by a person)."""


class StockPosition(Model):
    """One item in one warehouse. Quantities in the item's base unit."""

    warehouse: str
    item: str
    on_hand: Decimal
    quality_hold: Decimal = Decimal(0)
    hard_allocated: Decimal = Decimal(0)
    safety_stock: Decimal = Decimal(0)
    receipts: tuple[Receipt, ...] = ()
    demand: tuple[Demand, ...] = ()
    allocations: tuple[Demand, ...] = ()


class TransferLane(Model):
    """Stock can go from one warehouse to another: `days` on the way, at `cost` a transfer."""

    origin: str
    destination: str
    days: int
    cost: Decimal


class StockPositions(Model):
    """The answer of the WMS about all items of an order and their substitutes."""

    positions: tuple[StockPosition, ...]
    lanes: tuple[TransferLane, ...] = ()
    version: str = "0"


class FreightQuote(Model):
    """Shipping the order's goods from one warehouse to the customer: `cost` a shipment, `days` on the way."""

    warehouse: str
    cost: Decimal
    handling: Decimal = Decimal(0)
    days: int = 1


class FreightQuotes(Model):
    """One quote an origin, and what the planned origin costs already."""

    quotes: tuple[FreightQuote, ...]
    version: str = "0"


class Substitute(Model):
    """An approved replacement for an item."""

    item: str
    unit_price: Decimal
    unit_cost: Decimal
    approved: bool = True


class DropShip(Model):
    """A supplier who sends straight to the customer."""

    supplier: str
    unit_cost: Decimal
    lead_days: int
    minimum_quantity: Decimal = Decimal(1)


class ItemSourcing(Model):
    """What the ERP's item master says about getting an item elsewhere, and how badly it is needed."""

    item: str
    criticality: str = "NORMAL"
    """`NORMAL`, `HIGH` or `CRITICAL`: how much a stock-out hurts."""
    standard_cost: Decimal = Decimal(0)
    substitutes: tuple[Substitute, ...] = ()
    drop_ship: DropShip | None = None


class Sourcing(Model):
    """The answer of the ERP about all items of an order."""

    items: tuple[ItemSourcing, ...]
    version: str = "0"
