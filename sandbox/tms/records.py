"""What the TMS is told and what is asked of it. Weights in kg, volumes in cubic metres, times local to the place."""

from __future__ import annotations

from datetime import date, time
from decimal import Decimal
from enum import StrEnum
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from domain.facts.transport import CarrierAccount, Dock, PickupSite, Route
from domain.order import FreightTerms, OrderType, ServiceLevel, TemperatureClass
from sandbox.kernel import Settings, WriteBody

_STRICT = ConfigDict(frozen=True, extra="forbid")
_LENIENT = ConfigDict(frozen=True, extra="ignore")

Code = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9._-]{1,30}$")]
Weekday = Annotated[int, Field(ge=1, le=7)]
ANY = "*"
WEEKDAYS = (1, 2, 3, 4, 5)


class Mode(StrEnum):
    """How a carrier moves goods."""

    PARCEL = "PARCEL"
    LTL = "LTL"
    FTL = "FTL"
    AIR = "AIR"


class Reply(StrEnum):
    """What a carrier says to a tender."""

    PENDING = "PENDING"
    ACCEPTED = "ACCEPTED"
    DECLINED = "DECLINED"


class TmsSettings(Settings):
    """Settings of the TMS."""

    reply: Reply = Reply.ACCEPTED
    """What carriers say to a tender at once. Who declines has no `capacity` from then on, and the ERP is told."""


class CarrierService(BaseModel):
    """A service of a carrier: what it is able to carry, and on which ISO weekdays and hours it delivers."""

    model_config = _STRICT

    scac: Code
    service: Code
    carrier: str
    mode: Mode = Mode.LTL
    expedited: bool = False
    hazmat: bool = False
    temperatures: tuple[TemperatureClass, ...] = (TemperatureClass.AMBIENT,)
    lift_gate_cost: Decimal | None = None
    max_weight_kg: Decimal = Decimal(10_000)
    max_volume_m3: Decimal = Decimal(60)
    delivery_days: tuple[Weekday, ...] = Field(default=WEEKDAYS, min_length=1)
    delivers_from: time = time(8)
    delivers_until: time = time(17)


class Rate(BaseModel):
    """What a service asks on a lane, and its days on the way. The narrowest lane counts; `*` is every place."""

    model_config = _STRICT

    scac: str
    service: str
    origin: str = ANY
    region: str = ANY
    per_shipment: Decimal
    per_kg: Decimal = Decimal(0)
    transit_days: int = Field(ge=0)


class CutOff(BaseModel):
    """Until when, in UTC, a carrier picks up at a warehouse, and on which ISO weekdays."""

    model_config = _STRICT

    warehouse: str
    scac: str
    cut_off: time = time(21)
    days: tuple[Weekday, ...] = Field(default=WEEKDAYS, min_length=1)


class Capacity(BaseModel):
    """Whether a carrier takes tenders to a region."""

    model_config = _STRICT

    scac: str
    region: str = ANY
    accepting: bool


class Guide(Route):
    """A customer's routing guide for a lane. The narrowest entry counts; `*` is every site, region or warehouse."""

    model_config = _STRICT

    customer_id: str
    site_id: str = ANY
    region: str = ANY
    warehouse: str = ANY
    service_level: ServiceLevel | None = None

    @property
    def narrowness(self) -> tuple[bool, ...]:
        """More is narrower: site before region before warehouse before service level."""
        lane = (self.site_id, self.region, self.warehouse)
        return (*(place != ANY for place in lane), self.service_level is not None)


class Site(BaseModel):
    """A ship-to: its dock, and how it is served unless somebody says otherwise."""

    model_config = _STRICT

    site_id: str
    dock: Dock = Dock()
    route: Route | None = None


class OrderTypeRoute(Route):
    """How orders of a type travel unless somebody says otherwise."""

    model_config = _STRICT

    order_type: OrderType
    service_level: ServiceLevel


class Account(CarrierAccount):
    """An account with a carrier, and the customer in whose orders it may be named."""

    model_config = _STRICT

    customer_id: str


class CollectionSite(PickupSite):
    """A warehouse at which customers may collect."""

    model_config = _STRICT


class RoutingQuery(BaseModel):
    """Whose orders, and where they go."""

    model_config = _LENIENT

    customer_id: str
    site_id: str
    region: str
    postal_code: str = ""
    order_type: OrderType = OrderType.STANDARD
    service_level: ServiceLevel = ServiceLevel.STANDARD
    warehouse: str


class RatesQuery(BaseModel):
    """What is to go where, and from which day on it is ready. Every service of the lane is quoted: what the goods need
    (`hazmat`, `temperature`) is for carriers who quote by it, which these do not.
    """

    model_config = _LENIENT

    origin: str
    region: str
    postal_code: str = ""
    country: str = "US"
    weight_kg: Decimal = Field(default=Decimal(0), ge=0)
    volume_m3: Decimal = Field(default=Decimal(0), ge=0)
    hazmat: bool = False
    temperature: str = ""
    ready_on: date


class TenderBody(WriteBody):
    """Offer a load to a carrier."""

    order_id: str
    customer_id: str
    scac: str
    service: str
    warehouse: str
    site_id: str
    region: str
    weight_kg: Decimal = Field(ge=0)
    hazmat: bool = False
    temperatures: tuple[TemperatureClass, ...] = (TemperatureClass.AMBIENT,)
    lift_gate: bool = False
    pickup_on: date
    freight_terms: FreightTerms
    account: str | None = None
    cost: Decimal = Field(ge=0)


class CollectionBody(WriteBody):
    """Expect a customer who collects, from a day on."""

    order_id: str
    customer_id: str
    warehouse: str
    ready_on: date
    weight_kg: Decimal = Field(ge=0)
    hazmat: bool = False


class ReplyBody(BaseModel):
    """A carrier's answer to a tender."""

    model_config = _STRICT

    reply: Reply
