"""The tariff: what a shipment costs by distance, quantity and declared value, and how long it is on the way."""

from __future__ import annotations

import csv
import math
from decimal import ROUND_HALF_UP, Decimal
from functools import cache
from pathlib import Path

from domain.facts.inventory import FreightQuote
from sandbox.wms.records import FreightRate, Shipment, Warehouse

_EARTH_RADIUS_KM = 6371
_FAR_KM = 3000
"""Where the tariff has no distance: abroad, or a region it does not know."""
_WITHIN_REGION_KM = 80

_BASE = Decimal(9)
_PER_KM = Decimal("0.012")
_PER_UNIT = Decimal("0.08")
_PER_UNIT_KM = Decimal("0.0001")
_INSURANCE = Decimal("0.0005")
_KM_A_DAY = 900


def quote(origin: Warehouse, agreed: FreightRate | None, shipment: Shipment) -> FreightQuote:
    """What a shipment from `origin` costs: at an agreed rate if there is one, or by the tariff."""
    quantity = shipment.quantity
    if agreed is not None:
        cost, days = agreed.per_shipment + agreed.per_unit * quantity, agreed.days
    else:
        km = distance_km(origin.region, shipment.region) if shipment.country == "US" else _FAR_KM
        cost = _BASE + _PER_KM * km + (_PER_UNIT + _PER_UNIT_KM * km) * quantity + _INSURANCE * shipment.value
        days = 1 + km // _KM_A_DAY
    return FreightQuote(warehouse=origin.warehouse, cost=_cents(cost), handling=origin.handling, days=days)


def distance_km(origin: str, destination: str) -> int:
    """Between the middles of two regions, as the crow flies."""
    if origin == destination:
        return _WITHIN_REGION_KM
    places = _places()
    if origin not in places or destination not in places:
        return _FAR_KM
    (north, east), (other_north, other_east) = places[origin], places[destination]
    half_chord = (
        math.sin((other_north - north) / 2) ** 2
        + math.cos(north) * math.cos(other_north) * math.sin((other_east - east) / 2) ** 2
    )
    return round(2 * _EARTH_RADIUS_KM * math.asin(math.sqrt(half_chord)))


@cache
def _places() -> dict[str, tuple[float, float]]:
    """The middle of each region, in radians."""
    with Path(__file__).with_name("regions.csv").open(encoding="utf-8", newline="") as file:
        return {
            row["region"]: (math.radians(float(row["latitude"])), math.radians(float(row["longitude"])))
            for row in csv.DictReader(file)
        }


def _cents(amount: Decimal) -> Decimal:
    return amount.quantize(Decimal("0.01"), ROUND_HALF_UP)
