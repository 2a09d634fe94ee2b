"""The sandbox's services on real sockets, seen from both sides: our activities, and the books of the enterprise."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from pydantic import JsonValue

from activities.connectors.http import SystemClient
from domain.calls import CaseRef, FactCall, ReleaseResolution, StepCall, UndoCall
from domain.facts.fact import FactRequest
from domain.money import Money
from sandbox.credit.records import CreditSettings
from sandbox.credit.service import build as build_credit
from sandbox.crm.service import build as build_crm
from sandbox.erp.service import ErpSettings
from sandbox.erp.service import build as build_erp
from sandbox.kernel import Service, Settings
from sandbox.kernel.serve import in_thread
from sandbox.kernel.settings import Peer
from sandbox.pricing.service import build as build_pricing
from sandbox.tax.records import TaxSettings
from sandbox.tax.service import build as build_tax
from sandbox.tms.records import TmsSettings
from sandbox.tms.service import build as build_tms
from sandbox.wms.service import build as build_wms
from tests.integration.sandbox.desk import TOKENS, Desk
from tests.unit.activities.patience import connector

CUSTOMER = "C-1"
ADDRESS = "jane.doe@private.example"
TODAY = datetime.now(UTC).date()

_numbers = itertools.count(1)


def day(days: int) -> str:
    """A day from today."""
    return (TODAY + timedelta(days=days)).isoformat()


def price_record(number: int) -> dict[str, JsonValue]:
    """A price record for each order that these tests can have: records change, and their versions grow."""
    prices: JsonValue = {"currency": "USD", "breaks": [{"unit_price": "100"}]}
    return {"record_id": f"PR-SO-{number}", "item": f"PUMP-SO-{number}", "customer_id": CUSTOMER, "prices": prices}


SEEDS: dict[str, dict[str, JsonValue]] = {
    "erp": {"items": [{"item": "PUMP", "standard_cost": "60", "criticality": "HIGH"}]},
    "wms": {
        "warehouses": [{"warehouse": "EAST", "region": "NJ"}, {"warehouse": "WEST", "region": "NV"}],
        "positions": [
            {
                "warehouse": "EAST",
                "item": "PUMP",
                "on_hand": "1000",
                "hard_allocated": "100",
                "allocations": [
                    {"order_id": "SO-OTHER", "needed_on": day(5), "quantity": "100", "reallocatable": True}
                ],
            },
            {"warehouse": "WEST", "item": "PUMP", "on_hand": "1000"},
        ],
        "lanes": [{"origin": "WEST", "destination": "EAST", "days": 4, "cost": "180"}],
    },
    "credit": {
        "customers": [
            {
                "customer_id": CUSTOMER,
                "currency": "USD",
                "open_receivables": "80000",
                "limit": "50000",
                "card_on_file": True,
            }
        ]
    },
    "tax": {
        "rates": [{"region": "TX", "product_tax_code": "*", "rate": "0.0825"}],
        "certificates": [
            {
                "customer_id": CUSTOMER,
                "certificate_id": "CERT-1",
                "region": "TX",
                "valid_from": day(-300),
                "valid_to": day(300),
                "use": "RESALE",
            }
        ],
    },
    "tms": {
        "carrier-services": [{"scac": "UPSN", "service": "GROUND", "carrier": "United Parcel"}],
        "rates": [
            {"scac": "UPSN", "service": "GROUND", "per_shipment": "9", "per_kg": "1", "transit_days": 2},
        ],
        "collection-sites": [{"warehouse": "EAST", "days": [1, 2, 3, 4, 5, 6, 7]}],
    },
    "crm": {
        "accounts": [{"customer_id": CUSTOMER, "segment": "A"}],
        "contacts": [{"customer_id": CUSTOMER, "email": ADDRESS, "name": "Jane Doe"}],
    },
    "pricing": {
        "items": [{"item": "PUMP", "cost": "60"}],
        "price-records": [price_record(number) for number in range(1, 1000)],
    },
}


@dataclass
class Enterprise:
    """Where the services are, and they themselves."""

    urls: dict[str, str] = field(default_factory=dict)
    services: dict[str, Service] = field(default_factory=dict)
    _desks: dict[tuple[str, str], Desk] = field(default_factory=dict)

    def client(self, name: str) -> SystemClient:
        """Our connector to a service, which gives up when that has fallen silent."""
        service = self.services.get(name)
        return connector(
            name, self.urls[name], TOKENS["holdfast"], lambda: service.faults.silent_over if service else 0
        )

    def desk(self, name: str, client: str = "holdfast") -> Desk:
        """Another caller of it."""
        if (name, client) not in self._desks:
            self._desks[name, client] = Desk(self.urls[name], client)
        return self._desks[name, client]

    def misbehave(self, name: str, kind: str, operation: str, count: int | None = 1, **fault: Any) -> None:
        """Have a service fail."""
        self.desk(name, "admin").fault(kind, operation, count=count, **fault)

    def effects(self, name: str, reference: str) -> list[str]:
        """The operations in the ledger of a service that have that reference."""
        return self.desk(name).effects(reference=reference)

    def held_order(self, *codes: str, hold_class: str = "SYSTEM") -> dict[str, Any]:
        """A new order of ten and five pumps, held by credit management and for these reasons."""
        order_id = f"SO-{next(_numbers)}"
        holds = [{"code": code, "hold_class": hold_class} for code in codes]
        line = {"item": "PUMP", "unit_price": "100", "unit_cost": "60", "need_by": day(7)}
        entry = {
            "order_id": order_id,
            "customer_id": CUSTOMER,
            "po_number": f"PO-{order_id}",
            "currency": "USD",
            "entered_by": "nadia",
            "need_by": day(7),
            "carrier_cutoff": (datetime.now(UTC) + timedelta(hours=9)).isoformat(),
            "warehouse": "EAST",
            "ship_to": {"site_id": "S-1", "region": "TX", "postal_code": "75201"},
            "lines": [{**line, "line_id": "1", "quantity": "10"}, {**line, "line_id": "2", "quantity": "5"}],
            "extra_holds": holds,
        }
        return self.desk("erp").made("/v1/orders", entry)


@contextmanager
def enterprise() -> Iterator[Enterprise]:
    """All the services.

    The ERP asks credit management only, which finds that the customer owes too much: every order is held, also one that
    was split off.
    """
    common: dict[str, Any] = {"tokens": TOKENS}
    with ExitStack() as stack:
        services = {
            "wms": build_wms(Settings(**common, seed=SEEDS["wms"])),
            "credit": build_credit(CreditSettings(**common, seed=SEEDS["credit"])),
            "tax": build_tax(TaxSettings(**common, seed=SEEDS["tax"])),
            "tms": build_tms(TmsSettings(**common, seed=SEEDS["tms"])),
            "crm": build_crm(Settings(**common, seed=SEEDS["crm"])),
            "pricing": build_pricing(Settings(**common, seed=SEEDS["pricing"])),
        }
        urls = {name: stack.enter_context(in_thread(service)) for name, service in services.items()}
        peers = {"credit": Peer(url=urls["credit"], token=TOKENS["erp"])}
        services["erp"] = build_erp(ErpSettings(**common, seed=SEEDS["erp"], peers=peers, ship_after=3600))
        urls["erp"] = stack.enter_context(in_thread(services["erp"]))
        yield Enterprise(urls, services)


def case_of(order_id: str) -> CaseRef:
    """The case of an order."""
    return CaseRef(tenant="acme", order_id=order_id, workflow_id=f"order-exception/acme/{order_id}")


def fact_call(order_id: str, activity: str, /, **arguments: JsonValue) -> FactCall:
    """A question as a playbook asks it."""
    system, _, operation = activity.partition(".")
    request = FactRequest(name=operation, system=system, operation=operation, arguments=arguments)
    return FactCall(case=case_of(order_id), request=request)


def step_call(order: dict[str, Any], arguments: dict[str, JsonValue], *, again: bool = False) -> StepCall:
    """A step decided on the order as it is there. Every call of an order has the same key."""
    return StepCall(
        case=case_of(order["order_id"]),
        order_version=order["version"],
        step_id="step",
        arguments=arguments,
        idempotency_key=f"hf-{order['order_id']}",
        reason="inside the tolerance",
        decided_by="system:policy",
        may_have_happened=again,
    )


def undo_call(call: StepCall) -> UndoCall:
    """The reverse of a step."""
    key = call.idempotency_key
    return UndoCall(
        case=call.case, step_id=call.step_id, reference=key, idempotency_key=f"{key}-undo", reason="a later step failed"
    )


def resolutions(order: dict[str, Any], decided_by: str = "carla") -> dict[str, JsonValue]:
    """The arguments of a pivot, with a resolution for every hold."""
    found: list[JsonValue] = [
        ReleaseResolution(
            hold_id=hold["hold_id"],
            resolution="RELEASE_ONCE",
            reason="inside the tolerance",
            decided_by=decided_by,
            role=None,
            amount=Money(amount=100, currency="USD"),
            policy_version="1",
        ).model_dump(mode="json")
        for hold in order["holds"]
    ]
    return {"resolutions": found, "reason_code": "CREDIT"}
