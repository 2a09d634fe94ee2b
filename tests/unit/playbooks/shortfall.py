"""A shortfall in which every way out is open."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from domain.assessment import Assessment
from domain.facts.inventory import Demand, DropShip, ItemSourcing, StockPosition, Substitute
from domain.order import Order
from tests.unit.playbooks.scenario import (
    day,
    inventory,
    lane,
    line,
    order,
    receipt,
    stocked,
)

MASTER = ItemSourcing(
    item="BOLT",
    substitutes=(Substitute(item="BOLT2", unit_price=Decimal(9), unit_cost=Decimal(5)),),
    drop_ship=DropShip(supplier="ACME", unit_cost=Decimal(7), lead_days=3, minimum_quantity=Decimal(50)),
)
OTHERS = Demand(order_id="SO-9", needed_on=day(3), quantity=Decimal(70), priority=6, reallocatable=True)


def home(on_hand: int = 40, **more: Any) -> StockPosition:
    """The planned warehouse: 40 of 100 bolts now, the rest in six days, or in two for 15 USD."""
    coming = receipt(6, 100, purchase_order="PO-77", expedite_eta=day(2), expedite_cost=Decimal(15))
    fields: dict[str, Any] = {"receipts": (coming,), "hard_allocated": Decimal(0)} | more
    return stocked("NYC", on_hand, **fields)


def everything(the_order: Order | None = None, **more: Any) -> Assessment:
    """A shortfall in which every way is open."""
    return inventory(
        home(110, hard_allocated=Decimal(70), allocations=(OTHERS,)),
        stocked("NYC", 100, "BOLT2"),
        stocked("CHI", 100),
        stocked("DAL", 100),
        lanes=(lane("CHI"), lane("DAL", days=3, cost=1)),
        items=(MASTER,),
        the_order=the_order or order(line(), allow_substitute=True),
        **more,
    )
