"""What the ERP keeps: the shared order with what only the ERP needs, and the bodies of its operations."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints, computed_field

from domain.calls import ReleaseResolution
from domain.duplicates.keys import MessageKey, PurchaseKey
from domain.events import Key
from domain.facts.address import PostalAddress
from domain.money import Currency
from domain.order import (
    AsOrdered,
    CarrierInstructions,
    ClearedHold,
    EdiEnvelope,
    Hold,
    HoldClass,
    HoldLevel,
    LineStatus,
    Order,
    OrderLine,
    OrderStatus,
    OrderType,
    ServiceLevel,
    ShipTo,
    TemperatureClass,
)
from sandbox.kernel import Problem, WriteBody

OrderId = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._:-]{0,99}$")]
Positive = Annotated[Decimal, Field(gt=0)]
NotNegative = Annotated[Decimal, Field(ge=0)]

NOT_GONE_YET = frozenset({OrderStatus.ON_HOLD, OrderStatus.PARTIALLY_HELD, OrderStatus.VALIDATING})
"""The states in which an order may still be changed and released."""
DEPARTED = frozenset({OrderStatus.PARTIALLY_SHIPPED, OrderStatus.SHIPPED, OrderStatus.INVOICED, OrderStatus.CLOSED})


StatedTax = tuple[Decimal | None, Decimal | None]


class Strict(BaseModel):
    """A body that a caller sends: an unknown field is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Source(Strict):
    """How much of a line one warehouse ships."""

    warehouse: str
    quantity: Positive


class ErpLine(OrderLine):
    """A line, with where it ships from and what it was before it was changed."""

    sources: tuple[Source, ...] = ()
    original_item: str | None = None
    tax_stated: tuple[bool, bool] = (False, False)
    """Whether the tax on the customer's order and the one in the ERP came in with it; else they are the engine's."""

    @property
    def stated_tax(self) -> StatedTax:
        """Both taxes, as far as somebody stated them."""
        as_ordered, in_erp = self.tax_stated
        return self.tax_as_ordered if as_ordered else None, self.tax_in_erp if in_erp else None


class ErpClearedHold(ClearedHold):
    """A hold that is gone, when and by whom. `release_id` is set if a release resolved it."""

    cleared_by: str
    release_id: str | None = None


class ErpOrder(Order):
    """A sales order in the ERP."""

    lines: tuple[ErpLine, ...]
    freight_tax: Decimal = Decimal(0)
    tax_basis: str = ""
    tax_true_up: bool = False
    price_basis: str = ""
    address_id: str | None = None
    """The address that came with the order, which is kept apart from it."""
    ship_to_basis: str = ""
    carrier_basis: str = ""
    po_checked: bool = False
    """Whether somebody has looked at the PO number and found that the order is no duplicate."""
    parent_order_id: str | None = None
    holds_placed: int = 0
    """How many holds the order ever had: numbers the next one."""
    cleared_holds: tuple[ErpClearedHold, ...] = ()
    released_at: datetime | None = None
    shipped_at: datetime | None = None
    shipments: int = 0
    invoiced_at: datetime | None = None
    cancelled_at: datetime | None = None
    cancelled_from: OrderStatus | None = None
    cancel_reason: str = ""
    carrier_for: str = ""
    """The country and region that carrier and freight were set for; empty if no instructions came with the order."""
    carrier_given: bool = False
    """Whether carrier instructions came with the order: without any, it goes as orders of its kind do."""
    validated_at: datetime | None = None
    unanswered: tuple[str, ...] = ()
    """The systems that could not be asked when the order was last validated."""

    @computed_field
    def held(self) -> bool:
        """Whether any hold is open: what lists filter by."""
        return bool(self.holds)

    @computed_field  # type: ignore[prop-decorator]
    @property
    def purchase_key(self) -> str | None:
        """Whose order it is by which number: orders that share it may be one."""
        key = PurchaseKey.of(self.customer_id, self.po_number, self.release_number)
        return None if key is None else f"{key.customer_id}/{key.po_number}/{key.release_number}"

    @computed_field  # type: ignore[prop-decorator]
    @property
    def message_key(self) -> str | None:
        """In which EDI message it came; None if in none."""
        key = MessageKey.of(self.edi, self.po_number)
        if key is None:
            return None
        return f"{key.partner}/{key.interchange_control}/{key.group_control}/{key.transaction_control}"

    @property
    def family(self) -> str:
        """The order that it is a part of, or itself."""
        return self.parent_order_id or self.order_id

    def stated_taxes(self) -> dict[str, StatedTax]:
        """Per line, the taxes that came with the order, or those that were booked since: they are not the engine's."""
        if self.tax_basis:
            return {line.line_id: (line.tax_as_ordered, line.tax_in_erp) for line in self.lines}
        return {line.line_id: line.stated_tax for line in self.lines}

    def with_changes(self, **changes: Any) -> ErpOrder:
        """The order with some fields changed."""
        return self.model_copy(update=changes)

    def erp_line(self, line_id: str) -> ErpLine:
        """The line of that id. Raises Problem 422."""
        for line in self.lines:
            if line.line_id == line_id:
                return line
        raise Problem(422, "no_such_line", f"order {self.order_id} has no line {line_id}")

    def with_line(self, changed: ErpLine) -> ErpOrder:
        """The order with one of its lines changed."""
        lines = tuple(changed if line.line_id == changed.line_id else line for line in self.lines)
        return self.with_changes(lines=lines)


