"""A sales order as the ERP knows it, and the holds on it."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

from pydantic import Field

from domain.base import Model
from domain.money import Currency, Money


class OrderStatus(StrEnum):
    """Where an order stands in the ERP."""

    RECEIVED = "RECEIVED"
    VALIDATING = "VALIDATING"
    ON_HOLD = "ON_HOLD"
    PARTIALLY_HELD = "PARTIALLY_HELD"
    PENDING_CUSTOMER = "PENDING_CUSTOMER"
    RELEASED = "RELEASED"
    ALLOCATED = "ALLOCATED"
    PICKING = "PICKING"
    PARTIALLY_SHIPPED = "PARTIALLY_SHIPPED"
    SHIPPED = "SHIPPED"
    INVOICED = "INVOICED"
    CLOSED = "CLOSED"
    CANCELLED = "CANCELLED"
    REJECTED = "REJECTED"

    @property
    def is_dead(self) -> bool:
        """Whether nothing of the order will ever ship."""
        return self in (OrderStatus.CANCELLED, OrderStatus.REJECTED)


class HoldLevel(StrEnum):
    """What a hold blocks: the order, or some of its lines."""

    HEADER = "HEADER"
    LINE = "LINE"


class HoldClass(StrEnum):
    """Who put a hold on and how firm it is. HARD (legal, insolvency, restricted party): only a person releases it."""

    SYSTEM = "SYSTEM"
    POLICY = "POLICY"
    MANUAL = "MANUAL"
    HARD = "HARD"


class Hold(Model):
    """One hold on an order, as the source system placed it."""

    hold_id: str
    code: str
    level: HoldLevel = HoldLevel.HEADER
    hold_class: HoldClass = HoldClass.SYSTEM
    blocks: tuple[str, ...] = ("RELEASE",)
    line_ids: tuple[str, ...] = ()
    source_system: str
    source_code: str
    reason: str = ""
    applied_at: datetime
    expires_at: datetime | None = None


class ClearedHold(Model):
    """A hold that is gone, and since when."""

    hold: Hold
    cleared_at: datetime


class ServiceLevel(StrEnum):
    """How quickly the customer was promised the order."""

    SAME_DAY = "SAME_DAY"
    PRIORITY = "PRIORITY"
    STANDARD = "STANDARD"


class OrderType(StrEnum):
    """What an order commits its customer to. A blanket order is called off release by release; a quote binds nobody."""

    STANDARD = "STANDARD"
    BLANKET = "BLANKET"
    QUOTE = "QUOTE"


class FreightTerms(StrEnum):
    """Who pays the carrier. COLLECT and THIRD_PARTY are billed to an account, which the order has to name."""

    PREPAID = "PREPAID"
    PREPAY_ADD = "PREPAY_ADD"
    COLLECT = "COLLECT"
    THIRD_PARTY = "THIRD_PARTY"

    @property
    def needs_account(self) -> bool:
        """Whether somebody else's carrier account is billed."""
        return self in (FreightTerms.COLLECT, FreightTerms.THIRD_PARTY)


class TemperatureClass(StrEnum):
    """How goods have to be kept on the way."""

    AMBIENT = "AMBIENT"
    CHILLED = "CHILLED"
    FROZEN = "FROZEN"


class LineStatus(StrEnum):
    """Whether a line still counts."""

    OPEN = "OPEN"
    BACKORDERED = "BACKORDERED"
    CANCELLED = "CANCELLED"


class AsOrdered(Model):
    """The price as the customer's purchase order has it: per `unit`, which holds `pack_quantity` of the base unit."""

    unit_price: Decimal
    unit: str = "EA"
    pack_quantity: Decimal = Field(default=Decimal(1), gt=0)
    currency: Currency


class OrderLine(Model):
    """One line. `quantity` in `unit` (UN/ECE Rec 20); money in the order's currency, taxes for the whole line."""

    line_id: str
    item: str
    quantity: Decimal = Field(gt=0)
    unit: str = "EA"
    pack_quantity: Decimal = Decimal(1)
    unit_price: Decimal
    unit_cost: Decimal = Decimal(0)
    need_by: date
    promised_on: date | None = None
    product_tax_code: str = "GENERAL"
    tax_as_ordered: Decimal = Decimal(0)
    tax_in_erp: Decimal = Decimal(0)
    as_ordered: AsOrdered | None = None
    """None if the customer stated no price."""
    unit_weight_kg: Decimal = Decimal(0)
    unit_volume_m3: Decimal = Decimal(0)
    hazmat: bool = False
    temperature: TemperatureClass = TemperatureClass.AMBIENT
    status: LineStatus = LineStatus.OPEN
    split_from: str | None = None
    """The line whose rest it is, if a line was divided."""

    @property
    def value(self) -> Decimal:
        """Quantity times price, before tax."""
        return self.quantity * self.unit_price

    @property
    def margin(self) -> Decimal:
        """What the line earns over its cost; less than nothing if it is sold below."""
        return self.quantity * (self.unit_price - self.unit_cost)


