"""An order, held."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

from domain.order import Hold, HoldClass, Order, OrderLine, OrderStatus, ServiceLevel, ShipTo

DAY = datetime(2026, 3, 2, tzinfo=UTC)


def hold(hold_id: str, hold_class: HoldClass = HoldClass.SYSTEM, code: str = "CREDIT") -> Hold:
    return Hold(
        hold_id=hold_id,
        code=code,
        hold_class=hold_class,
        source_system="ERP",
        source_code=code,
        applied_at=DAY,
    )


def order(*holds: Hold, status: OrderStatus = OrderStatus.ON_HOLD, version: int = 3) -> Order:
    return Order(
        tenant="acme",
        order_id="SO-1",
        version=version,
        status=status,
        customer_id="C-1",
        po_number="PO-9",
        currency="USD",
        service_level=ServiceLevel.STANDARD,
        entered_by="clerk",
        ordered_at=DAY,
        need_by=date(2026, 3, 9),
        carrier_cutoff=datetime(2026, 3, 3, 20, tzinfo=UTC),
        warehouse="CHI",
        ship_to=ShipTo(site_id="S-1", region="IL", postal_code="60601"),
        lines=(
            OrderLine(line_id="1", item="A", quantity=Decimal(1), unit_price=Decimal(100), need_by=date(2026, 3, 9)),
        ),
        holds=holds,
    )
