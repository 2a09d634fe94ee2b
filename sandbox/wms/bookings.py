"""What can be booked in the WMS, and when it refuses."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

from sandbox.kernel import Document, Problem, Service, WriteRequest
from sandbox.wms.positions import Positions, today
from sandbox.wms.records import (
    Reallocation,
    ReallocationBody,
    Reservation,
    ReservationBody,
    Transfer,
    TransferBody,
)


class Bookings:
    """The collections of the WMS. Positions are made from the bookings that count: cancelling one undoes it."""

    def __init__(self, service: Service, positions: Positions) -> None:
        self._positions = positions
        add, by_item = service.collection, ("item",)
        reservations = add("reservations", ReservationBody, "rsv", on_create=self._reserve, indexed=by_item)
        transfers = add("transfers", TransferBody, "trf", on_create=self._transfer, indexed=by_item)
        reallocations = add("reallocations", ReallocationBody, "ral", on_create=self._reallocate, indexed=by_item)
        positions.count(Reservation, reservations)
        positions.count(Transfer, transfers)
        positions.count(Reallocation, reallocations)

    def _reserve(self, _: WriteRequest, body: ReservationBody, __: str) -> Document:
        self._require(body.warehouse, body.item, body.quantity, body.order_id, body.available_on)
        return {}

    def _transfer(self, _: WriteRequest, body: TransferBody, __: str) -> Document:
        lane = self._positions.lanes.get(body.origin, body.destination)
        if lane is None:
            raise Problem(422, "unknown_lane", f"nothing goes from {body.origin} to {body.destination}")
        self._require(body.origin, body.item, body.quantity, body.order_id)
        self._positions.ensure(body.destination, body.item)
        return {"eta": (today() + timedelta(days=lane.days)).isoformat(), "cost": str(lane.cost)}

    def _reallocate(self, _: WriteRequest, body: ReallocationBody, __: str) -> Document:
        stock = self._positions.stock(body.warehouse, body.item)
        theirs = [claim for claim in stock.claims() if claim.order_id == body.from_order_id]
        quantity = sum((claim.quantity for claim in theirs), Decimal(0))
        what = f"order {body.from_order_id} has {quantity:f} of {body.item} allocated in {body.warehouse}"
        if quantity < body.quantity:
            raise Problem(409, "insufficient_allocation", f"{what}, not {body.quantity:f}", allocated=str(quantity))
        if not all(claim.reallocatable for claim in theirs):
            raise Problem(409, "not_reallocatable", f"{what}, and it may not be taken from it")
        return {}

    def _require(self, warehouse: str, item: str, quantity: Decimal, order_id: str, on: date | None = None) -> None:
        available = self._positions.stock(warehouse, item).available(order_id, on)
        if quantity > available:
            when = "now" if on is None else f"on {on}"
            raise Problem(
                409,
                "insufficient_stock",
                f"order {order_id} can have {max(available, Decimal(0)):f} of {item} in {warehouse} {when}, "
                f"not {quantity:f}",
                available=str(max(available, Decimal(0))),
            )
