"""Purchase orders from the ERP to the supplier portal, both on real sockets."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import pytest

from sandbox.erp.service import ErpSettings
from sandbox.erp.service import build as build_erp
from sandbox.kernel import Peer, in_thread
from sandbox.suppliers.records import SupplierSettings
from sandbox.suppliers.service import build
from tests.integration.sandbox.desk import TOKENS, Desk, eventually
from tests.integration.sandbox.erp_stage import LEGAL, NEVER, Document, order

PURCHASE: Document = {
    "reference": "buy",
    "order_id": "SO-1",
    "line_id": "1",
    "item": "BOLT",
    "quantity": "10",
    "supplier": "ACME",
    "unit_cost": "2.00",
    "drop_ship": True,
    "due_on": "2026-12-01",
}
EXPEDITE: Document = {"reference": "sooner", "purchase_order": "PO-77", "due_on": "2026-11-28", "cost": "40"}


@dataclass
class Trade:
    """Both sides of a purchase."""

    erp: Desk
    portal: Desk
    supplier: Desk

    def bought(self) -> Document:
        return self.erp.made("/v1/purchase-orders", PURCHASE)

    def arrived(self, collection: str = "purchase-orders") -> Document:
        """What the portal has as soon as it has it."""
        found = eventually(lambda: self.portal.seen(f"/v1/{collection}")["items"])
        first: Document = found[0]
        return first

    def answered(self, **by_hand: str) -> Document:
        number = self.arrived()["number"]
        return self.supplier.made(f"/admin/purchase-orders/{number}/acknowledgement", by_hand)


@contextmanager
def trading(acknowledge_after: float = NEVER) -> Iterator[Trade]:
    seed = {"suppliers": [{"supplier": "ACME", "answer": "CHANGED", "days_later": 5}]}
    portal = SupplierSettings(tokens=TOKENS, acknowledge_after=acknowledge_after, seed=seed)
    with in_thread(build(portal)) as there:
        peers = {"suppliers": Peer(url=there, token=TOKENS["erp"])}
        with in_thread(build_erp(ErpSettings(tokens=TOKENS, ship_after=NEVER, peers=peers))) as here:
            trade = Trade(Desk(here), Desk(there), Desk(there, "admin"))
            trade.erp.made("/v1/orders", order(extra_holds=[LEGAL]))
            yield trade


@pytest.fixture
def trade() -> Iterator[Trade]:
    with trading() as trade:
        yield trade


def cancelled(trade: Trade, bought: Document, collection: str = "purchase-orders") -> int:
    body = {"reference": "undo", "reason": "a test"}
    return trade.erp.post(f"/v1/{collection}/{bought['id']}/cancel", body).status_code


def test_a_purchase_order_reaches_its_supplier_who_answers_after_a_while() -> None:
    with trading(acknowledge_after=0) as trade:
        number = trade.bought()["number"]
        eventually(lambda: trade.arrived()["acknowledgement"] != "OPEN")
        there = trade.arrived()
    assert (there["number"], there["acknowledgement"], there["confirmed_on"]) == (number, "CHANGED", "2026-12-06")


def test_what_the_supplier_has_not_answered_is_taken_back_on_both_sides(trade: Trade) -> None:
    bought = trade.bought()
    trade.arrived()
    assert cancelled(trade, bought) == 200
    eventually(lambda: trade.arrived()["status"] == "CANCELLED")
    assert trade.portal.effects() == ["purchase-orders.create", "purchase-orders.cancel"]


@pytest.mark.parametrize(("answer", "status"), [("ACCEPTED", 409), ("CHANGED", 409), ("REJECTED", 200)])
def test_what_the_supplier_has_taken_on_is_not_taken_back(trade: Trade, answer: str, status: int) -> None:
    bought = trade.bought()
    assert trade.answered(answer=answer)["acknowledgement"] == answer
    assert cancelled(trade, bought) == status
    assert trade.erp.seen(f"/v1/purchase-orders/{bought['id']}")["status"] == (
        "ACTIVE" if status == 409 else "CANCELLED"
    )


def test_a_portal_that_is_down_gets_its_orders_when_it_is_back(trade: Trade) -> None:
    trade.supplier.fault("ERROR", "POST /v1/purchase-orders", count=1, status=503)
    trade.supplier.fault("COMMIT_THEN_TIMEOUT", "POST /v1/purchase-orders", count=1, delay_ms=1)
    bought = trade.bought()
    assert trade.arrived()["reference"] == bought["id"]
    assert cancelled(trade, bought) == 200
    eventually(lambda: trade.arrived()["status"] == "CANCELLED")
    assert trade.portal.effects() == ["purchase-orders.create", "purchase-orders.cancel"]


def test_a_purchase_order_is_kept_while_nobody_can_say_whether_it_may_be_cancelled(trade: Trade) -> None:
    bought = trade.bought()
    trade.arrived()
    trade.supplier.fault("ERROR", "GET /v1/purchase-orders", status=503)
    refused = trade.erp.post(f"/v1/purchase-orders/{bought['id']}/cancel", {"reference": "undo"})
    assert refused.status_code == 503
    assert refused.headers["Retry-After"] == "2"
    trade.supplier.http.delete("/admin/faults")
    assert cancelled(trade, bought) == 200


def test_an_expedite_request_is_passed_on_and_taken_back(trade: Trade) -> None:
    made = trade.erp.made("/v1/purchase-order-changes", EXPEDITE)
    assert trade.arrived("expedites")["due_on"] == "2026-11-28"
    assert cancelled(trade, made, "purchase-order-changes") == 200
    eventually(lambda: trade.arrived("expedites")["status"] == "CANCELLED")