class HoldEntry(Strict):
    """A hold to put on an order; `source_code` is `code` unless it says otherwise."""

    code: str = Field(min_length=1, max_length=60)
    level: HoldLevel = HoldLevel.HEADER
    hold_class: HoldClass = HoldClass.SYSTEM
    blocks: tuple[str, ...] = ("RELEASE",)
    line_ids: tuple[str, ...] = ()
    source_system: str = "ERP"
    source_code: str | None = None
    reason: str = ""
    expires_at: AwareDatetime | None = None

    def placed(self, hold_id: str, now: datetime) -> Hold:
        """The hold it becomes."""
        values = self.model_dump() | {"source_code": self.source_code or self.code}
        return Hold(hold_id=hold_id, applied_at=now, **values)


class LineEntry(Strict):
    """A line as the customer ordered it. A tax that is not given is the engine's."""

    line_id: Key
    item: Key
    quantity: Positive
    unit: str = "EA"
    pack_quantity: Positive = Decimal(1)
    unit_price: NotNegative
    unit_cost: NotNegative = Decimal(0)
    need_by: date
    promised_on: date | None = None
    product_tax_code: str = "GENERAL"
    tax_as_ordered: NotNegative | None = None
    tax_in_erp: NotNegative | None = None
    as_ordered: AsOrdered | None = None
    unit_weight_kg: NotNegative = Decimal(0)
    unit_volume_m3: NotNegative = Decimal(0)
    hazmat: bool = False
    temperature: TemperatureClass = TemperatureClass.AMBIENT

    def line(self) -> ErpLine:
        """The line before validation."""
        stated = self.tax_as_ordered is not None, self.tax_in_erp is not None
        return ErpLine(**self.model_dump(exclude_none=True), tax_stated=stated)


class OrderEntry(Strict):
    """An order as it comes in: the ERP adds version, status and holds. `extra_holds` are put on besides its own."""

    tenant: Key | None = None
    order_id: OrderId
    customer_id: Key
    po_number: str = Field(max_length=60)
    order_type: OrderType = OrderType.STANDARD
    release_number: str = Field(default="", max_length=30)
    currency: Currency
    service_level: ServiceLevel = ServiceLevel.STANDARD
    channel: str = "EDI"
    edi: EdiEnvelope | None = None
    entered_by: str
    ordered_at: AwareDatetime | None = None
    need_by: date
    carrier_cutoff: AwareDatetime
    pick_minutes: int = Field(default=60, ge=0)
    warehouse: Key
    ship_to: ShipTo
    address: PostalAddress | None = None
    ship_complete: bool = False
    allow_partial: bool = True
    allow_substitute: bool = False
    allow_backorder: bool = True
    max_shipments: int = Field(default=2, ge=1)
    freight: NotNegative = Decimal(0)
    carrier: CarrierInstructions = CarrierInstructions()
    lines: tuple[LineEntry, ...] = Field(min_length=1)
    extra_holds: tuple[HoldEntry, ...] = ()

    def order(self, tenant: str, now: datetime) -> ErpOrder:
        """The order before validation."""
        values = self.model_dump(exclude={"extra_holds", "lines", "address"}) | {
            "tenant": self.tenant or tenant,
            "ordered_at": self.ordered_at or now,
            "carrier_given": "carrier" in self.model_fields_set,
            "carrier_for": destination(self.ship_to) if "carrier" in self.model_fields_set else "",
        }
        lines = tuple(line.line() for line in self.lines)
        return ErpOrder(version=1, status=OrderStatus.VALIDATING, lines=lines, **values)


class ReleaseBody(WriteBody):
    """Resolve all holds of an order and let it go."""

    resolutions: tuple[ReleaseResolution, ...]


class CancellationBody(WriteBody):
    """End an order."""

    reason_code: str = Field(max_length=60)
    resolutions: tuple[ReleaseResolution, ...] = ()


def destination(ship_to: ShipTo) -> str:
    """As far as carriers and their rates tell places apart."""
    return f"{ship_to.country}/{ship_to.region}"


def status_with(order: ErpOrder) -> OrderStatus:
    """Whether the holds of an order stop all of it, some of its lines, or nothing."""
    if not order.holds:
        return OrderStatus.RELEASED
    stopped = {line_id for hold in order.holds for line_id in hold.line_ids}
    by_line = all(hold.level is HoldLevel.LINE for hold in order.holds)
    some_go = any(line.line_id not in stopped for line in order.lines if line.status is not LineStatus.CANCELLED)
    return OrderStatus.PARTIALLY_HELD if by_line and some_go else OrderStatus.ON_HOLD
