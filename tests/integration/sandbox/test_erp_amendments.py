from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import pytest

from domain.order import LineStatus, Order, OrderStatus
from tests.integration.sandbox.desk import eventually
from tests.integration.sandbox.erp_stage import Document, Stage, line, order, position

LINES = (line("1", tax_in_erp="5.00"), line("2", "NUT", "7", tax_in_erp="3.33"), line("10", "NUT", "1"))
Check = Callable[[Order, Document], bool]

KINDS: dict[str, tuple[Document, Check]] = {
    "set_tax": (
        {"lines": {"1": "4.20"}, "freight_tax": "1.10", "basis": "ENGINE", "true_up": True},
        lambda order, raw: order.line("1").tax_in_erp == Decimal("4.20") and raw["freight_tax"] == "1.10",
    ),
    "set_promise": (
        {"lines": {"1": "2026-12-05", "2": "2026-12-06"}},
        lambda order, _: str(order.line("2").promised_on) == "2026-12-06",
    ),
    "split_line": (
        {"line_id": "2", "now": "4", "later": "3", "later_on": "2026-12-20"},
        lambda order, _: (
            order.line("2").quantity == 4
            and order.line("2-2").status is LineStatus.BACKORDERED
            and order.line("2").tax_in_erp + order.line("2-2").tax_in_erp == Decimal("3.33")
        ),
    ),
    "assign_sources": (
        {"line_id": "1", "sources": [{"warehouse": "NYC", "quantity": "6"}, {"warehouse": "RNO", "quantity": "4"}]},
        lambda _, raw: [source["warehouse"] for source in raw["lines"][0]["sources"]] == ["NYC", "RNO"],
    ),
    "substitute_line": (
        {"line_id": "1", "item": "SCREW", "unit_price": "4.50", "unit_cost": "2.00"},
        lambda order, raw: order.line("1").item == "SCREW" and raw["lines"][0]["original_item"] == "BOLT",
    ),
    "cancel_line": ({"line_id": "2"}, lambda order, _: order.line("2") not in order.open_lines),
    "split_order": (
        {"keep": {"1": "4", "10": "1"}},
        lambda order, _: [entry.line_id for entry in order.lines] == ["1", "10"],
    ),
    "set_price": (
        {"lines": {"2": {"unit_price": "4.00"}}, "basis": "CONTRACT"},
        lambda order, raw: (
            order.line("2").value == 28
            and order.line("2").tax_in_erp == Decimal("2.66")
            and order.line("1").tax_in_erp == Decimal("5.00")
            and raw["price_basis"] == "CONTRACT"
        ),
    ),
    "set_ship_to": (
        {
            "site_id": "S-2",
            "region": "NJ",
            "postal_code": "07102-1400",
            "address": {"street": "1 BROAD ST", "city": "NEWARK", "region": "NJ", "postal_code": "07102-1400"},
            "basis": "STANDARDISED",
        },
        lambda order, raw: (
            (order.ship_to.site_id, raw["address_id"], raw["ship_to_basis"]) == ("S-2", "SO-1-A1", "STANDARDISED")
        ),
    ),
    "set_carrier": (
        {"scac": "FXFE", "service": "ECONOMY", "freight_terms": "COLLECT", "account": "A-1", "freight": "30.00"},
        lambda order, raw: order.carrier.is_complete and raw["freight"] == "30.00",
    ),
    "set_purchase_order": (
        {"po_number": "PO-1B", "release_number": "2"},
        lambda order, raw: (order.po_number, order.release_number, raw["po_checked"]) == ("PO-1B", "2", True),
    ),
    "add_quantities": (
        {"lines": {"1": "5", "2": "1"}},
        lambda order, _: order.line("1").quantity == 15 and order.line("1").tax_in_erp == Decimal("7.50"),
    ),
    "add_lines": (
        {"lines": [line("11", "PIN", "3", tax_in_erp="1.50")]},
        lambda order, _: [entry.line_id for entry in order.lines] == ["1", "2", "10", "11"],
    ),
    "confirm_item": (
        {"line_id": "2", "item": "NUT-M6", "unit": "C62"},
        lambda order, raw: (
            (order.line("2").item, order.line("2").unit, raw["lines"][1]["original_item"]) == ("NUT-M6", "C62", "NUT")
        ),
    ),
}