class ShipTo(Model):
    """Where the goods go, without the street: all that freight and tax need."""

    site_id: str
    region: str
    postal_code: str
    country: str = "US"


class CarrierInstructions(Model):
    """How the goods travel. `scac` is the carrier's Standard Carrier Alpha Code, `service` the carrier's own name of a
    service level, `incoterms` a rule of Incoterms 2020 with its place.
    """

    scac: str | None = None
    service: str | None = None
    freight_terms: FreightTerms = FreightTerms.PREPAID
    account: str | None = None
    incoterms: str | None = None

    @property
    def is_complete(self) -> bool:
        """Whether a warehouse can hand the goods over without asking anybody."""
        return bool(self.scac and self.service and (self.account or not self.freight_terms.needs_account))


class EdiEnvelope(Model):
    """Where an X12 850 or 860 came from: ISA13, GS06 and ST02 number its envelopes, BEG01 says what it is for."""

    partner: str
    interchange_control: str
    group_control: str
    transaction_control: str
    purpose: str = "00"


class Order(Model):
    """A sales order with its open holds. `version` grows with every change in the ERP and is its ETag."""

    tenant: str
    order_id: str
    version: int
    status: OrderStatus
    customer_id: str
    po_number: str
    order_type: OrderType = OrderType.STANDARD
    release_number: str = ""
    """Which call-off of a blanket order it is."""
    currency: Currency
    service_level: ServiceLevel
    channel: str = "EDI"
    edi: EdiEnvelope | None = None
    entered_by: str
    changed_by: tuple[str, ...] = ()
    """The people who changed it since; empty if the ERP does not tell."""
    ordered_at: datetime
    need_by: date
    carrier_cutoff: datetime
    pick_minutes: int = 60
    warehouse: str
    ship_to: ShipTo
    ship_complete: bool = False
    allow_partial: bool = True
    allow_substitute: bool = False
    allow_backorder: bool = True
    max_shipments: int = 2
    freight: Decimal = Decimal(0)
    carrier: CarrierInstructions = CarrierInstructions()
    lines: tuple[OrderLine, ...]
    holds: tuple[Hold, ...] = ()
    cleared_holds: tuple[ClearedHold, ...] = ()
    """The holds it had before; empty if the ERP does not tell."""

    @property
    def open_lines(self) -> tuple[OrderLine, ...]:
        """The lines that still count."""
        return tuple(line for line in self.lines if line.status is not LineStatus.CANCELLED)

    @property
    def value(self) -> Money:
        """The goods, before freight and tax."""
        return self.money(sum((line.value for line in self.open_lines), Decimal(0)))

    @property
    def margin(self) -> Money:
        """What the order earns over its cost."""
        return self.money(sum((line.margin for line in self.open_lines), Decimal(0)))

    @property
    def forgone(self) -> Money:
        """What it costs not to deliver the order: its margin, and never less than nothing."""
        return max(self.margin, self.money(0))

    @property
    def weight_kg(self) -> Decimal:
        """Of everything that still counts."""
        return sum((line.quantity * line.unit_weight_kg for line in self.open_lines), Decimal(0))

    @property
    def total(self) -> Money:
        """What the customer will owe: goods, freight and the tax in the ERP."""
        tax = sum((line.tax_in_erp for line in self.open_lines), Decimal(0))
        return self.value + self.money(self.freight + tax)

    def money(self, amount: Decimal | int) -> Money:
        """`amount` in the order's currency."""
        return Money(amount=Decimal(amount), currency=self.currency)

    def line(self, line_id: str) -> OrderLine:
        """The line of that id; KeyError if the order has none."""
        for line in self.lines:
            if line.line_id == line_id:
                return line
        raise KeyError(f"order {self.order_id} has no line {line_id}")
