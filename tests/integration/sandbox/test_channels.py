"""Orders from the web shop and the sales desk into the ERP, all on real sockets."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

import pytest

from sandbox.channels.service import ChannelSettings, build
from sandbox.credit.records import CreditSettings
from sandbox.credit.service import build as build_credit
from sandbox.erp.service import ErpSettings
from sandbox.erp.service import build as build_erp
from sandbox.kernel import Peer, in_thread
from tests.integration.sandbox.desk import TOKENS, Desk
from tests.integration.sandbox.erp_stage import NEVER, Document

SITE: Document = {"site_id": "S-1", "region": "NY", "postal_code": "10001"}
ADDRESS: Document = {"street": "5 Main St.", "city": "New York", "region": "NY", "postal_code": "10001"}
CHECKOUT: Document = {
    "reference": "cart-1",
    "customer_id": "C-1",
    "lines": [{"item": "BOLT", "quantity": "10"}],
    "ship_to": SITE,
    "need_by": "2026-12-01",
}
TYPED: Document = {
    "reference": "pad-1",
    "entered_by": "nadia",
    "customer_id": "C-1",
    "po_number": "PO-7",
    "lines": [{"item": "BOLT", "quantity": "10", "as_ordered": {"unit_price": "5.00", "currency": "USD"}}],
    "ship_to": SITE,
    "need_by": "2026-12-01",
}
ITEMS: list[Any] = [{"item": "BOLT", "unit_price": "5.00"}, {"item": "NUT", "unit_price": "1.00", "erp_price": "1.10"}]
CUSTOMERS: list[Any] = [
    {"customer_id": "C-1", "currency": "USD", "limit": "1000", "card_on_file": True},
    {"customer_id": "C-2", "currency": "USD", "limit": "1000"},
]


@dataclass
class Shop:
    """The channels with what is behind them."""

    channels: Desk
    erp: Desk
    erp_admin: Desk
    credit: Desk

    def orders(self) -> list[Document]:
        """Everything in the ERP."""
        found: list[Document] = self.erp.seen("/v1/orders")["items"]
        return found

    def reserved(self) -> list[str]:
        """The states of what was reserved on cards."""
        return [one["status"] for one in self.credit.seen("/v1/payment-authorisations")["items"]]


@pytest.fixture
def shop() -> Iterator[Shop]:
    with ExitStack() as stack:
        credit = CreditSettings(tokens=TOKENS, seed={"customers": CUSTOMERS})
        urls = {"credit": stack.enter_context(in_thread(build_credit(credit)))}
        urls["erp"] = stack.enter_context(in_thread(build_erp(ErpSettings(tokens=TOKENS, ship_after=NEVER))))
        peers = {name: Peer(url=url, token=TOKENS["erp"]) for name, url in urls.items()}
        settings = ChannelSettings(tokens=TOKENS, peers=peers, warehouse="NYC", seed={"items": ITEMS}, retry_after=3)
        here = stack.enter_context(in_thread(build(settings)))
        yield Shop(Desk(here), Desk(urls["erp"]), Desk(urls["erp"], "admin"), Desk(urls["credit"]))


def holds(order: Document) -> list[str]:
    return [hold["code"] for hold in order["holds"]]


def test_a_checkout_is_an_order_at_the_prices_of_the_site(shop: Shop) -> None:
    made = shop.channels.made("/v1/web-orders", CHECKOUT)
    [order] = shop.orders()
    assert (made["order_id"], made["order_status"], made["amount"]) == (order["order_id"], "RELEASED", "50.00")
    assert (order["channel"], order["entered_by"], order["warehouse"]) == ("ECOMMERCE", "web-shop", "NYC")
    assert order["lines"][0]["as_ordered"]["unit_price"] == order["lines"][0]["unit_price"] == "5.00"
    assert shop.channels.seen(f"/v1/web-orders/{made['id']}") == made


def test_a_site_that_shows_an_old_price_gets_its_orders_held(shop: Shop) -> None:
    shop.channels.made("/v1/web-orders", CHECKOUT | {"lines": [{"item": "NUT", "quantity": "10"}]})
    assert [holds(order) for order in shop.orders()] == [["PRICE"]]


def test_a_drop_ship_goes_to_the_address_as_the_buyer_wrote_it(shop: Shop) -> None:
    shop.channels.made("/v1/web-orders", CHECKOUT | {"ship_to": None, "address": ADDRESS})
    [order] = shop.orders()
    assert (order["ship_to"]["site_id"], holds(order)) == ("NEW", ["ADDRESS"])
    kept = shop.erp.seen(f"/v1/orders/{order['order_id']}/address")["address"]
    assert kept["street"] == "5 Main St."
    assert "Main" not in shop.channels.get("/v1/web-orders").text + shop.channels.get("/v1/ledger").text


def test_the_desk_types_in_what_the_customer_wrote_and_may_change_the_price(shop: Shop) -> None:
    lines = [TYPED["lines"][0] | {"unit_price": "4.80"}]
    shop.channels.made("/v1/desk-orders", TYPED | {"lines": lines, "carrier": {"scac": "FXFE"}})
    [order] = shop.orders()
    assert (order["channel"], order["entered_by"], order["po_number"]) == ("INSIDE_SALES", "nadia", "PO-7")
    assert holds(order) == ["PRICE", "CARRIER"]


@pytest.mark.parametrize(("path", "body"), [("/v1/web-orders", CHECKOUT), ("/v1/desk-orders", TYPED)])
@pytest.mark.parametrize("kind", ["ERROR", "DROP", "GARBAGE", "COMMIT_THEN_TIMEOUT", "RETRY_AFTER"])
def test_an_erp_on_a_bad_day_loses_nothing_and_doubles_nothing(
    shop: Shop, path: str, body: Document, kind: str
) -> None:
    shop.erp_admin.fault(kind, "POST /v1/orders", count=1, delay_ms=1)
    failed = shop.channels.post(path, body, key="k")
    assert (failed.status_code, failed.json()["code"]) == (503, "erp_unavailable")
    assert int(failed.headers["Retry-After"]) >= 1
    made = shop.channels.made(path, body, key="k")
    assert shop.channels.made(path, body, key="k") == made
    assert shop.channels.made(path, body, key="another key") == made
    assert [order["order_id"] for order in shop.orders()] == [made["order_id"]]


def test_an_erp_that_knows_no_keys_does_not_double_an_order_either(shop: Shop) -> None:
    shop.erp_admin.fault("NO_IDEMPOTENCY")
    shop.erp_admin.fault("COMMIT_THEN_TIMEOUT", "POST /v1/orders", count=1, delay_ms=1)
    assert shop.channels.post("/v1/web-orders", CHECKOUT).status_code == 503
    shop.channels.made("/v1/web-orders", CHECKOUT)
    assert len(shop.orders()) == 1


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"lines": [{"item": "GOLD", "quantity": "1"}]}, "unknown_item"),
        ({"ship_to": None}, "invalid_request"),
        ({"customer_id": "C 1"}, "invalid_request"),
    ],
)
def test_what_cannot_be_ordered_is_refused_and_leaves_nothing(shop: Shop, changes: Document, code: str) -> None:
    refused = shop.channels.post("/v1/web-orders", CHECKOUT | changes)
    assert (refused.status_code, refused.json()["code"]) == (422, code)
    shop.channels.made("/v1/web-orders", CHECKOUT)
    assert len(shop.orders()) == 1


def test_what_the_erp_refuses_is_said_as_it_is_and_can_be_mended(shop: Shop) -> None:
    shop.erp_admin.fault("ERROR", "POST /v1/orders", count=1, status=422)
    card = CHECKOUT | {"payment": "CARD"}
    refused = shop.channels.post("/v1/web-orders", card)
    assert (refused.status_code, refused.json()["detail"][:4]) == (422, "erp:")
    assert shop.reserved() == ["CANCELLED"]
    shop.channels.made("/v1/web-orders", card | {"lines": [{"item": "BOLT", "quantity": "9"}]})
    assert shop.reserved() == ["CANCELLED", "ACTIVE"]
    assert [order["lines"][0]["quantity"] for order in shop.orders()] == ["9"]


def test_a_card_is_reserved_once_before_the_order_is_sent_on(shop: Shop) -> None:
    card = CHECKOUT | {"payment": "CARD"}
    shop.erp_admin.fault("ERROR", "POST /v1/orders", count=1, status=503)
    assert shop.channels.post("/v1/web-orders", card).status_code == 503
    shop.channels.made("/v1/web-orders", card)
    assert shop.reserved() == ["ACTIVE"]
    without = card | {"reference": "cart-2", "customer_id": "C-2"}
    refused = shop.channels.post("/v1/web-orders", without)
    assert 400 <= refused.status_code < 500
    assert [order["customer_id"] for order in shop.orders()] == ["C-1"]


def test_a_reference_is_that_of_one_order(shop: Shop) -> None:
    shop.channels.made("/v1/web-orders", CHECKOUT)
    other = shop.channels.post("/v1/web-orders", CHECKOUT | {"need_by": "2026-12-02"})
    assert (other.status_code, other.json()["code"]) == (422, "reference_reused")
