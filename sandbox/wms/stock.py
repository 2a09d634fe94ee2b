"""Who has a claim on the stock of one item in one warehouse. Pure: positions and bookings in, figures out."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from domain.facts.inventory import Demand, Receipt, StockPosition
from sandbox.wms.records import Reallocation, Reservation, Transfer

_NOTHING = Decimal(0)
_FIRST = 1
"""The priority of what is booked: nobody is served before it."""


@dataclass(frozen=True)
class Booked:
    """What counts of one item: in every warehouse, or in one (see `at`)."""

    reservations: tuple[Reservation, ...] = ()
    outbound: tuple[Transfer, ...] = ()
    inbound: tuple[Transfer, ...] = ()
    reallocations: tuple[Reallocation, ...] = ()

    def at(self, warehouse: str) -> Booked:
        """What concerns that warehouse."""
        return Booked(
            tuple(booked for booked in self.reservations if booked.warehouse == warehouse),
            tuple(booked for booked in self.outbound if booked.origin == warehouse),
            tuple(booked for booked in self.inbound if booked.destination == warehouse),
            tuple(booked for booked in self.reallocations if booked.warehouse == warehouse),
        )


@dataclass(frozen=True)
class Stock:
    """A position with the bookings of its warehouse, on the day `today`."""

    stored: StockPosition
    booked: Booked
    today: date

    def seen_by(self, order_id: str | None) -> StockPosition:
        """The position with the claims of everybody but that order, which must not stand in its own way."""
        claims = self.claims()
        own = sum((claim.quantity for claim in claims if claim.order_id == order_id), _NOTHING)
        demand = (*self.stored.demand, *self._awaiting(), *self._displaced(order_id))
        return StockPosition(
            warehouse=self.stored.warehouse,
            item=self.stored.item,
            on_hand=self.stored.on_hand,
            quality_hold=self.stored.quality_hold,
            hard_allocated=max(_NOTHING, self._hard_allocated() - own),
            safety_stock=self.stored.safety_stock,
            receipts=self._receipts(),
            demand=tuple(need for need in demand if need.order_id != order_id),
            allocations=tuple(claim for claim in claims if claim.order_id != order_id),
        )

    def available(self, order_id: str, on: date | None) -> Decimal:
        """What that order can still reserve on a day (today): the least there will be from then on, so that no earlier
        promise is broken. Safety stock and demand without an allocation do not stand in the way of a booking, and goods
        that the supplier offers to expedite may be booked from that day: who does so has had them expedited.
        """
        start = max(on or self.today, self.today)
        unused = max(_NOTHING, self._allocated()[order_id] - self._taken()[order_id])
        free = self.stored.on_hand - self.stored.quality_hold - self._hard_allocated() + unused
        arrivals = [receipt for receipt in self._receipts() if receipt.confirmed or receipt.expedite_eta]
        departures = self._awaiting()
        days = {start, *(need.needed_on for need in departures if need.needed_on > start)}
        return min(
            free
            + sum((receipt.quantity for receipt in arrivals if _earliest(receipt) <= day), _NOTHING)
            - sum((need.quantity for need in departures if need.needed_on <= day), _NOTHING)
            for day in days
        )

    def claims(self) -> tuple[Demand, ...]:
        """Allocations as they are now: those known before, as reallocated, and the reservations of stock on hand."""
        merged: dict[str, Demand] = {}
        for claim in self._allocations():
            before = merged.get(claim.order_id)
            quantity = claim.quantity + (before.quantity if before else _NOTHING)
            merged[claim.order_id] = (before or claim).model_copy(update={"quantity": quantity})
        for order_id, quantity in self._taken().items():
            claim = merged.get(order_id) or self._claim(order_id, _NOTHING)
            merged[order_id] = claim.model_copy(update={"quantity": max(claim.quantity, quantity)})
        return tuple(claim for claim in merged.values() if claim.quantity > 0)

    def _allocations(self) -> list[Demand]:
        """Those known before, without what was taken from them, and with what was given."""
        lost = self._lost()
        kept = []
        for claim in self.stored.allocations:
            taken = min(claim.quantity, lost[claim.order_id])
            lost[claim.order_id] -= taken
            kept.append(claim.model_copy(update={"quantity": claim.quantity - taken}))
        return [*kept, *(self._claim(booked.order_id, booked.quantity) for booked in self.booked.reallocations)]

    def _lost(self) -> defaultdict[str, Decimal]:
        lost: defaultdict[str, Decimal] = defaultdict(Decimal)
        for booked in self.booked.reallocations:
            lost[booked.from_order_id] += booked.quantity
        return lost

    def _allocated(self) -> defaultdict[str, Decimal]:
        allocated: defaultdict[str, Decimal] = defaultdict(Decimal)
        for claim in self._allocations():
            allocated[claim.order_id] += claim.quantity
        return allocated

    def _taken(self) -> defaultdict[str, Decimal]:
        """Stock on hand that is reserved, by order. An order's reservations draw on its allocation first."""
        taken: defaultdict[str, Decimal] = defaultdict(Decimal)
        for booked in self.booked.reservations:
            if self._is_on_hand(booked):
                taken[booked.order_id] += booked.quantity
        return taken

    def _hard_allocated(self) -> Decimal:
        allocated = self._allocated()
        beyond = (max(_NOTHING, taken - allocated[order_id]) for order_id, taken in self._taken().items())
        leaving = (transfer.quantity for transfer in self.booked.outbound)
        return self.stored.hard_allocated + sum(beyond, _NOTHING) + sum(leaving, _NOTHING)

    def _receipts(self) -> tuple[Receipt, ...]:
        coming = (Receipt(eta=transfer.eta, quantity=transfer.quantity) for transfer in self.booked.inbound)
        return (*self.stored.receipts, *coming)

    def _awaiting(self) -> tuple[Demand, ...]:
        """Reservations that hold no stock on hand: soft ones, and those of goods on their way."""
        return tuple(
            self._claim(booked.order_id, booked.quantity, booked.available_on)
            for booked in self.booked.reservations
            if not self._is_on_hand(booked)
        )

    def _displaced(self, by: str | None) -> tuple[Demand, ...]:
        """What others still need, because it was taken from them; who took it is not held back by that."""
        before = {claim.order_id: claim for claim in reversed(self.stored.allocations)}
        return tuple(
            before.get(booked.from_order_id, self._claim(booked.from_order_id, _NOTHING)).model_copy(
                update={"quantity": booked.quantity}
            )
            for booked in self.booked.reallocations
            if booked.order_id != by
        )

    def _is_on_hand(self, booked: Reservation) -> bool:
        return booked.kind == "HARD" and (booked.available_on or self.today) <= self.today

    def _claim(self, order_id: str, quantity: Decimal, on: date | None = None) -> Demand:
        return Demand(order_id=order_id, needed_on=on or self.today, quantity=quantity, priority=_FIRST)


def _earliest(receipt: Receipt) -> date:
    return min(receipt.eta, receipt.expedite_eta or receipt.eta)
