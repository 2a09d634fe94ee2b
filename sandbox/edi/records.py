"""What the EDI gateway is told, and what is asked of it."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from domain.edi.acknowledgement import AcknowledgedLine, Bak02
from domain.order import ServiceLevel, ShipTo
from sandbox.kernel import Settings, WriteBody

_STRICT = ConfigDict(frozen=True, extra="forbid")
Code = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._:/-]{0,59}$")]


class EdiSettings(Settings):
    """Settings of the EDI gateway. `peers` names the `erp`."""

    acknowledge_within: float = Field(
        default=86_400.0, gt=0, description="seconds a partner has for its 997; later its order is held"
    )
    transmit_after: float = Field(default=0.0, ge=0, description="seconds a document can still be withdrawn")
    pause: float = Field(default=1.0, gt=0, description="seconds between two looks at what waits")


class Partner(BaseModel):
    """A trading partner. `sender` is its ISA06, `sites` are the numbers it gives our customer's ship-tos."""

    model_config = _STRICT

    partner: Code
    sender: str
    customer_id: str
    warehouse: str
    sites: dict[str, ShipTo]
    service_level: ServiceLevel = ServiceLevel.STANDARD
    cutoff_hours: float = 9.0
    need_days: int = 7
    acknowledges_with: Literal["997", "999"] = "997"
    exceptions_only: bool = False
    """Whether its 855 lists only the lines that are not accepted as ordered."""


class ItemMapping(BaseModel):
    """What a partner's part number means: `pack_quantity` of `unit` of our item for each of the partner's units."""

    model_config = _STRICT

    partner: Code
    part: Code
    item: Code
    unit: str | None = None
    """None keeps the partner's unit."""
    pack_quantity: Decimal = Field(default=Decimal(1), gt=0)
    unit_cost: Decimal = Decimal(0)
    withdrawn: bool = False


class CatalogueItem(BaseModel):
    """An item that may be sold, with the numbers under which others may know it."""

    model_config = _STRICT

    item: Code
    description: str = ""
    numbers: tuple[str, ...] = ()


class Route(BaseModel):
    """A way to a partner: its name (`AS2`, `SFTP`), and whether the other end accepts our credentials."""

    model_config = _STRICT

    name: str
    accepts: bool = True


class Connection(BaseModel):
    """The ways to a partner, the one in use, and whether calls are paused because it refused us."""

    model_config = _STRICT

    partner: Code
    routes: tuple[Route, ...] = (Route(name="AS2"),)
    active: str = "AS2"
    paused: bool = False

    def route(self, name: str) -> Route | None:
        """The route of that name."""
        return next((route for route in self.routes if route.name == name), None)


class InterchangeBody(BaseModel):
    """An interchange as it came in."""

    model_config = _STRICT

    text: str = Field(min_length=1, max_length=500_000)


class MappingFixBody(WriteBody):
    """Say what a partner's part number means from now on."""

    partner: Code
    part: Code
    item: Code
    unit: str | None = None


class ReplayBody(WriteBody):
    """Translate an inbound document again, now that its mappings are there. `items` are those on the order, by line."""

    order_id: str
    items: dict[str, str]


class TakeOverBody(WriteBody):
    """People have entered by hand what an inbound document meant, or settled with the partner what was open."""

    order_id: str
    items: dict[str, Code] = Field(default_factory=dict)
    """What people have put on the lines that could not be read."""
    basis: str = Field(max_length=200)


class RerouteBody(WriteBody):
    """Go to a partner by another route."""

    partner: Code
    route: str


class PartnerBody(WriteBody):
    """Pause or resume the calls to a partner."""

    partner: Code


class ResendBody(WriteBody):
    """Send the order's documents again that the partner has not acknowledged."""

    order_id: str


class AcknowledgementBody(WriteBody):
    """Tell the partner: 855 the business answer, 824 that the application rejects it."""

    order_id: str
    document: Literal["855", "824"]
    bak02: Bak02 | None = None
    lines: tuple[AcknowledgedLine, ...] = ()
    error: str = Field(default="", max_length=60)


class ShipNoticeBody(BaseModel):
    """A document about an order that other programs of ours have sent: 856 or 810."""

    model_config = _STRICT

    order_id: str
    document: Literal["856", "810"]
