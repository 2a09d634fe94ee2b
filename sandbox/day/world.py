"""The world that a day's orders need: customers, goods, stock, taxes. It grows while the day is planned."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any

Document = dict[str, Any]

WAREHOUSES = {"EAST": "NJ", "CENTRAL": "IL", "WEST": "NV"}
"""Warehouse to the region it is in."""
LANES = (("CENTRAL", "EAST", 2, 90), ("WEST", "CENTRAL", 3, 120), ("WEST", "EAST", 4, 180), ("EAST", "CENTRAL", 2, 90))
"""From, to, days, cost of a transfer."""
REGIONS = {"NJ": ("07101", "0.06625"), "TX": ("75201", "0.0825"), "NV": ("89501", "0.08265"), "IL": ("60601", "0.1025")}
"""Region to a postal code there and its tax rate."""
_EVERY_DAY = [1, 2, 3, 4, 5, 6, 7]
CARRIERS: dict[str, list[Document]] = {
    "carrier-services": [
        {"scac": "UPSN", "service": "GROUND", "carrier": "Parcel Ground", "delivery_days": _EVERY_DAY},
        {
            "scac": "FXFE",
            "service": "ECONOMY",
            "carrier": "Freight Economy",
            "hazmat": True,
            "temperatures": ["AMBIENT", "CHILLED", "FROZEN"],
            "lift_gate_cost": "45",
            "delivery_days": _EVERY_DAY,
        },
        {"scac": "UPSN", "service": "AIR", "carrier": "Parcel Air", "expedited": True, "delivery_days": _EVERY_DAY},
        {"scac": "SLOW", "service": "BOAT", "carrier": "Slow Boat", "delivery_days": _EVERY_DAY},
    ],
    "rates": [
        {"scac": "UPSN", "service": "GROUND", "per_shipment": "40", "transit_days": 3},
        {"scac": "FXFE", "service": "ECONOMY", "per_shipment": "55", "transit_days": 3},
        {"scac": "UPSN", "service": "AIR", "per_shipment": "140", "transit_days": 1},
        {"scac": "SLOW", "service": "BOAT", "per_shipment": "10", "transit_days": 9},
    ],
    "cut-offs": [
        {"warehouse": warehouse, "scac": scac, "cut_off": "23:59:59", "days": _EVERY_DAY}
        for warehouse in WAREHOUSES
        for scac in ("UPSN", "FXFE", "SLOW")
    ],
    "collection-sites": [{"warehouse": "EAST", "opens": "00:00:00", "closes": "23:59:59", "days": _EVERY_DAY}],
}
"""Who carries what, for how much and how fast; the same for everybody."""
_CENT = Decimal("0.01")
_GOODS = ("PUMP", "VALVE", "SEAL", "MOTOR", "FILTER", "GAUGE", "HOSE", "FLANGE", "BEARING", "COUPLING")


@dataclass
class World:
    """Master data in the shapes in which the systems answer with it. Everything comes from one seeded source."""

    random: Random = field(compare=False)
    now: datetime
    start: int = 0
    """How many orders of the same day other worlds have: names are counted on from there."""
    accounts: dict[str, Document] = field(default_factory=dict)
    contacts: dict[str, Document] = field(default_factory=dict)
    credit: dict[str, Document] = field(default_factory=dict)
    items: dict[str, Document] = field(default_factory=dict)
    positions: list[Document] = field(default_factory=list)
    certificates: list[Document] = field(default_factory=list)
    pricing: dict[str, list[Document]] = field(default_factory=lambda: defaultdict(list))
    """What pricing knows, by kind: agreements, price records and the like."""
    orders: int = 0
    crm: dict[str, list[Document]] = field(default_factory=lambda: defaultdict(list))
    """What the CRM knows besides accounts and contacts, by kind: sites, deliveries and who is on a list."""
    tms: dict[str, list[Document]] = field(default_factory=lambda: defaultdict(list))
    """What the TMS knows about customers and sites, by kind: routing guides and the like."""
    edi: dict[str, list[Document]] = field(default_factory=lambda: defaultdict(list))
    """What the EDI gateway knows, by kind: partners, what their part numbers mean, and the ways to them."""
    interchanges: int = 0
    clean: list[Document] = field(default_factory=list)
    """The orders with nothing wrong so far: what duplicates are duplicates of."""
    regulars: list[str] = field(default_factory=list)
    """The customers of whom nothing else is planned: they order several times a day."""
    newcomer: str | None = None
    """The partner whose parts are not all known: one cause of several holds."""
    misled: tuple[str, str] | None = None
    """The customer and item whose price record is wrong: one cause of several holds."""

    @property
    def today(self) -> date:
        """The day it is."""
        return self.now.date()

    def day(self, days: int) -> str:
        """A day from today."""
        return (self.today + timedelta(days=days)).isoformat()

    def customer(self, *, segment: str = "B", strategic: bool = False, **credit: Any) -> str:
        """A new customer, with more than enough credit unless `credit` says otherwise."""
        customer_id = f"C-{1001 + self.start + len(self.accounts)}"
        self.accounts[customer_id] = {
            "customer_id": customer_id,
            "segment": segment,
            "strategic": strategic,
            "account_manager": "amira" if strategic else None,
            "insolvent": bool(credit.get("insolvent")),
        }
        self.contacts[customer_id] = {
            "customer_id": customer_id,
            "email": f"purchasing@{customer_id.lower()}.example",
            "name": f"Purchasing of {customer_id}",
            "language": "en",
        }
        position = {"customer_id": customer_id, "currency": "USD", "open_receivables": "20000", "limit": "500000"}
        self.credit[customer_id] = position | {name: _plain(value) for name, value in credit.items()}
        return customer_id

    def item(self, *, price: int, margin: str = "0.40", tax_code: str = "GENERAL", **sourcing: Any) -> str:
        """A new item, nowhere in stock yet."""
        item = f"{self.random.choice(_GOODS)}-{100 + self.start + len(self.items)}"
        cost = (Decimal(price) * (1 - Decimal(margin))).quantize(_CENT)
        self.items[item] = {"item": item, "standard_cost": str(cost), **sourcing}
        self._prices[item] = (Decimal(price), cost, tax_code)
        return item

    def replace(self, item: str, other: str, *, price: str) -> None:
        """Approve `other` as a substitute for `item`, at that price."""
        offer = {"item": other, "unit_price": price, "unit_cost": self.items[other]["standard_cost"]}
        self.items[item]["substitutes"] = [offer]

    def stock(self, item: str, warehouse: str, on_hand: int, **more: Any) -> None:
        """So many pieces of `item` in `warehouse`."""
        self.positions.append({"warehouse": warehouse, "item": item, "on_hand": str(on_hand), **more})

    def certificate(self, customer_id: str, region: str, *, valid_to: int) -> str:
        """An exemption for resale that ends `valid_to` days from today."""
        certificate_id = f"CERT-{self.start + len(self.certificates) + 1}"
        dates = {"valid_from": self.day(-700), "valid_to": self.day(valid_to)}
        whose = {"customer_id": customer_id, "region": region, "use": "RESALE"}
        self.certificates.append({"certificate_id": certificate_id, **whose, **dates})
        return certificate_id

    def order(self, customer_id: str, goods: dict[str, int], *, region: str = "TX", **changes: Any) -> Document:
        """A new order of `goods` (item to quantity), from EAST, needed in a week."""
        lines = [self._line(f"{index}", item, quantity) for index, (item, quantity) in enumerate(goods.items(), 1)]
        order: Document = {
            "order_id": self.number(),
            "customer_id": customer_id,
            "po_number": f"PO-{self.random.randrange(10_000, 99_999)}",
            "currency": "USD",
            "service_level": self.random.choice(("PRIORITY", "STANDARD", "STANDARD")),
            "entered_by": self.random.choice(("edi-gateway", "nadia", "oskar")),
            "need_by": self.day(7),
            "carrier_cutoff": (self.now + timedelta(hours=9)).isoformat(),
            "warehouse": "EAST",
            "ship_to": {"site_id": f"{customer_id}-1", "region": region, "postal_code": REGIONS[region][0]},
            "freight": "60.00",
            "lines": lines,
        }
        return order | changes

    def number(self) -> str:
        """The id of the next order."""
        self.orders += 1
        return f"SO-{5000 + self.start + self.orders}"

    def value(self, goods: dict[str, int]) -> Decimal:
        """What `goods` cost before tax and freight."""
        return sum((self._prices[item][0] * quantity for item, quantity in goods.items()), Decimal(0))

    def tax(self, item: str, quantity: int, region: str) -> Decimal:
        """The tax that the engine will find right."""
        return (self._prices[item][0] * quantity * Decimal(REGIONS[region][1])).quantize(_CENT)

    def plenty(self) -> str:
        """An item that is always there."""
        if self._plenty is None:
            self._plenty = self.item(price=120)
            for warehouse in WAREHOUSES:
                self.stock(self._plenty, warehouse, 100_000)
        return self._plenty

    def seeds(self) -> dict[str, dict[str, Any]]:
        """The same as master data for each service."""
        lanes = [
            {"origin": origin, "destination": to, "days": days, "cost": str(cost)} for origin, to, days, cost in LANES
        ]
        replaced = [
            {"item": item, "substitutes": [other["item"] for other in data["substitutes"]]}
            for item, data in self.items.items()
            if "substitutes" in data
        ]
        return {
            "erp": {"items": list(self.items.values())},
            "wms": {
                "warehouses": [{"warehouse": name, "region": region} for name, region in WAREHOUSES.items()],
                "positions": self.positions,
                "lanes": lanes,
                "substitutes": replaced,
            },
            "credit": {"customers": list(self.credit.values())},
            "tax": {
                "rates": [{"region": region, "rate": rate} for region, (_, rate) in REGIONS.items()],
                "certificates": self.certificates,
            },
            "pricing": {
                "items": [
                    {"item": name, "cost": data["standard_cost"], "packs": {"CS": "12"}}
                    for name, data in self.items.items()
                ],
                "rates": [{"currency": "USD", "in_usd": "1"}, {"currency": "EUR", "in_usd": "1.2"}],
                **self.pricing,
            },
            "tms": {**CARRIERS, **self.tms},
            "edi": self.edi,
            "crm": {"accounts": list(self.accounts.values()), "contacts": list(self.contacts.values()), **self.crm},
        }

    _prices: dict[str, tuple[Decimal, Decimal, str]] = field(default_factory=dict)
    _plenty: str | None = None

    def _line(self, line_id: str, item: str, quantity: int) -> Document:
        price, cost, tax_code = self._prices[item]
        return {
            "line_id": line_id,
            "item": item,
            "quantity": str(quantity),
            "unit_price": str(price),
            "unit_cost": str(cost),
            "need_by": self.day(7),
            "product_tax_code": tax_code,
        }


def _plain(value: Any) -> Any:
    return str(value) if isinstance(value, Decimal) else value
