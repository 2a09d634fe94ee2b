"""Ways to deliver from the stock there is and the receipts that are confirmed."""

from __future__ import annotations

from datetime import date
from decimal import ROUND_FLOOR, Decimal
from typing import NamedTuple

from domain.assessment import Parameter, Step
from domain.inventory.costs import together
from domain.inventory.sourcing import Need, SourcingPlan
from domain.inventory.stock import Stock
from domain.playbooks.adjustment import Adjustment
from domain.playbooks.figures import figure
from domain.playbooks.inventory_case import InventoryCase
from domain.playbooks.inventory_proposal import (
    Arrivals,
    Proposal,
    amend,
    arriving,
    promise,
    promise_if_later,
    reserve,
    reserve_at_home,
)

_EXPLAINED = 3


def from_stock(case: InventoryCase) -> list[Proposal]:
    """Everything that moves nothing and buys nothing."""
    found = (full_from_stock(case), wait_full(case), split_dc(case), partial_backorder(case))
    return [proposal for proposal in found if proposal is not None]


def full_from_stock(case: InventoryCase) -> Proposal | None:
    """The planned warehouse has it all by now: there is no shortage any more."""
    plan = next((plan for plan in case.home_plans() if plan.ship_on == case.today), None)
    if plan is None:
        return None
    arrivals = arriving(case.needs, plan.arrives_on)
    return Proposal(
        code="FULL_FROM_STOCK",
        title="Ship as planned: the stock is there",
        how=f"{case.home} has all of it today",
        cost=plan.cost,
        arrivals=arrivals,
        shipments=1,
        steps=(*reserve_at_home(case, case.needs, case.today), *promise_if_later(case, arrivals)),
    )


def wait_full(case: InventoryCase) -> Proposal | None:
    """Wait until confirmed receipts let the planned warehouse ship everything at once."""
    plan = next((plan for plan in case.home_plans() if plan.ship_on > case.today), None)
    if plan is None or full_from_stock(case) is not None:
        return None
    arrivals = arriving(case.needs, plan.arrives_on)
    return Proposal(
        code="WAIT_FULL",
        title=f"Wait and ship everything on {plan.ship_on.isoformat()}",
        how=f"confirmed receipts let {case.home} ship everything on {plan.ship_on.isoformat()}, "
        f"{plan.late_days} day(s) late",
        cost=plan.cost,
        arrivals=arrivals,
        shipments=1,
        steps=(*reserve_at_home(case, case.needs, plan.ship_on), promise(arrivals)),
    )


def split_dc(case: InventoryCase) -> Proposal | None:
    """Ship from other warehouses as well, or instead: the cheapest of all subsets that the customer's terms allow."""
    plans = [plan for plan in case.plans if plan.warehouses != (case.home,)]
    if not plans:
        return None
    allowed = [plan for plan in plans if not case.objections(_shipments(case, plan))]
    plan = (allowed or plans)[0]
    arrivals = arriving(case.needs, plan.arrives_on)
    return Proposal(
        code="SPLIT_DC",
        title=f"Ship from {' and '.join(plan.warehouses)}",
        how=f"{best_three(case)}; chosen: {_named(plan)}",
        cost=plan.cost,
        arrivals=arrivals,
        shipments=_shipments(case, plan),
        steps=(*_reserve_shares(case, plan), *_assign(case, plan), promise(arrivals)),
        consent=case.objections(_shipments(case, plan)),
    )


def best_three(case: InventoryCase) -> str:
    """The three cheapest ways to ship everything, with what each is made of."""
    shown = [f"{_named(plan)} {plan.cost.total:.2f} ({plan.cost})" for plan in case.plans[:_EXPLAINED]]
    return f"cheapest of {len(case.plans)} ways over {len(case.sites)} warehouses: {'; '.join(shown)}"


def _named(plan: SourcingPlan) -> str:
    return f"{'+'.join(plan.warehouses)} on {plan.ship_on.isoformat()}"


def _shipments(case: InventoryCase, plan: SourcingPlan) -> int:
    senders = {*plan.warehouses, case.shipping_anyway} - {None}
    return len(senders)


def _reserve_shares(case: InventoryCase, plan: SourcingPlan) -> list[Step]:
    return [
        reserve(case, need, share.warehouse, share.quantity, plan.ship_on)
        for need in case.needs
        for share in plan.of_line(need.line_id)
    ]


def _assign(case: InventoryCase, plan: SourcingPlan) -> list[Step]:
    steps = []
    for need in case.needs:
        sources = [
            {"warehouse": share.warehouse, "quantity": figure(share.quantity)} for share in plan.of_line(need.line_id)
        ]
        if [source["warehouse"] for source in sources] != [case.home]:
            words = " and ".join(f"{source['quantity']} from {source['warehouse']}" for source in sources)
            steps.append(
                amend(
                    "assign_sources",
                    f"assign-sources-{need.line_id}",
                    f"Source line {need.line_id}: {words}",
                    line_id=need.line_id,
                    sources=sources,
                )
            )
    return steps