def content(raw: Document) -> Document:
    return {name: value for name, value in raw.items() if name != "version"}


@pytest.mark.parametrize("kind", KINDS)
def test_an_amendment_changes_the_order_and_its_reversal_restores_it(stage: Stage, kind: str) -> None:
    stage.held(*LINES)
    before = stage.seen()
    arguments, is_done = KINDS[kind]
    amendment = stage.amend(kind, arguments)
    after = stage.seen()
    assert is_done(stage.order(), after)
    assert amendment["order_version"] == after["version"] == before["version"] + 1
    reversed_ = stage.reverse(amendment)
    assert (reversed_["status"], reversed_["order_version"]) == ("CANCELLED", after["version"] + 1)
    assert content(stage.seen()) == content(before)
    assert len(stage.erp.effects(order_id="SO-1")) == 3
    told = eventually(lambda: len(stage.told("order_changed")) == 2 and stage.told("order_changed"))
    assert {data["order_version"] for data in told or []} == {2, 3}


def test_an_amendment_is_found_by_its_reference_and_made_once(stage: Stage) -> None:
    stage.held(*LINES)
    body = {"reference": "r", "order_id": "SO-1", "kind": "cancel_line", "arguments": {"line_id": "2"}}
    first = stage.erp.made("/v1/amendments", body, key="k", if_match='"v1"')
    assert stage.erp.made("/v1/amendments", body, key="k", if_match='"v1"') == first
    assert stage.erp.seen("/v1/amendments", reference="r")["items"] == [first]
    assert stage.order().version == 2


def test_an_amendment_rests_on_a_version(stage: Stage) -> None:
    stage.held(*LINES)
    body = {"reference": "r", "order_id": "SO-1", "kind": "cancel_line", "arguments": {"line_id": "2"}}
    assert stage.erp.post("/v1/amendments", body).status_code == 428
    assert stage.erp.post("/v1/amendments", body, if_match='"v9"').status_code == 412
    assert stage.order().version == 1


@pytest.mark.parametrize(
    ("kind", "arguments", "code"),
    [
        ("split_line", {"line_id": "1", "now": "4", "later": "5"}, "wrong_quantity"),
        ("assign_sources", {"line_id": "1", "sources": [{"warehouse": "NYC", "quantity": "6"}]}, "wrong_quantity"),
        ("set_promise", {"lines": {"9": "2026-12-05"}}, "no_such_line"),
        ("set_tax", {"lines": {"1": "much"}}, "invalid_arguments"),
        ("split_order", {"keep": {"1": "10", "2": "7", "10": "1"}}, "nothing_to_split"),
        ("split_order", {"keep": {}}, "nothing_to_split"),
        ("add_lines", {"lines": [line("2")]}, "line_exists"),
        ("set_price", {"lines": {"1": {"unit_price": "-1"}}}, "invalid_arguments"),
        ("change_everything", {}, "invalid_request"),
    ],
)
def test_an_amendment_that_makes_no_sense_changes_nothing(
    stage: Stage, kind: str, arguments: Document, code: str
) -> None:
    stage.held(*LINES)
    body = {"reference": "r", "order_id": "SO-1", "kind": kind, "arguments": arguments}
    refused = stage.erp.post("/v1/amendments", body, if_match=stage.tag())
    assert (refused.status_code, refused.json()["code"]) == (422, code)
    assert stage.order().version == 1


def test_a_street_is_kept_apart_from_the_order_and_its_books(stage: Stage) -> None:
    entered = {"recipient": "J. Doe", "street": "5 MAIN ST", "city": "NEW YORK", "region": "NY", "postal_code": "10001"}
    corrected = entered | {"street": "5 MAIN STREET"}
    stage.held(*LINES, address=entered)
    there = stage.erp.seen("/v1/orders/SO-1/address")
    amendment = stage.amend("set_ship_to", order()["ship_to"] | {"address": corrected})
    now = stage.erp.seen("/v1/orders/SO-1/address")
    assert [seen["address"]["street"] for seen in (there, now)] == ["5 MAIN ST", "5 MAIN STREET"]
    assert there["version"] != now["version"]
    for path in ("/v1/orders", "/v1/orders/SO-1", "/v1/amendments", "/v1/ledger", "/v1/orders/SO-1/holds"):
        assert "MAIN" not in stage.erp.get(path).text
    stage.reverse(amendment)
    assert stage.erp.seen("/v1/orders/SO-1/address") == there


