"""A clerk of the distributor: enters sales as people do, and reads what became of them."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from sandbox.tryton.desk import Desk, Values
from sandbox.tryton.seed import RESERVED

Line = tuple[str, float, str]
"""Product, quantity and price."""


class Clerk:
    """Works at a desk."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self._company = desk.search("company.company")[0]
        self._unit = desk.search("product.uom", ["name", "=", "Unit"])[0]
        self._currency = desk.read("company.company", self._company, "currency")["currency"]
        self._known: dict[str, int] = {}

    def sell(
        self,
        customer: str,
        lines: Sequence[Line],
        reference: str,
        *,
        warehouse: str = "EAST",
        address: bool = True,
        carrier: bool = True,
    ) -> int:
        """A draft sale."""
        party = self._id("party.party", "code", customer)
        place = self._id("party.address", "party", party)
        values: Values = {
            "company": self._company,
            "party": party,
            "invoice_address": place,
            "shipment_address": place if address else None,
            "warehouse": self._id("stock.location", "code", warehouse),
            "currency": self._currency,
            "carrier": self._id("carrier", "party.code", "UPSN") if carrier else None,
            "reference": reference,
            "lines": [["create", [self._line(*line) for line in lines]]],
            **dict.fromkeys(("invoice_method", "shipment_method", "shipment_cost_method"), "order"),
        }
        return self.desk.create("sale.sale", **values)

    def press(self, sale: int, *buttons: str) -> None:
        """Buttons of a sale. Raises Refused."""
        for button in buttons:
            self.desk.call("sale.sale", button, [sale])

    def sale(self, sale: int, *names: str) -> Values:
        """Fields of a sale."""
        return self.desk.read("sale.sale", sale, *names)

    def lines(self, sale: int) -> list[Values]:
        """The lines of goods of a sale."""
        names = ["product.code", "product.type", "quantity", "unit_price"]
        domain = [["sale", "=", sale], ["product.type", "=", "goods"]]
        found: list[Values] = self.desk.call("sale.line", "search_read", domain, 0, None, [["id", "ASC"]], names)
        return found

    def family(self, sale: int) -> list[int]:
        """A sale and whatever was split off it, or off that, without what was cancelled."""
        found, added = [sale], [sale]
        while added:
            origins = [f"sale.sale,{one}" for one in added]
            added = self.desk.search("sale.sale", ["origin", "in", origins])
            found += added
        return self.desk.search("sale.sale", ["id", "in", found], ["state", "!=", "cancelled"])

    def owed(self, sale: int) -> Decimal:
        """Pieces on all of these."""
        quantities = (line["quantity"] for one in self.family(sale) for line in self.lines(one))
        return sum((Decimal(str(quantity)) for quantity in quantities), Decimal(0))

    def shipments(self, sale: int) -> int:
        """Shipments of all of these that are not cancelled."""
        found = 0
        for one in self.family(sale):
            ids = self.sale(one, "shipments")["shipments"]
            rows = self.desk.call("stock.shipment.out", "read", ids, ["state"])
            found += sum(row["state"] != "cancelled" for row in rows)
        return found

    def set_aside(self, order_id: str) -> Decimal:
        """Pieces that internal shipments take out of the warehouses for the order."""
        domain = [["reference", "like", f"{order_id}:%"], ["state", "in", ["waiting", "assigned"]]]
        shipments = self.desk.search("stock.shipment.internal", *domain, ["to_location.code", "=", RESERVED])
        names = ["quantity", "state"]
        wanted = [["shipment", "in", [f"stock.shipment.internal,{one}" for one in shipments]]]
        moves = self.desk.call("stock.move", "search_read", wanted, 0, None, None, names) if shipments else []
        return sum((Decimal(str(move["quantity"])) for move in moves), Decimal(0))

    def addresses(self, customer: str) -> list[int]:
        """The addresses of a customer."""
        return self.desk.search("party.address", ["party.code", "=", customer])

    def note_on_line(self, sale: int, text: str) -> None:
        """Write on the first line that nobody reads."""
        self.desk.call("sale.line", "write", [self.lines(sale)[0]["id"]], {"note": text})

    def reprice(self, sale: int, price: str) -> None:
        """Another price on the first line."""
        self.desk.call("sale.line", "write", [self.lines(sale)[0]["id"]], {"unit_price": Decimal(price)})

    def standing_approvals(self) -> list[str]:
        """Warnings that somebody has skipped and not used."""
        rows = self.desk.call("res.user.warning", "search_read", [], 0, None, None, ["name"])
        return [str(row["name"]) for row in rows]

    def _id(self, model: str, name: str, value: object) -> int:
        """The first record of that name: master data, which stay as they are."""
        key = f"{model},{name},{value}"
        if key not in self._known:
            self._known[key] = self.desk.search(model, [name, "=", value])[0]
        return self._known[key]

    def _line(self, code: str, quantity: float, price: str) -> Values:
        return {
            "type": "line",
            "product": self._id("product.product", "code", code),
            "unit": self._unit,
            "quantity": float(quantity),
            "unit_price": Decimal(price),
        }
