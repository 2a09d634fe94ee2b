"""Changes of what was agreed for an order: prices, ship-to, carrier, purchase order, and which item is meant."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated

from pydantic import Field, StringConstraints

from domain.order import CarrierInstructions, FreightTerms, ShipTo
from sandbox.erp.line_changes import CENT, open_line
from sandbox.erp.model import ErpOrder, NotNegative, Strict, destination

Text = Annotated[str, StringConstraints(min_length=1, max_length=60)]


class NewPrice(Strict):
    """A price per unit of the line, in the order's currency."""

    unit_price: NotNegative


class SetPrice(Strict):
    """Charge other prices. `basis` says what they rest on."""

    lines: dict[str, NewPrice] = Field(min_length=1)
    basis: str = ""


class SetShipTo(Strict):
    """Deliver elsewhere, or to the same place written rightly. `address_id` names an address that the ERP keeps for the
    order; without one it goes to the site as the master data has it. Not every country has regions and postal codes.
    """

    site_id: Text
    region: str = ""
    postal_code: str = ""
    country: Text = "US"
    address_id: str | None = None
    basis: str = ""


class SetCarrier(Strict):
    """Send it with this carrier. `freight` is what the customer is charged; without it that stays as it is."""

    scac: Text
    service: Text
    freight_terms: FreightTerms
    account: str | None = None
    incoterms: str | None = None
    freight: NotNegative | None = None
    basis: str = ""


class SetPurchaseOrder(Strict):
    """The customer's number for the order. Whoever sets it has looked: the ERP no longer takes it for a duplicate."""

    po_number: str = Field(max_length=60)
    release_number: str = Field(default="", max_length=30)


class ConfirmItem(Strict):
    """The item that the customer's part number means."""

    line_id: str
    item: Text
    unit: Text | None = None


def set_price(order: ErpOrder, change: SetPrice) -> ErpOrder:
    """Lines have other prices; their taxes follow their value."""
    for line_id, price in change.lines.items():
        line = open_line(order, line_id)
        update = {
            "unit_price": price.unit_price,
            "tax_in_erp": _scaled(line.tax_in_erp, line.unit_price, price.unit_price),
            "tax_as_ordered": _scaled(line.tax_as_ordered, line.unit_price, price.unit_price),
        }
        order = order.with_line(line.model_copy(update=update))
    return order.with_changes(price_basis=change.basis)


def set_ship_to(order: ErpOrder, change: SetShipTo) -> ErpOrder:
    """The order goes elsewhere."""
    ship_to = ShipTo.model_validate(change.model_dump())
    return order.with_changes(ship_to=ship_to, address_id=change.address_id, ship_to_basis=change.basis)


def set_carrier(order: ErpOrder, change: SetCarrier) -> ErpOrder:
    """The order goes with that carrier; the tax on the freight follows the freight."""
    freight = order.freight if change.freight is None else change.freight
    return order.with_changes(
        carrier=CarrierInstructions.model_validate(change.model_dump()),
        freight=freight,
        freight_tax=_scaled(order.freight_tax, order.freight, freight),
        carrier_basis=change.basis,
        carrier_for=destination(order.ship_to) if order.carrier_for else "",
    )


def set_purchase_order(order: ErpOrder, change: SetPurchaseOrder) -> ErpOrder:
    """The order has that number, which somebody has looked at."""
    return order.with_changes(po_number=change.po_number, release_number=change.release_number, po_checked=True)


def confirm_item(order: ErpOrder, change: ConfirmItem) -> ErpOrder:
    """The line is for that item; what the customer wrote is kept beside it."""
    line = open_line(order, change.line_id)
    update = {
        "item": change.item,
        "unit": change.unit or line.unit,
        "original_item": line.original_item or line.item,
    }
    return order.with_line(line.model_copy(update=update))


def _scaled(tax: Decimal, before: Decimal, after: Decimal) -> Decimal:
    """A tax on an amount that changed, to the cent. Of a tax on nothing there is no telling: it stays."""
    return (tax * after / before).quantize(CENT) if before else tax
