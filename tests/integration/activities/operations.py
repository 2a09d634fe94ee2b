"""Every step that a plan may have: its activity, the one that undoes it, and where its effect can be seen."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from pydantic import JsonValue

from activities.connectors.credit import HttpCredit
from activities.connectors.erp import HttpErp
from activities.connectors.pricing import HttpPricing
from activities.connectors.stock import HttpStock
from activities.credit import CreditActivities
from activities.erp import ErpActivities
from activities.pricing import PricingActivities
from activities.tax import TaxActivities
from activities.tms import TmsActivities
from activities.wms import WmsActivities
from domain.calls import StepCall, StepResult, UndoCall
from tests.integration.activities.enterprise import CUSTOMER, Enterprise, day

Step = Callable[[StepCall], Awaitable[StepResult]]
Undo = Callable[[UndoCall], Awaitable[StepResult]]


@dataclass(frozen=True)
class Operation:
    """A step. `shows` says whether somebody who reads the system's facts sees a difference."""

    activity: str
    undo: str
    collection: str
    arguments: dict[str, JsonValue]
    names_order: bool = True
    shows: bool = True

    def __str__(self) -> str:
        return self.activity

    @property
    def system(self) -> str:
        """Whose operation it is."""
        return self.activity.partition(".")[0]

    @property
    def path(self) -> str:
        """What the sandbox calls it in a fault."""
        return f"POST /v1/{self.collection}"

    def arguments_for(self, order: dict[str, Any]) -> dict[str, JsonValue]:
        """The arguments as a playbook would give them for that order."""
        return {**self.arguments, **({"order_id": order["order_id"]} if self.names_order else {})}

    def step(self, world: Enterprise) -> Step:
        """The activity."""
        found: Step = getattr(_group(self.system, world), self.activity.partition(".")[2])
        return found

    def undoing(self, world: Enterprise) -> Undo:
        """The activity that undoes it."""
        found: Undo = getattr(_group(self.system, world), self.undo)
        return found


class Correction(Operation):
    """A correction of a price record. Every order has one of its own, so that none is at another version by now."""

    def arguments_for(self, order: dict[str, Any]) -> dict[str, JsonValue]:
        """The arguments, with that order's record."""
        return {**self.arguments, "record_id": f"PR-{order['order_id']}"}


def _group(system: str, world: Enterprise) -> object:
    client = world.client(system)
    groups: dict[str, Callable[[], object]] = {
        "erp": lambda: ErpActivities(HttpErp(client)),
        "wms": lambda: WmsActivities(HttpStock(client)),
        "credit": lambda: CreditActivities(HttpCredit(client)),
        "tax": lambda: TaxActivities(client),
        "tms": lambda: TmsActivities(client),
        "pricing": lambda: PricingActivities(HttpPricing(client)),
    }
    return groups[system]()


def _amendment(kind: str, **arguments: JsonValue) -> Operation:
    return Operation(f"erp.{kind}", "reverse_amendment", "amendments", arguments, names_order=False)


_CREDIT: dict[str, JsonValue] = {"customer_id": CUSTOMER, "currency": "USD"}
_STOCK: dict[str, JsonValue] = {"item": "PUMP", "quantity": "10"}

_LOAD: dict[str, JsonValue] = {"customer_id": CUSTOMER, "warehouse": "EAST", "weight_kg": "15", "hazmat": False}
_TENDER: dict[str, JsonValue] = {
    **_LOAD,
    "scac": "UPSN",
    "service": "GROUND",
    "site_id": "S-1",
    "region": "TX",
    "temperatures": ["AMBIENT"],
    "lift_gate": False,
    "pickup_on": day(1),
    "freight_terms": "PREPAID",
    "account": None,
    "cost": "24.00",
}

