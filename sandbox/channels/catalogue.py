"""What the order channels sell: their own copy of the items, with the prices that they show."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from domain.order import TemperatureClass
from sandbox.kernel import Problem, Records, Service

NotNegative = Annotated[Decimal, Field(ge=0)]


class CatalogueItem(BaseModel):
    """An item. `unit_price` is what the site shows, `erp_price` what the ERP charges; they ought to be the same, and
    are unless the copy is old.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    item: str
    unit_price: NotNegative
    erp_price: NotNegative | None = None
    unit_cost: NotNegative = Decimal(0)
    unit: str = "EA"
    product_tax_code: str = "GENERAL"
    unit_weight_kg: NotNegative = Decimal(0)
    unit_volume_m3: NotNegative = Decimal(0)
    hazmat: bool = False
    temperature: TemperatureClass = TemperatureClass.AMBIENT

    @property
    def charged(self) -> Decimal:
        """The price in the ERP."""
        return self.unit_price if self.erp_price is None else self.erp_price


class Catalogue:
    """The items: seed `items`, changed by `PUT /admin/items`."""

    def __init__(self, service: Service) -> None:
        self._items = Records(service, "items", CatalogueItem, ("item",))

    def item(self, item: str) -> CatalogueItem:
        """The item. Raises Problem 422 if it is not sold here."""
        found = self._items.get(item)
        if found is None:
            raise Problem(422, "unknown_item", f"item {item} is not in the catalogue")
        return found
