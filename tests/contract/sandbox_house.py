"""The sandbox's services as a house."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

import httpx
from pydantic import SecretStr

from activities.connectors.credit import HttpCredit
from activities.connectors.erp import HttpErp
from activities.connectors.http import SystemClient
from activities.connectors.pricing import HttpPricing
from activities.connectors.settings import System
from activities.connectors.stock import HttpStock
from tests.contract.house import Ports, Workers
from tests.integration.activities.enterprise import CUSTOMER, Enterprise
from tests.integration.sandbox.desk import TOKENS


class SandboxHouse:
    """Every effect is in the ledger of its service."""

    name = "sandbox"
    refuses: frozenset[str] = frozenset()

    def __init__(self, world: Enterprise) -> None:
        self._world = world
        self._workers = Workers(lambda transport: sandbox_ports(self.address(), transport))

    def ports(self, transport: httpx.AsyncBaseTransport | None = None) -> Ports:
        return self._workers.ports(transport)

    def held_order(self) -> str:
        return str(self._world.held_order()["order_id"])

    def other_order(self) -> str:
        return self.held_order()

    def meddle(self, order_id: str) -> None:
        self._world.desk("erp", "admin").made(f"/admin/orders/{order_id}/change", {"freight": "99"})

    def mend(self, order_id: str) -> None:
        admin = self._world.desk("erp", "admin")
        for hold in admin.seen(f"/v1/orders/{order_id}")["holds"]:
            admin.http.delete(f"/admin/orders/{order_id}/holds/{hold['hold_id']}").raise_for_status()

    def owed(self, order_id: str) -> Decimal:
        page = self._world.desk("erp").seen("/v1/orders", limit=500)
        family = [one for one in page["items"] if order_id in (one["order_id"], one.get("parent_order_id"))]
        alive = [one for one in family if one["status"] != "CANCELLED"]
        lines = [line for one in alive for line in one["lines"] if line["status"] != "CANCELLED"]
        return sum((Decimal(line["quantity"]) for line in lines), Decimal(0))

    def set_aside(self, order_id: str) -> Decimal:
        page = self._world.desk("wms").seen("/v1/reservations", order_id=order_id, status="ACTIVE")
        return sum((Decimal(one["quantity"]) for one in page["items"]), Decimal(0))

    def released(self, order_id: str) -> int:
        return self._world.desk("erp").effects(order_id=order_id).count("orders.release")

    def is_cancelled(self, order_id: str) -> bool:
        return bool(self._world.desk("erp").seen(f"/v1/orders/{order_id}")["status"] == "CANCELLED")

    def words(self) -> dict[str, str]:
        names = {"item": "PUMP", "other_item": "PUMP-2", "far": "WEST", "home": "EAST", "site": "S-2"}
        return {**names, "customer": CUSTOMER, "scac": "FXFE", "service": "ECONOMY", "freight": "18", "limit": "60000"}

    def address(self) -> dict[str, str]:
        return {name: self._world.urls[name] for name in ("erp", "wms", "credit", "pricing")}


def sandbox_ports(urls: Mapping[str, str], transport: httpx.AsyncBaseTransport | None) -> Ports:
    """Connectors to the sandbox at these addresses."""

    def client(name: str) -> SystemClient:
        return SystemClient(name, System(url=urls[name], token=SecretStr(TOKENS["holdfast"])), transport)

    return Ports(
        HttpErp(client("erp")), HttpStock(client("wms")), HttpCredit(client("credit")), HttpPricing(client("pricing"))
    )
