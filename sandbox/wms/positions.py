"""The stock of all warehouses, as it was told to the WMS and as bookings have changed it."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any, TypeVar

from pydantic import BaseModel

from domain.facts.inventory import StockPosition, StockPositions
from sandbox.kernel import Collection, Problem, Records, Service
from sandbox.kernel.versions import version_of
from sandbox.wms.records import Lane, Position, Reallocation, Reservation, Substitutes, Transfer
from sandbox.wms.stock import Booked, Stock

Booking = TypeVar("Booking", bound=BaseModel)


def today() -> date:
    """The day it is, in UTC."""
    return datetime.now(UTC).date()


class Positions:
    """Positions, the lanes between warehouses, and which items may replace which."""

    def __init__(self, service: Service) -> None:
        self.stored = Records(service, "positions", Position, ("warehouse", "item"), indexed=("item",))
        self.lanes = Records(service, "lanes", Lane, ("origin", "destination"))
        self._substitutes = Records(service, "substitutes", Substitutes, ("item",))
        self._collections: dict[type[BaseModel], Collection[Any]] = {}

    def count(self, kind: type[BaseModel], collection: Collection[Any]) -> None:
        """Have the resources of a collection count as bookings of that kind."""
        self._collections[kind] = collection

    def seen_by(self, order_id: str | None, items: list[str]) -> StockPositions:
        """The positions of items and of what may replace them, without that order's own claims."""
        shown = dict.fromkeys(items)
        for item in items:
            known = self._substitutes.get(item)
            shown |= dict.fromkeys(known.substitutes if known else ())
        positions = tuple(position for item in shown for position in self._seen_by(order_id, item))
        lanes = tuple(self.lanes.all())
        return StockPositions(positions=positions, lanes=lanes, version=version_of(*positions, *lanes))

    def stock(self, warehouse: str, item: str) -> Stock:
        """One item in one warehouse. Raises Problem 422 if it was never there."""
        stored = self.stored.get(warehouse, item)
        if stored is None:
            raise Problem(422, "unknown_position", f"warehouse {warehouse} has no position for item {item}")
        return Stock(stored, self._bookings(item).at(warehouse), today())

    def ensure(self, warehouse: str, item: str) -> Position:
        """The position before bookings; a new one is empty."""
        stored = self.stored.get(warehouse, item)
        if stored is None:
            stored = Position.model_validate({"warehouse": warehouse, "item": item, "on_hand": 0})
            self.stored.put(stored)
        return stored

    def _seen_by(self, order_id: str | None, item: str) -> list[StockPosition]:
        booked = self._bookings(item)
        return [
            Stock(stored, booked.at(stored.warehouse), today()).seen_by(order_id)
            for stored in self.stored.all(item=item)
        ]

    def _bookings(self, item: str) -> Booked:
        transfers = self._booked(Transfer, item)
        return Booked(
            reservations=self._booked(Reservation, item),
            outbound=transfers,
            inbound=transfers,
            reallocations=self._booked(Reallocation, item),
        )

    def _booked(self, kind: type[Booking], item: str) -> tuple[Booking, ...]:
        active = self._collections[kind].active(item=item)
        return tuple(kind.model_validate(document) for document in active)
