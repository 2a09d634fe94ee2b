"""Customers with sites, of which one is on a list. All addresses are invented."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from pydantic import JsonValue

CUSTOMERS = ("C-20", "C-21")
DOOR = {"street": "12 N QUARRY ST", "city": "NEWARK", "region": "NJ", "postal_code": "07102"}
YARD = {"street": "740 HARBOR AVE", "city": "CAMDEN", "region": "NJ", "postal_code": "08102"}
BOX = {"street": "PO BOX 31", "city": "NEWARK", "region": "NJ", "postal_code": "07102"}
SHIP_TO = {"site_id": "S-1", "region": "NJ", "postal_code": "07102"}


def _delivered(customer_id: str, site_id: str, days: int) -> dict[str, JsonValue]:
    day = (datetime.now(UTC).date() - timedelta(days=days)).isoformat()
    return {"customer_id": customer_id, "site_id": site_id, "order_id": f"SO-{days}", "delivered_on": day}


def _site(customer_id: str, site_id: str, address: dict[str, str], recipient: str) -> dict[str, JsonValue]:
    return {**address, "customer_id": customer_id, "site_id": site_id, "recipient": recipient}


SEED: dict[str, JsonValue] = {
    "sites": [
        *(_site(name, "S-1", DOOR, f"Receiving of {name}") for name in CUSTOMERS),
        *(_site(name, "S-2", YARD, "Harbor Yard") for name in CUSTOMERS),
    ],
    "deliveries": [_delivered(name, site, 40) for name in CUSTOMERS for site in ("S-1", "S-2")],
    "denied-parties": [{"name": "Receiving of C-21", "list_name": "SDN"}],
}
