"""A live Tryton as a house. What is true is read from its own records."""

from __future__ import annotations

import itertools
from datetime import timedelta
from decimal import Decimal

import httpx
from pydantic import SecretStr

from activities.connectors.settings import System, TrytonTerms
from activities.connectors.tryton.client import TrytonClient
from activities.connectors.tryton.credit import TrytonCredit
from activities.connectors.tryton.erp import TrytonErp
from activities.connectors.tryton.pricing import TrytonPricing
from activities.connectors.tryton.stock import TrytonStock
from sandbox.tryton.clerk import Clerk
from sandbox.tryton.seed import CARRIERS, OURS
from sandbox.tryton.server import DATABASE, PASSWORDS, Tryton
from tests.contract.house import Ports, Workers

LIST_PRICE = "100"
_numbers = itertools.count(1)


class TrytonHouse:
    """Its people sell, and look at what became of it."""

    name = "tryton"
    refuses = frozenset(
        {
            "erp.set_tax",
            "erp.create_purchase_order",
            "erp.expedite_purchase_order",
            "wms.reallocate",
            "credit.authorise_payment",
            "credit.create_payment_link",
            "pricing.correct_record",
            "the carrier's account",
            "another freight than the carrier's",
            "new lines on a released order",
        }
    )

    def __init__(self, tryton: Tryton) -> None:
        self._tryton = tryton
        self.clerk = Clerk(tryton.desk())
        self._logged_in: TrytonClient | None = None
        self._workers = Workers(self._make)
        self._site: str | None = None

    def ports(self, transport: httpx.AsyncBaseTransport | None = None) -> Ports:
        return self._workers.ports(transport)

    def _make(self, transport: httpx.AsyncBaseTransport | None) -> Ports:
        client = tryton_client(self._tryton.url, transport)
        if self._logged_in is not None:
            # a password takes Tryton a while to check, and every worker of these tests would log in
            for name in ("_session", "_user_id", "_company"):
                setattr(client, name, getattr(self._logged_in, name))
        self._logged_in = self._logged_in or client
        return tryton_ports(client)

    def held_order(self) -> str:
        """Quoted, with a price that is not the list's."""
        sale = self.clerk.sell("C-100", [("PUMP", 10, "90"), ("VALVE", 5, "40")], self._reference())
        self.clerk.press(sale, "quote")
        return f"sale-{sale}"

    def other_order(self) -> str:
        sale = self.clerk.sell("C-100", [("PUMP", 10, LIST_PRICE), ("VALVE", 5, "40")], self._reference())
        self.clerk.press(sale, "quote")
        return f"sale-{sale}"

    def meddle(self, order_id: str) -> None:
        """A line alone: the sale's own row does not show it."""
        self.clerk.note_on_line(_id(order_id), "customer called")

    def mend(self, order_id: str) -> None:
        """The price is the list's again."""
        sale = _id(order_id)
        self.clerk.press(sale, "draft")
        self.clerk.reprice(sale, LIST_PRICE)
        self.clerk.press(sale, "quote")

    def owed(self, order_id: str) -> Decimal:
        return self.clerk.owed(_id(order_id))

    def set_aside(self, order_id: str) -> Decimal:
        return self.clerk.set_aside(order_id)

    def released(self, order_id: str) -> int:
        return self.clerk.shipments(_id(order_id))

    def is_cancelled(self, order_id: str) -> bool:
        return self.owed(order_id) == 0

    def words(self) -> dict[str, str]:
        names = {"item": "PUMP", "other_item": "MOTOR", "far": "WEST", "home": "EAST"}
        if self._site is None:
            self._site = str(self.clerk.addresses("C-100")[1])
        freight = {"scac": "FXFE", "service": "ECONOMY", "freight": CARRIERS["FXFE", "ECONOMY"]}
        return {**names, **freight, "site": self._site, "customer": "C-100", "limit": "200000000"}

    def address(self) -> dict[str, str]:
        return {"tryton": self._tryton.url}

    def _reference(self) -> str:
        return f"PO-{next(_numbers)}-{self._tryton.port}"


def _id(order_id: str) -> int:
    return int(order_id.removeprefix("sale-"))


def tryton_client(url: str, transport: httpx.AsyncBaseTransport | None) -> TrytonClient:
    """Our user there. The machine may be slow: what is too slow for a case is no matter here."""
    terms = TrytonTerms(database=DATABASE, user=OURS, drafts_after=timedelta(0))
    system = System(
        url=url,
        token=SecretStr(PASSWORDS[OURS]),
        answer_within=timedelta(seconds=120),
        connect_within=timedelta(seconds=30),
    )
    return TrytonClient(system, terms, transport)


def tryton_ports(client: TrytonClient) -> Ports:
    """All four ports on one Tryton."""
    return Ports(TrytonErp(client), TrytonStock(client), TrytonCredit(client), TrytonPricing(client))
