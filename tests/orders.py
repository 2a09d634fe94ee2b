"""An order, held: what tests of the shell and of activities need to know of one."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from domain.order import Hold, HoldClass, Order, OrderLine, OrderStatus, ServiceLevel, ShipTo

LONG_AGO = datetime(2026, 3, 2, 9, tzinfo=UTC)


def hold(hold_id: str = "H1", hold_class: HoldClass = HoldClass.SYSTEM) -> Hold:
    """A hold for credit."""
    return Hold(
        hold_id=hold_id,
        code="CREDIT",
        hold_class=hold_class,
        source_system="ERP",
        source_code="CREDIT",
        applied_at=LONG_AGO,
    )


def order(*holds: Hold, version: int = 2, status: OrderStatus = OrderStatus.ON_HOLD) -> Order:
    """Ten bolts at 100, with those holds."""
    return Order(
        tenant="acme",
        order_id="SO-1",
        version=version,
        status=status,
        customer_id="C-1",
        po_number="PO-1",
        currency="USD",
        service_level=ServiceLevel.STANDARD,
        entered_by="erin",
        ordered_at=LONG_AGO,
        need_by=date(2026, 3, 9),
        carrier_cutoff=LONG_AGO + timedelta(days=3),
        warehouse="NYC",
        ship_to=ShipTo(site_id="S-1", region="NY", postal_code="10001"),
        lines=(
            OrderLine(
                line_id="1", item="BOLT", quantity=Decimal(10), unit_price=Decimal(100), need_by=date(2026, 3, 9)
            ),
        ),
        holds=holds,
    )
