"""A lane from EAST to New Jersey with three services, and three customers who are served differently.

C-6 has a routing guide, C-7 none at all, and C-8 pays with an account.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from pydantic import JsonValue

_EVERY_DAY: JsonValue = [1, 2, 3, 4, 5, 6, 7]
_TODAY = datetime.now(UTC).date()
CUSTOMERS = ("C-6", "C-7", "C-8")


def _service(scac: str, service: str, **more: JsonValue) -> dict[str, JsonValue]:
    return {"scac": scac, "service": service, "carrier": f"Carrier {scac}", "delivery_days": _EVERY_DAY, **more}


def _rate(scac: str, service: str, cost: str, days: int) -> dict[str, JsonValue]:
    return {"scac": scac, "service": service, "per_shipment": cost, "transit_days": days}


def _account(scac: str, number: str, valid_to: int) -> dict[str, JsonValue]:
    dates: dict[str, JsonValue] = {
        "valid_from": (_TODAY - timedelta(days=100)).isoformat(),
        "valid_to": (_TODAY + timedelta(days=valid_to)).isoformat(),
    }
    return {"customer_id": "C-8", "scac": scac, "terms": "COLLECT", "account": number, **dates}


SEED: dict[str, Any] = {
    "carrier-services": [
        _service("UPSN", "GROUND"),
        _service("FXFE", "ECONOMY", hazmat=True, temperatures=["AMBIENT", "CHILLED", "FROZEN"]),
        _service("UPSN", "AIR", expedited=True),
    ],
    "rates": [
        _rate("UPSN", "GROUND", "40", 3),
        _rate("FXFE", "ECONOMY", "55", 3),
        _rate("UPSN", "AIR", "140", 1),
    ],
    "cut-offs": [
        {"warehouse": "EAST", "scac": scac, "cut_off": "23:59:59.999999", "days": _EVERY_DAY}
        for scac in ("UPSN", "FXFE")
    ],
    "sites": [{"site_id": "S-1", "dock": {"days": _EVERY_DAY}}],
    "routing-guides": [{"customer_id": "C-6", "scac": "FXFE", "service": "ECONOMY"}],
    "carrier-accounts": [_account("UPSN", "A-UPSN", -1), _account("FXFE", "A-FXFE", 100)],
    "collection-sites": [{"warehouse": "EAST", "days": _EVERY_DAY}],
}
