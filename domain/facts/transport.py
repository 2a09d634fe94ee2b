"""How goods may travel: who carries them by standing instruction, and what the carriers ask."""

from __future__ import annotations

from datetime import date, time
from decimal import Decimal

from domain.base import Model
from domain.order import FreightTerms, TemperatureClass


class Route(Model):
    """A standing instruction. Without `freight_terms` those of the order count."""

    scac: str
    service: str
    freight_terms: FreightTerms | None = None
    account: str | None = None


class OpeningHours(Model):
    """When goods are handed over, in local time. `days` are ISO weekdays: 1 is Monday."""

    opens: time = time(8)
    closes: time = time(17)
    days: tuple[int, ...] = (1, 2, 3, 4, 5)


class Dock(OpeningHours):
    """Where the ship-to takes goods in. Without a ramp the truck brings a lift gate."""

    lift_gate: bool = False


class CarrierAccount(Model):
    """An account with a carrier that is billed for freight under `terms`, on its days from first to last."""

    account: str
    scac: str
    terms: FreightTerms
    valid_from: date
    valid_to: date


class PickupSite(OpeningHours):
    """A warehouse at which customers may collect."""

    warehouse: str
    hazmat: bool = False


class Routing(Model):
    """What master data says about one ship-to: instructions from the most binding to the least, dock and accounts."""

    guide: Route | None = None
    ship_to: Route | None = None
    order_type: Route | None = None
    dock: Dock = Dock()
    accounts: tuple[CarrierAccount, ...] = ()
    pickup: PickupSite | None = None
    """None if customers cannot collect at the order's warehouse."""
    version: str = "0"


class RateQuote(Model):
    """One service on the order's lane: `cost` in the order's currency for the weight asked about, what it is able to
    carry, and when it picks up and delivers. `delivers_from` to `delivers_until` are the hours of a delivery.
    """

    scac: str
    service: str
    carrier: str
    cost: Decimal
    pickup_on: date
    delivers_on: date
    delivers_from: time = time(8)
    delivers_until: time = time(17)
    expedited: bool = False
    hazmat: bool = False
    temperatures: tuple[TemperatureClass, ...] = (TemperatureClass.AMBIENT,)
    lift_gate_cost: Decimal | None = None
    """What a lift gate costs on top; None if the service has none."""
    max_weight_kg: Decimal
    accepting: bool = True
    """Whether the carrier takes tenders on this lane at the moment."""

    @property
    def code(self) -> str:
        """Carrier and service, as people choose it: `UPSN:GROUND`."""
        return f"{self.scac}:{self.service}"


class Rates(Model):
    """Every service that goes there, whether or not it suits the goods."""

    quotes: tuple[RateQuote, ...] = ()
    version: str = "0"
