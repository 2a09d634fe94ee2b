"""Ways to deliver that pay a supplier: to ship to the customer, or to deliver sooner."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

from domain.assessment import Step
from domain.facts.inventory import DropShip, Receipt, StockPosition
from domain.inventory.costs import NOTHING, Cost, together
from domain.inventory.sourcing import Need, SourcingPlan
from domain.playbooks.figures import booked, figure
from domain.playbooks.inventory_case import InventoryCase
from domain.playbooks.inventory_proposal import Proposal, arriving, promise, reserve_at_home


def drop_ship(case: InventoryCase) -> Proposal | None:
    """A supplier sends the short lines straight to the customer, whole."""
    pairs = [(need, case.item(need.item).drop_ship) for need in case.shortage.short]
    orders = [(need, offer) for need, offer in pairs if offer and offer.minimum_quantity <= need.quantity]
    if len(orders) < len(pairs):
        return None
    served = case.shortage.served
    arrivals = arriving(served, case.arrival(case.today))
    arrivals |= {line: parts for need, offer in orders for line, parts in arriving([need], _due(case, offer)).items()}
    shipments = len({offer.supplier for _, offer in orders}) + (1 if served or case.shipping_anyway else 0)
    goods = Cost(goods=sum((need.quantity * (offer.unit_cost - need.unit_cost) for need, offer in orders), NOTHING))
    own = case.from_home() if served else Cost()
    late = case.delays((need, arrivals[need.line_id][0][1]) for need in case.needs)
    return Proposal(
        code="DROP_SHIP",
        title="Have the supplier ship to the customer",
        how=", ".join(_offer_in_words(case, need, offer) for need, offer in orders),
        cost=together(own, goods, late),
        arrivals=arrivals,
        shipments=shipments,
        steps=(
            *(_purchase_step(case, need, offer) for need, offer in orders),
            *reserve_at_home(case, served, case.today),
            promise(arrivals),
        ),
        consent=case.objections(shipments),
        least_amount=sum((need.quantity * offer.unit_cost for need, offer in orders), NOTHING),
    )


def _due(case: InventoryCase, offer: DropShip) -> date:
    return case.today + timedelta(days=offer.lead_days)


def _offer_in_words(case: InventoryCase, need: Need, offer: DropShip) -> str:
    price = f"{offer.unit_cost:f} each against {need.unit_cost:f} planned"
    return f"{offer.supplier} sends {figure(need.quantity)} {need.item} by {_due(case, offer).isoformat()} at {price}"


def _purchase_step(case: InventoryCase, need: Need, offer: DropShip) -> Step:
    return Step(
        step_id=f"purchase-{need.line_id}",
        system="erp",
        operation="create_purchase_order",
        arguments={
            "order_id": case.order.order_id,
            "line_id": need.line_id,
            "item": need.item,
            "quantity": figure(need.quantity),
            "supplier": offer.supplier,
            "unit_cost": f"{offer.unit_cost:f}",
            "drop_ship": True,
            "due_on": _due(case, offer).isoformat(),
        },
        undo="cancel_purchase_order",
        summary=f"Buy {figure(need.quantity)} of {need.item} from {offer.supplier}, sent to the customer",
    )


def expedite(case: InventoryCase) -> Proposal | None:
    """Pay suppliers to deliver sooner, if everything can then ship earlier than by waiting."""
    chosen = [_receipt_to_expedite(case, item) for item in dict.fromkeys(need.item for need in case.shortage.short)]
    receipts = list({receipt.purchase_order: receipt for receipt in chosen if receipt is not None}.values())
    plan = _earliest_with(case, receipts) if receipts else None
    waiting = next((plan for plan in case.home_plans() if plan.ship_on > case.today), None)
    if plan is None or (waiting is not None and plan.ship_on >= waiting.ship_on):
        return None
    price = sum((receipt.expedite_cost or NOTHING for receipt in receipts), NOTHING)
    arrivals = arriving(case.needs, plan.arrives_on)
    orders = ", ".join(f"{receipt.purchase_order} to {receipt.expedite_eta}" for receipt in receipts)
    return Proposal(
        code="EXPEDITE_PO",
        title=f"Expedite purchase orders and ship on {plan.ship_on.isoformat()}",
        how=f"expedite {orders}; everything ships from {case.home} on {plan.ship_on.isoformat()}",
        cost=together(plan.cost, Cost(goods=price)),
        arrivals=arrivals,
        shipments=1,
        steps=(
            *(_expedite_step(case, receipt) for receipt in receipts),
            *_secured(case, plan, waiting),
            promise(arrivals),
        ),
        least_amount=price,
    )


def _secured(case: InventoryCase, plan: SourcingPlan, waiting: SourcingPlan | None) -> tuple[Step, ...]:
    """What can be set aside before the supplier has told the warehouse of the earlier day: the receipt as it is known
    there, so that it goes to nobody else; of a receipt that is not confirmed, nothing.
    """
    if waiting is not None:
        return reserve_at_home(case, case.needs, waiting.ship_on)
    return reserve_at_home(case, case.shortage.served, plan.ship_on)


def _receipt_to_expedite(case: InventoryCase, item: str) -> Receipt | None:
    """The receipt of that item whose expediting lets its lines ship earliest, the cheapest of equal ones."""
    wanted = sum((need.quantity for need in case.needs if need.item == item), NOTHING)
    position = next((p for p in case.positions.positions if (p.warehouse, p.item) == (case.home, item)), None)
    ranked = []
    for receipt in position.receipts if position else ():
        if receipt.purchase_order and receipt.expedite_eta and receipt.expedite_eta < receipt.eta:
            day = case.stock_of(_expedited(case, [receipt])).earliest(case.home, item, wanted, case.today)
            if day is not None:
                ranked.append((day, receipt.expedite_cost or NOTHING, receipt.purchase_order, receipt))
    return min(ranked, key=lambda entry: entry[:3])[3] if ranked else None


def _expedited(case: InventoryCase, receipts: Sequence[Receipt]) -> list[StockPosition]:
    """The positions as they are once these receipts come on their earlier days."""

    def sooner(receipt: Receipt) -> Receipt:
        if receipt not in receipts or receipt.expedite_eta is None:
            return receipt
        return receipt.model_copy(update={"eta": receipt.expedite_eta, "confirmed": True})

    return [
        position.model_copy(update={"receipts": tuple(map(sooner, position.receipts))})
        if position.warehouse == case.home
        else position
        for position in case.positions.positions
    ]


def _earliest_with(case: InventoryCase, receipts: Sequence[Receipt]) -> SourcingPlan | None:
    plans = case.home_plans(case.stock_of(_expedited(case, receipts)))
    return min(plans, key=lambda plan: plan.ship_on, default=None)


def _expedite_step(case: InventoryCase, receipt: Receipt) -> Step:
    due_on = "" if receipt.expedite_eta is None else receipt.expedite_eta.isoformat()
    return Step(
        step_id=f"expedite-{receipt.purchase_order}",
        system="erp",
        operation="expedite_purchase_order",
        arguments={
            "purchase_order": receipt.purchase_order,
            "due_on": due_on,
            "cost": booked(case.order, receipt.expedite_cost or NOTHING),
        },
        undo="restore_purchase_order",
        summary=f"Expedite purchase order {receipt.purchase_order} to {due_on}",
    )
