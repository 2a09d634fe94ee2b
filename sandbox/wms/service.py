"""The HTTP API of the WMS."""

from __future__ import annotations

import uuid
from typing import Annotated, Any

from fastapi import Query

from domain.events import EventData, EventType
from domain.facts.inventory import FreightQuotes, StockPositions
from sandbox.kernel import Client, Records, Service, Settings
from sandbox.kernel.versions import version_of
from sandbox.wms.bookings import Bookings
from sandbox.wms.freight import quote
from sandbox.wms.positions import Positions
from sandbox.wms.records import FreightRate, Position, ReceiptBody, Shipment, Warehouse


def build(settings: Settings) -> Service:
    """The service. Seed: `warehouses`, `positions`, `lanes`, `substitutes`, `freight-rates`."""
    service = Service("wms", settings, title="Warehouse management")
    positions = Positions(service)
    Bookings(service, positions)
    _stock(service, positions)
    _freight(service)
    _receipts(service, positions)
    return service


def _stock(service: Service, positions: Positions) -> None:
    @service.v1.get("/positions", tags=["stock"], summary="Stock of items and of what may replace them")
    async def show(items: Annotated[str, Query(min_length=1)], order_id: str | None = None) -> StockPositions:
        """`items` is a comma-separated list. With `order_id`: as that order sees it, without its own claims."""
        return positions.seen_by(order_id, [item.strip() for item in items.split(",") if item.strip()])


def _freight(service: Service) -> None:
    sites = Records(service, "warehouses", Warehouse, ("warehouse",))
    rates = Records(service, "freight-rates", FreightRate, ("warehouse", "region"))

    @service.v1.get("/freight-quotes", tags=["freight"], summary="One shipment from each warehouse")
    async def quotes(shipment: Annotated[Shipment, Query()]) -> FreightQuotes:
        found = tuple(quote(site, rates.get(site.warehouse, shipment.region), shipment) for site in sites.all())
        return FreightQuotes(quotes=found, version=version_of(*found))


def _receipts(service: Service, positions: Positions) -> None:
    @service.admin.post("/receipts", status_code=201, summary="Goods have come in")
    async def receive(body: ReceiptBody, client: Client) -> dict[str, Any]:
        """Publishes `stock_received`."""
        receipt_id = f"rcp-{uuid.uuid4().hex[:12]}"
        with service.store.transaction():
            before = positions.ensure(body.warehouse, body.item)
            positions.stored.put(_received(before, body))
            detail = body.model_dump(mode="json")
            service.ledger.append("receipts.create", receipt_id, client=client, detail=detail)
            data = EventData(
                tenant=service.settings.tenant,
                item=body.item,
                warehouse=body.warehouse,
                detail=f"{body.quantity:f} received",
            )
            event_id = service.webhooks.publish(
                EventType.STOCK_RECEIVED, data.model_dump(mode="json", exclude_none=True), subject=body.item
            )
        return {"id": receipt_id, "event_id": event_id, **detail}


def _received(position: Position, body: ReceiptBody) -> Position:
    """The goods are on hand and no longer expected."""
    expected = []
    for receipt in position.receipts:
        left = receipt.quantity
        if body.purchase_order is not None and receipt.purchase_order == body.purchase_order:
            left -= body.quantity
        if left > 0:
            expected.append(receipt.model_copy(update={"quantity": left}))
    return position.model_copy(update={"on_hand": position.on_hand + body.quantity, "receipts": tuple(expected)})
