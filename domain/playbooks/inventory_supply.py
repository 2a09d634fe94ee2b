"""Ways to deliver something else or less, and the list of all ways that more than stock takes part in."""

from __future__ import annotations

from decimal import Decimal

from domain.assessment import Disposition, Step
from domain.facts.inventory import Substitute
from domain.inventory.costs import NOTHING, Cost, together
from domain.inventory.sourcing import Need
from domain.inventory.stock import Stock
from domain.playbooks.figures import figure
from domain.playbooks.inventory_case import InventoryCase
from domain.playbooks.inventory_moves import reallocate, transfer
from domain.playbooks.inventory_proposal import Proposal, amend, arriving, promise, reserve_at_home
from domain.playbooks.inventory_purchases import drop_ship, expedite


def by_supply(case: InventoryCase) -> list[Proposal]:
    """Everything that could end the shortage, if there is one; giving the lines up is always possible."""
    if not case.shortage.short:
        return [cancel_line(case)]
    found = (transfer(case), substitute(case), drop_ship(case), expedite(case), reallocate(case), cancel_line(case))
    return [proposal for proposal in found if proposal is not None]


def substitute(case: InventoryCase) -> Proposal | None:
    """An approved item that costs the customer no more, and that the planned warehouse has today."""
    stock, pairs = case.shortage.stock_left, []
    for need in case.shortage.short:
        found = _substitute_for(case, need, stock)
        if found is None:
            return None
        stock = stock.take(case.home, found.item, need.quantity, case.today)
        pairs.append((need, found))
    arrives_on = case.arrival(case.today)
    arrivals = arriving(case.needs, arrives_on)
    goods = Cost(goods=sum((_price_of_substituting(need, found) for need, found in pairs), NOTHING))
    replaced = tuple(_as_substitute(need, found) for need, found in pairs)
    return Proposal(
        code="SUBSTITUTE",
        title="Send an approved substitute",
        how=", ".join(f"{found.item} in place of {need.item} (line {need.line_id})" for need, found in pairs),
        cost=together(case.from_home(), goods, case.all_on(arrives_on)),
        arrivals=arrivals,
        shipments=1,
        steps=(
            *reserve_at_home(case, (*case.shortage.served, *replaced), case.today),
            *(_substitute_step(need, found) for need, found in pairs),
            promise(arrivals),
        ),
        consent=() if case.order.allow_substitute else ("the customer takes no substitutes",),
    )


def _substitute_for(case: InventoryCase, need: Need, stock: Stock) -> Substitute | None:
    fitting = [
        item
        for item in case.item(need.item).substitutes
        if item.approved
        and item.unit_price <= need.unit_value
        and stock.usable(case.home, item.item, case.today) >= need.quantity
    ]
    return min(fitting, key=lambda item: (_price_of_substituting(need, item), item.item), default=None)


def _price_of_substituting(need: Need, item: Substitute) -> Decimal:
    """What it earns less: a lower price, a dearer item."""
    return need.quantity * (need.unit_value - item.unit_price + item.unit_cost - need.unit_cost)


def _as_substitute(need: Need, item: Substitute) -> Need:
    return Need(need.line_id, item.item, need.quantity, need.need_by, item.unit_price, item.unit_cost)


def _substitute_step(need: Need, item: Substitute) -> Step:
    return amend(
        "substitute_line",
        f"substitute-line-{need.line_id}",
        f"Deliver {item.item} on line {need.line_id} in place of {need.item}",
        line_id=need.line_id,
        item=item.item,
        unit_price=f"{item.unit_price:f}",
        unit_cost=f"{item.unit_cost:f}",
    )


def cancel_line(case: InventoryCase) -> Proposal:
    """Give up the lines that are short; if nothing else is left of the order, the order."""
    given_up = case.shortage.short or case.needs
    served = case.shortage.served if case.shortage.short else ()
    remains = bool(served or case.shipping_anyway)
    margin = sum((need.quantity * (need.unit_value - need.unit_cost) for need in given_up), NOTHING)
    lines = ", ".join(f"line {need.line_id} ({figure(need.quantity)} {need.item})" for need in given_up)
    cancel = [
        amend("cancel_line", f"cancel-line-{need.line_id}", f"Cancel line {need.line_id}", line_id=need.line_id)
        for need in given_up
    ]
    return Proposal(
        code="CANCEL_LINE",
        title="Cancel what is missing" if remains else "Cancel the order: nothing of it can be delivered",
        how=f"give up {lines}; the margin of it is lost",
        cost=together(case.from_home() if served else Cost(), Cost(goods=max(NOTHING, margin))),
        arrivals=arriving(served, case.arrival(case.today)),
        shipments=1 if remains else 0,
        steps=(*reserve_at_home(case, served, case.today), *cancel) if remains else (),
        last_resort=True,
        disposition=Disposition.RELEASE if remains else Disposition.CANCEL_ORDER,
        effect=f"cancelled: {lines}" if remains else "the order is cancelled",
    )
