"""Ways to deliver with stock that lies elsewhere, or is allocated to others."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from itertools import combinations

from domain.assessment import Step
from domain.facts.inventory import Demand, TransferLane
from domain.inventory.costs import NOTHING, Cost, together
from domain.inventory.sourcing import MOST_SITES, Need
from domain.playbooks.figures import figure
from domain.playbooks.inventory_case import InventoryCase
from domain.playbooks.inventory_proposal import Proposal, arriving, promise, promise_if_later, reserve_at_home

REALLOCATE = "REALLOCATE"


@dataclass(frozen=True)
class _Move:
    """A transfer of one item to the planned warehouse."""

    need: Need
    lane: TransferLane
    quantity: Decimal


def transfer(case: InventoryCase) -> Proposal | None:
    """Bring what is missing to the planned warehouse and ship everything from there: the cheapest set of origins."""
    candidates = [_transfer_from(case, moves) for moves in _move_sets(case)]
    return min(candidates, key=lambda proposal: proposal.rank(case), default=None)


def _move_sets(case: InventoryCase) -> Iterator[list[_Move]]:
    """What each set of origins would send, for the sets that have enough and of which every member sends something."""
    lanes = [lane for lane in case.positions.lanes if lane.destination == case.home != lane.origin]
    cheapest = sorted(lanes, key=lambda lane: (lane.cost, lane.days, lane.origin))[:MOST_SITES]
    for size in range(1, len(cheapest) + 1):
        for chosen in combinations(cheapest, size):
            moves = _moves(case, chosen)
            if moves is not None and {move.lane for move in moves} == set(chosen):
                yield moves


def _moves(case: InventoryCase, lanes: Sequence[TransferLane]) -> list[_Move] | None:
    stock, moves = case.shortage.stock_left, []
    for need in case.shortage.short:
        at_home = min(need.quantity, stock.usable(case.home, need.item, case.today))
        stock, missing = stock.take(case.home, need.item, at_home, case.today), need.quantity - at_home
        for lane in lanes:
            share = min(missing, stock.usable(lane.origin, need.item, case.today))
            if share > 0:
                stock, missing = stock.take(lane.origin, need.item, share, case.today), missing - share
                moves.append(_Move(need, lane, share))
        if missing > 0:
            return None
    return moves


def _transfer_from(case: InventoryCase, moves: Sequence[_Move]) -> Proposal:
    ship_on = case.today + timedelta(days=max(move.lane.days for move in moves))
    arrives_on = case.arrival(ship_on)
    arrivals = arriving(case.needs, arrives_on)
    moving = Cost(transfer=sum((move.lane.cost for move in moves), NOTHING))
    words = ", ".join(f"{figure(move.quantity)} {move.need.item} from {move.lane.origin}" for move in moves)
    return Proposal(
        code="TRANSFER",
        title=f"Transfer to {case.home} and ship on {ship_on.isoformat()}",
        how=f"transfer {words}; everything ships from {case.home} on {ship_on.isoformat()}",
        cost=together(case.from_home(), moving, case.all_on(arrives_on)),
        arrivals=arrivals,
        shipments=1,
        steps=(
            *(_transfer_step(case, move) for move in moves),
            *reserve_at_home(case, case.needs, ship_on, early=False),
            promise(arrivals),
        ),
    )


def _transfer_step(case: InventoryCase, move: _Move) -> Step:
    return Step(
        step_id=f"transfer-{move.need.line_id}-{move.lane.origin}",
        system="wms",
        operation="create_transfer",
        arguments={
            "order_id": case.order.order_id,
            "item": move.need.item,
            "quantity": figure(move.quantity),
            "origin": move.lane.origin,
            "destination": case.home,
        },
        undo="cancel_transfer",
        summary=f"Transfer {figure(move.quantity)} of {move.need.item} from {move.lane.origin} to {case.home}",
    )


@dataclass(frozen=True)
class _Taking:
    """Stock taken from another order."""

    need: Need
    victim: Demand
    quantity: Decimal


def reallocate(case: InventoryCase) -> Proposal | None:
    """Take stock that is allocated to orders which are not served before this one; always a person's decision."""
    takings = _takings(case)
    if not takings:
        return None
    arrives_on = case.arrival(case.today)
    arrivals = arriving(case.needs, arrives_on)
    hurt = sum((taking.quantity * taking.need.unit_cost for taking in takings), NOTHING)
    risk = Cost(risk=hurt * case.cost_terms.risk_percent / 100)
    words = ", ".join(f"{figure(t.quantity)} {t.need.item} from order {t.victim.order_id}" for t in takings)
    return Proposal(
        code=REALLOCATE,
        title="Take stock allocated to other orders",
        how=f"take {words}",
        cost=together(case.from_home(), risk, case.all_on(arrives_on)),
        arrivals=arrivals,
        shipments=1,
        steps=(
            *(_reallocate_step(case, taking) for taking in takings),
            *reserve_at_home(case, case.needs, case.today, early=False),
            *promise_if_later(case, arrivals),
        ),
        last_resort=True,
    )


def _takings(case: InventoryCase) -> list[_Taking] | None:
    """From whom to take how much: who can wait longest first. None if that is not enough."""
    stock, takings = case.shortage.stock_left, []
    left = {id(victim): victim.quantity for victims in _victims(case).values() for victim in victims}
    for need in case.shortage.short:
        at_home = min(need.quantity, stock.usable(case.home, need.item, case.today))
        stock, missing = stock.take(case.home, need.item, at_home, case.today), need.quantity - at_home
        for victim in _victims(case).get(need.item, ()):
            share = min(missing, left[id(victim)])
            if share > 0:
                left[id(victim)] -= share
                missing -= share
                takings.append(_Taking(need, victim, share))
        if missing > 0:
            return None
    return takings


def _victims(case: InventoryCase) -> dict[str, list[Demand]]:
    """By item, the allocations in the planned warehouse that may be taken."""
    priority = case.terms_row.whole("priority")
    return {
        position.item: sorted(
            (a for a in position.allocations if a.reallocatable and a.priority >= priority and a.quantity > 0),
            key=lambda a: (-a.priority, -a.needed_on.toordinal(), a.order_id),
        )
        for position in case.positions.positions
        if position.warehouse == case.home
    }


def _reallocate_step(case: InventoryCase, taking: _Taking) -> Step:
    need, victim = taking.need, taking.victim
    return Step(
        step_id=f"reallocate-{need.line_id}-{victim.order_id}",
        system="wms",
        operation="reallocate",
        arguments={
            "order_id": case.order.order_id,
            "line_id": need.line_id,
            "item": need.item,
            "warehouse": case.home,
            "quantity": figure(taking.quantity),
            "from_order_id": victim.order_id,
        },
        undo="restore_allocation",
        summary=f"Take {figure(taking.quantity)} of {need.item} in {case.home} from order {victim.order_id}",
    )
