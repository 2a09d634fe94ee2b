from __future__ import annotations

import pytest

from domain.order import OrderStatus
from tests.integration.sandbox.desk import eventually
from tests.integration.sandbox.erp_stage import LEGAL, Document, Stage, line, order

MERGE = {"order_id": "SO-1", "add_quantities": {"1": "5"}, "add_lines": [line("2", "BOLT", "1")]}
END = {"order_id": "SO-1", "reason_code": "REPLACE_OLD"}


def content(raw: Document) -> Document:
    return {name: value for name, value in raw.items() if name not in ("version", "validated_at", "released_at")}


def write(stage: Stage, collection: str, body: Document) -> Document:
    return stage.erp.made(f"/v1/{collection}", body | {"reference": collection}, if_match=stage.tag())


def undo(stage: Stage, collection: str, made: Document) -> Document:
    return stage.erp.made(f"/v1/{collection}/{made['id']}/cancel", {"reference": f"undo {collection}"})


def test_a_merge_adds_to_a_held_order_and_is_taken_out_again(stage: Stage) -> None:
    before = stage.held()
    merged = write(stage, "merges", MERGE)
    assert [entry.quantity for entry in stage.order().lines] == [15, 1]
    assert (merged["other_version"], "order_version" in merged) == (2, False)
    undo(stage, "merges", merged)
    assert content(stage.seen()) == content(before)
    told = eventually(lambda: len(stage.told("order_changed")) == 2 and stage.told("order_changed"))
    assert [data["order_version"] for data in told or []] == [2, 3]


def test_a_merge_into_a_released_order_is_no_way_past_the_checks(stage: Stage) -> None:
    stage.enter()
    stage.neighbours.credit["limit"] = "60"
    merged = write(stage, "merges", MERGE)
    eventually(lambda: [hold.code for hold in stage.order().holds] == ["CREDIT"])
    undo(stage, "merges", merged)
    assert stage.order().value.amount == 50


@pytest.mark.parametrize("held", [True, False], ids=["held", "released"])
def test_an_order_that_was_replaced_is_as_it_was_when_that_is_taken_back(stage: Stage, *, held: bool) -> None:
    before = stage.enter(extra_holds=[LEGAL] if held else [])
    made = write(stage, "supersessions", END)
    assert (stage.order().status, stage.order().holds) == (OrderStatus.CANCELLED, ())
    eventually(lambda: [data["detail"] for data in stage.told("order_cancelled")] == ["REPLACE_OLD"])
    undo(stage, "supersessions", made)
    assert content(stage.seen()) == content(before)
    eventually(lambda: len(stage.told("hold_placed")) == (2 if held else 0))


@pytest.mark.parametrize(("collection", "body"), [("merges", MERGE), ("supersessions", END)])
def test_another_order_is_left_alone_that_is_not_as_it_was_seen_or_has_gone(
    stage: Stage, collection: str, body: Document
) -> None:
    stage.held()
    path, referred = f"/v1/{collection}", body | {"reference": "r"}
    assert stage.erp.post(path, referred).status_code == 428
    assert stage.erp.post(path, referred, if_match='"v9"').status_code == 412
    stage.admin.made("/admin/orders/SO-1/cancel", {})
    refused = stage.erp.post(path, referred, if_match=stage.tag())
    assert (refused.status_code, refused.json()["code"]) == (409, "order_gone")


def test_what_others_did_since_is_not_taken_back(stage: Stage) -> None:
    stage.held()
    made = write(stage, "supersessions", END)
    assert stage.admin.made("/admin/orders/SO-1/reinstate", {})["status"] == OrderStatus.ON_HOLD
    refused = stage.erp.post(f"/v1/supersessions/{made['id']}/cancel", {"reference": "u"})
    assert refused.json()["code"] == "changed_since"
    merged = write(stage, "merges", MERGE)
    stage.admin.made("/admin/orders/SO-1/change", {"lines": [{"line_id": "1", "quantity": "11"}]})
    refused = stage.erp.post(f"/v1/merges/{merged['id']}/cancel", {"reference": "u2"})
    assert refused.json()["code"] == "changed_since"


def test_a_customers_other_orders_are_listed_in_short(stage: Stage) -> None:
    for number in range(3):
        stage.enter(order(f"SO-{number}", ordered_at=f"2026-1{number}-05T00:00:00Z", extra_holds=[LEGAL]))
    stage.enter(order("SO-9", customer_id="C-2"))
    path = "/v1/customers/C-1/orders"
    found = stage.erp.seen(path, since="2026-11-01", besides="SO-2")
    assert [one["order_id"] for one in found["orders"]] == ["SO-1"]
    assert found["orders"][0]["value"] == {"amount": "50.00", "currency": "USD"}
    assert stage.erp.seen(path, since="2026-12-24")["orders"] == []
    stage.admin.made("/admin/orders/SO-1/change", {"freight": "3"})
    assert stage.erp.seen(path, since="2026-11-01", besides="SO-2")["version"] != found["version"]