def test_the_last_line_is_not_cancelled(stage: Stage) -> None:
    stage.held()
    body = {"reference": "r", "order_id": "SO-1", "kind": "cancel_line", "arguments": {"line_id": "1"}}
    assert stage.erp.post("/v1/amendments", body, if_match=stage.tag()).json()["code"] == "last_open_line"


def test_what_a_person_changed_since_is_not_overwritten_by_a_reversal(stage: Stage) -> None:
    stage.held(*LINES)
    amendment = stage.amend("set_promise", {"lines": {"1": "2026-12-05"}})
    stage.admin.made("/admin/orders/SO-1/change", {"lines": [{"line_id": "1", "quantity": "11"}]})
    refused = stage.erp.post(f"/v1/amendments/{amendment['id']}/cancel", {"reference": "u"})
    assert (refused.status_code, refused.json()["code"]) == (409, "changed_since")
    assert stage.order().line("1").quantity == 11


def test_amendments_are_reversed_in_any_order_if_they_touch_different_things(stage: Stage) -> None:
    before = stage.held(*LINES)
    made = [
        stage.amend("split_line", {"line_id": "1", "now": "4", "later": "6"}),
        stage.amend("set_promise", {"lines": {"2": "2026-12-05"}}),
        stage.amend("cancel_line", {"line_id": "10"}),
    ]
    for amendment in made:
        stage.reverse(amendment)
    assert content(stage.seen()) == content(before)


def test_a_released_order_is_neither_changed_nor_restored(stage: Stage) -> None:
    stage.held(*LINES)
    amendment = stage.amend("set_promise", {"lines": {"1": "2026-12-05"}})
    stage.release()
    body = {"reference": "r", "order_id": "SO-1", "kind": "cancel_line", "arguments": {"line_id": "2"}}
    assert stage.erp.post("/v1/amendments", body, if_match=stage.tag()).json()["code"] == "order_not_open"
    undo = stage.erp.post(f"/v1/amendments/{amendment['id']}/cancel", {"reference": "u"})
    assert undo.json()["code"] == "order_not_open"


def test_amendments_of_a_cancelled_order_can_still_be_reversed(stage: Stage) -> None:
    stage.held(*LINES)
    amendment = stage.amend("set_promise", {"lines": {"1": "2026-12-05"}})
    stage.admin.made("/admin/orders/SO-1/cancel", {})
    assert stage.reverse(amendment)["status"] == "CANCELLED"
    assert stage.order().status is OrderStatus.CANCELLED


def test_the_rest_of_a_divided_order_is_validated_and_held_again(stage: Stage) -> None:
    stage.neighbours.positions = [position("BOLT"), position("NUT")]
    stage.neighbours.credit["limit"] = "60"
    stage.held(*LINES)
    amendment = stage.amend("split_order", {"keep": {"1": "9"}})
    child = amendment["new_order_id"]
    assert child == "SO-1-S1"
    told = eventually(lambda: stage.told("hold_placed", child))
    rest = stage.order(child)
    assert [hold.code for hold in rest.holds] == ["CREDIT"]
    assert {entry.line_id: entry.quantity for entry in rest.lines} == {"1": 1, "2": 7, "10": 1}
    assert told[0]["order_version"] == rest.version
    assert stage.order().value.amount + rest.value.amount == 90
    stage.reverse(amendment)
    assert stage.order(child).status is OrderStatus.CANCELLED
    eventually(lambda: stage.told("order_cancelled", child))


def test_a_division_is_not_reversed_once_the_rest_has_gone(stage: Stage) -> None:
    stage.neighbours.positions = [position("BOLT"), position("NUT")]
    stage.held(*LINES)
    amendment = stage.amend("split_order", {"keep": {"1": "9"}})
    eventually(lambda: stage.order("SO-1-S1").status is OrderStatus.RELEASED)
    refused = stage.erp.post(f"/v1/amendments/{amendment['id']}/cancel", {"reference": "u"})
    assert (refused.status_code, refused.json()["code"]) == (409, "part_gone")