OPERATIONS = [
    Operation("credit.release", "reblock", "releases", {**_CREDIT, "amount": "1500", "valid_until": day(7)}),
    Operation(
        "credit.raise_limit",
        "restore_limit",
        "limit-changes",
        {**_CREDIT, "limit": "60000", "valid_until": day(7)},
        names_order=False,
    ),
    Operation("credit.authorise_payment", "void_payment", "payment-authorisations", {**_CREDIT, "amount": "1500"}),
    Operation(
        "credit.create_payment_link",
        "cancel_payment_link",
        "payment-links",
        {**_CREDIT, "amount": "1500", "expires_at": day(3)},
        shows=False,
    ),
    Operation(
        "wms.reserve",
        "unreserve",
        "reservations",
        {**_STOCK, "line_id": "1", "warehouse": "EAST", "kind": "HARD", "available_on": None},
    ),
    Operation(
        "wms.create_transfer", "cancel_transfer", "transfers", {**_STOCK, "origin": "WEST", "destination": "EAST"}
    ),
    Operation(
        "wms.reallocate",
        "restore_allocation",
        "reallocations",
        {**_STOCK, "line_id": "1", "warehouse": "EAST", "from_order_id": "SO-OTHER"},
    ),
    _amendment("set_tax", lines={"1": "82.50"}, freight_tax="0", basis="engine", true_up=False),
    _amendment("set_promise", lines={"1": day(9)}),
    _amendment("split_line", line_id="1", now="6", later="4", later_on=day(9)),
    _amendment("assign_sources", line_id="1", sources=[{"warehouse": "WEST", "quantity": "10"}]),
    _amendment("substitute_line", line_id="1", item="PUMP-2", unit_price="95", unit_cost="55"),
    _amendment("cancel_line", line_id="2"),
    _amendment("split_order", keep={"1": "10"}),
    _amendment("set_price", lines={"1": {"unit_price": "98.50"}}, basis="CONTRACT"),
    _amendment("set_ship_to", site_id="S-2", region="TX", postal_code="75201-1234", country="US", basis="ZIP_SUFFIX"),
    _amendment(
        "set_carrier",
        scac="FXFE",
        service="ECONOMY",
        freight_terms="PREPAID",
        account=None,
        freight="18",
        basis="GUIDE",
    ),
    _amendment("set_purchase_order", po_number="PO-7", release_number="2"),
    _amendment("add_quantities", lines={"1": "3"}),
    _amendment(
        "add_lines", lines=[{"line_id": "9", "item": "PUMP", "quantity": "3", "unit_price": "100", "need_by": day(7)}]
    ),
    _amendment("confirm_item", line_id="2", item="PUMP-2", unit="EA"),
    Operation("erp.merge_into", "unmerge", "merges", {"version": 1, "add_quantities": {"1": "3"}}),
    Operation(
        "erp.cancel_other_order", "reinstate_other_order", "supersessions", {"version": 1, "reason_code": "REPLACE_OLD"}
    ),
    Operation(
        "erp.create_purchase_order",
        "cancel_purchase_order",
        "purchase-orders",
        {
            "line_id": "1",
            "item": "PUMP",
            "quantity": "10",
            "supplier": "ACME",
            "unit_cost": "70",
            "drop_ship": True,
            "due_on": day(5),
        },
        shows=False,
    ),
    Operation(
        "erp.expedite_purchase_order",
        "restore_purchase_order",
        "purchase-order-changes",
        {"purchase_order": "PO-77", "due_on": day(2), "cost": "50"},
        names_order=False,
        shows=False,
    ),
    Operation("tms.tender", "cancel_tender", "tenders", _TENDER),
    Operation("tms.book_pickup", "cancel_pickup", "pickups", {**_LOAD, "ready_on": day(1)}),
    Operation(
        "tax.override", "void_override", "overrides", {"lines": {"1": "1.00"}, "basis": "ruling", "quote_id": "q"}
    ),
    Operation("tax.link_certificate", "unlink_certificate", "certificate-links", {"certificate_id": "CERT-1"}),
    Operation(
        "tax.request_certificate",
        "withdraw_certificate_request",
        "certificate-requests",
        {"customer_id": CUSTOMER, "region": "TX"},
        shows=False,
    ),
    Correction(
        "pricing.correct_record",
        "restore_record",
        "price-corrections",
        {
            "record_version": 1,
            "prices": {"currency": "USD", "breaks": [{"unit_price": "98.50"}]},
            "basis": "contract K-1 version 1",
        },
    ),
]
