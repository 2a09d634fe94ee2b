"""The ERP, put together."""

from __future__ import annotations

from datetime import timedelta

from pydantic import Field

from sandbox.erp.addresses import AddressFile
from sandbox.erp.admin import ByHand
from sandbox.erp.amending import Amending
from sandbox.erp.book import OrderBook
from sandbox.erp.entry import Entry
from sandbox.erp.fulfilment import Fulfilment
from sandbox.erp.items import mount_items
from sandbox.erp.lookups import Lookups
from sandbox.erp.other_orders import OtherOrders
from sandbox.erp.placing import Placing
from sandbox.erp.purchasing import Purchasing
from sandbox.erp.release import Endings
from sandbox.erp.revalidation import Revalidation
from sandbox.erp.supplier_link import SupplierLink
from sandbox.erp.validation import Validation
from sandbox.kernel import Service, Settings


class ErpSettings(Settings):
    """The settings of the ERP. `peers` may name `wms`, `credit`, `tax`, `crm` and `suppliers`; one that is not
    named is not asked.
    """

    ship_after: float = Field(default=5.0, ge=0, description="seconds from release to shipment")
    invoice_after: float = Field(default=5.0, ge=0, description="seconds from shipment to invoice")


def build(settings: ErpSettings) -> Service:
    """The ERP, ready to be served."""
    service = Service("erp", settings, title="Enterprise resource planning: orders and their holds")
    book = OrderBook(service)
    addresses = AddressFile(service, book)
    validation = Validation(service, book, addresses)
    fulfilment = Fulfilment(
        service, book, timedelta(seconds=settings.ship_after), timedelta(seconds=settings.invoice_after)
    )
    Entry(service, book, validation, addresses)
    Amending(service, book, validation, addresses)
    Lookups(service, book)
    OtherOrders(service, book, validation)
    Placing(service, book)
    Revalidation(service, book, validation)
    Endings(service, book)
    suppliers = SupplierLink(service)
    Purchasing(service, book, suppliers)
    ByHand(service, book, validation)
    mount_items(service)
    service.background(validation.work)
    service.background(fulfilment.work)
    if "suppliers" in settings.peers:
        service.background(suppliers.work)
    return service