class _Portion(NamedTuple):
    """What of a line goes now, and what follows on which day."""

    need: Need
    now: Decimal
    later: Decimal
    later_on: date
    parameter: Parameter | None


def partial_backorder(case: InventoryCase) -> Proposal | None:
    """Send what there is, and the rest when confirmed receipts are in."""
    portions = _portions(case)
    if not case.shortage.short or portions is None or not any(portion.now for portion in portions):
        return None
    arrivals = {portion.need.line_id: _parts(case, portion) for portion in portions}
    shipments = 1 + len({portion.later_on for portion in portions if portion.later})
    delays = case.delays((_rest(portion), arrivals[portion.need.line_id][-1][1]) for portion in portions)
    return Proposal(
        code="PARTIAL_BACKORDER",
        title="Ship what is there, backorder the rest",
        how="; ".join(_in_words(portion) for portion in portions if portion.later),
        cost=together(case.from_home(shipments), delays),
        arrivals=arrivals,
        shipments=shipments,
        steps=_partial_steps(case, portions, arrivals),
        consent=case.objections(shipments, partial=True),
        parameters=tuple(portion.parameter for portion in portions if portion.parameter is not None),
    )


def _portions(case: InventoryCase) -> list[_Portion] | None:
    """What goes now of each line; None if a rest has no day. Lines that can go whole take their stock first."""
    adjustment = Adjustment.of(case.circumstances, "PARTIAL_BACKORDER", _parameter_names(case))
    portions = [_Portion(need, need.quantity, Decimal(0), case.today, None) for need in case.shortage.served]
    stock = case.shortage.stock_left
    for need in case.shortage.short:
        now, parameter = _now(case, need, stock, adjustment)
        later = need.quantity - now
        stock = stock.take(case.home, need.item, now, case.today)
        later_on = stock.earliest(case.home, need.item, later, case.today)
        if later_on is None:
            return None
        stock = stock.take(case.home, need.item, later, later_on)
        portions.append(_Portion(need, now, later, later_on, parameter))
    return portions


def _now(case: InventoryCase, need: Need, stock: Stock, adjustment: Adjustment) -> tuple[Decimal, Parameter | None]:
    """What can go now: nothing if it is neither the least share that is worth a shipment nor a full pack."""
    available = min(need.quantity, stock.usable(case.home, need.item, case.today))
    pack = case.order.line(need.line_id).pack_quantity
    enough = need.quantity * case.terms_row.number("partial_percent") / 100
    if available < min(enough, pack):
        return Decimal(0), None
    unit = pack if available >= pack else Decimal(1)
    whole = int((available / unit).to_integral_value(ROUND_FLOOR) * unit)
    if whole < 1:
        return Decimal(0), None
    parameter = adjustment.integer(_parameter_name(case, need), f"of line {need.line_id} to ship now", whole, 1, whole)
    return Decimal(parameter.value), parameter


def _parameter_name(case: InventoryCase, need: Need) -> str:
    return "quantity" if len(case.shortage.short) == 1 else f"quantity_{need.line_id}"


def _parameter_names(case: InventoryCase) -> list[str]:
    """Every name a quantity can have, so that an adjustment outlives the shortage of its line."""
    return ["quantity", *(f"quantity_{line.line_id}" for line in case.order.lines)]


def _parts(case: InventoryCase, portion: _Portion) -> tuple[tuple[Decimal, date], ...]:
    now = (portion.now, case.arrival(case.today))
    later = (portion.later, case.arrival(portion.later_on))
    return tuple(part for part in (now, later) if part[0])


def _rest(portion: _Portion) -> Need:
    """The part that comes late, if any does."""
    need = portion.need
    return Need(need.line_id, need.item, portion.later or need.quantity, need.need_by, need.unit_value, need.unit_cost)


def _in_words(portion: _Portion) -> str:
    need, on = portion.need, portion.later_on.isoformat()
    return f"{figure(portion.now)} of {figure(need.quantity)} {need.item} go now, {figure(portion.later)} on {on}"


def _partial_steps(case: InventoryCase, portions: list[_Portion], arrivals: Arrivals) -> tuple[Step, ...]:
    shares = [
        share
        for portion in portions
        for share in ((portion.need, portion.now, case.today), (portion.need, portion.later, portion.later_on))
        if share[1]
    ]
    split = [portion for portion in portions if portion.now and portion.later]
    return (
        *(reserve(case, need, case.home, quantity, on) for need, quantity, on in shares),
        *(_split_line(portion, arrivals[portion.need.line_id][-1][1]) for portion in split),
        promise(arrivals),
    )


def _split_line(portion: _Portion, arrives_on: date) -> Step:
    line_id, now, later = portion.need.line_id, figure(portion.now), figure(portion.later)
    return amend(
        "split_line",
        f"split-line-{line_id}",
        f"Split line {line_id}: {now} now, {later} for {arrives_on.isoformat()}",
        line_id=line_id,
        now=now,
        later=later,
        later_on=arrives_on.isoformat(),
    )
