"""Having an order that is not what it was held against the other systems again: its tax, its freight, its credit."""

from __future__ import annotations

from domain.assessment import Step
from domain.order import Order, ShipTo


def revalidate(order: Order, why: str) -> Step:
    """Always the last of a plan: the holds that it finds come as news, and join. Those stay if it is taken back; what
    does not stay are the taxes that the ERP took over by it.
    """
    return Step(
        step_id="revalidate",
        system="erp",
        operation="revalidate",
        undo="forget_validation",
        summary=f"Have the ERP validate {order.order_id} again: {why}",
    )


def after_move(order: Order, ship_to: ShipTo) -> tuple[Step, ...]:
    """What follows a change of the ship-to: nothing, if tax and freight are those of the same place."""
    if _place(order.ship_to) == _place(ship_to):
        return ()
    return (revalidate(order, "the goods go to another place"),)


def _place(ship_to: ShipTo) -> tuple[str, str, str]:
    """As far as taxes and freight tell places apart: not by the suffix of a postal code."""
    return ship_to.country, ship_to.region, ship_to.postal_code.partition("-")[0]
