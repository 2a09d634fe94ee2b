from __future__ import annotations

from decimal import Decimal

import pytest

from domain.events import CloudEvent
from domain.order import HoldClass, HoldLevel, OrderStatus
from tests.integration.sandbox.desk import eventually
from tests.integration.sandbox.erp_stage import LEGAL, Document, Stage, line, order, position


def codes(stage: Stage, order_id: str = "SO-1") -> list[str]:
    return [hold.code for hold in stage.order(order_id).holds]


def test_an_order_that_passes_is_released_with_the_engines_taxes(stage: Stage) -> None:
    entered = stage.enter()
    found = stage.order()
    assert found.status is OrderStatus.RELEASED
    assert (found.line("1").tax_in_erp, found.line("1").tax_as_ordered) == (Decimal("5.00"), Decimal("5.00"))
    assert entered["released_at"] is not None
    assert sorted(stage.neighbours.asked) == ["credit C-1 SO-1", "tax SO-1", "wms BOLT SO-1"]


def test_missing_stock_holds_the_lines_that_are_short(stage: Stage) -> None:
    stage.neighbours.positions = [position("BOLT", "12", safety_stock="3"), position("NUT", "500")]
    stage.enter(order("SO-1", line("1"), line("2", "NUT")))
    [hold] = stage.order().holds
    assert (hold.code, hold.level, hold.line_ids) == ("STOCK", HoldLevel.LINE, ("1",))
    assert stage.order().status is OrderStatus.PARTIALLY_HELD


def test_a_part_that_nobody_has_explained_yet_is_nobodys_stock(stage: Stage) -> None:
    stage.enter(order("SO-1", line("1", "UNMAPPED:P-7"), line("2"), extra_holds=[LEGAL]))
    assert codes(stage) == ["LEGAL"]


def test_two_lines_share_the_same_stock(stage: Stage) -> None:
    stage.neighbours.positions = [position("BOLT", "15")]
    stage.enter(order("SO-1", line("1"), line("2")))
    assert stage.order().holds[0].line_ids == ("2",)


@pytest.mark.parametrize(
    "credit",
    [
        {"open_receivables": "9950.00"},
        {"oldest_overdue_days": 16},
        {"returned_payments_90d": 1},
        {"group_limit": "1000", "group_exposure": "960"},
        {"open_receivables": "10000", "unapplied_cash": "5000"},
    ],
    ids=["over the limit", "overdue", "returned payment", "over the group's limit", "cash not applied yet"],
)
def test_credit_holds_an_order(stage: Stage, credit: Document) -> None:
    stage.neighbours.credit |= credit
    stage.enter()
    [hold] = stage.order().holds
    assert (hold.code, hold.hold_class) == ("CREDIT", HoldClass.SYSTEM)
    assert stage.order().status is OrderStatus.ON_HOLD


def test_an_insolvent_customer_is_a_hard_hold(stage: Stage) -> None:
    stage.neighbours.credit |= {"insolvent": True}
    stage.enter()
    assert [hold.hold_class for hold in stage.order().holds] == [HoldClass.HARD]


@pytest.mark.parametrize("stated", [{"tax_as_ordered": "4.00"}, {"tax_in_erp": "5.01"}])
def test_a_tax_that_is_not_the_engines_holds_an_order_and_is_kept(stage: Stage, stated: Document) -> None:
    stage.enter(order("SO-1", line(**stated)))
    assert codes(stage) == ["TAX"], stage.order().holds
    found = stage.order().line("1").model_dump(mode="json")
    assert {name: found[name] for name in stated} == stated


def test_several_reasons_are_several_holds_each_published_with_the_orders_version(stage: Stage) -> None:
    stage.neighbours.positions = []
    stage.neighbours.credit["limit"] = "0"
    stage.enter(order("SO-1", line(tax_in_erp="0"), extra_holds=[LEGAL]))
    assert codes(stage) == ["STOCK", "CREDIT", "TAX", "LEGAL"]
    told = eventually(lambda: len(stage.told("hold_placed")) == 4 and stage.told("hold_placed"))
    assert {data["hold"]["hold_id"] for data in told or []} == {hold.hold_id for hold in stage.order().holds}
    assert {data["order_version"] for data in told or []} == {stage.order().version}
    assert all(CloudEvent.model_validate(event) for event in stage.events.taken)


@pytest.mark.parametrize("system", ["wms", "credit", "tax"])
@pytest.mark.parametrize("kind", ["ERROR", "DROP", "GARBAGE"])
def test_a_neighbour_that_is_down_holds_the_order_for_integration(stage: Stage, system: str, kind: str) -> None:
    stage.peers[system].fault(kind)
    stage.enter()
    [hold] = stage.order().holds
    assert (hold.code, hold.source_code) == ("INTEGRATION", "INTEGRATION")
    assert hold.reason.startswith(f"{system} could not be asked")


def test_an_order_id_is_entered_once_and_a_repetition_gets_the_first_answer(stage: Stage) -> None:
    first = stage.erp.post("/v1/orders", order(), key="k")
    again = stage.erp.post("/v1/orders", order(), key="k")
    other = stage.erp.post("/v1/orders", order())
    assert first.json() == again.json()
    assert first.headers["ETag"] == '"v1"'
    assert (other.status_code, other.json()["code"]) == (409, "order_exists")
    assert stage.erp.effects() == ["orders.create"]


def test_orders_that_cannot_be_are_refused(stage: Stage) -> None:
    for wrong in (
        order("SO 1; --"),
        order("SO-1", line(quantity="0")),
        order() | {"lines": []},
        order() | {"helds": []},
        order() | {"status": "RELEASED"},
    ):
        assert stage.erp.post("/v1/orders", wrong).status_code == 422
    assert stage.erp.get("/v1/orders/SO-1").json()["code"] == "order_not_found"


def test_orders_are_listed_by_status_and_by_hold_a_page_at_a_time(stage: Stage) -> None:
    for number in range(5):
        stage.enter(order(f"SO-{number}", extra_holds=[LEGAL] if number % 2 else []))
    page = stage.erp.seen("/v1/orders", limit=2)
    ids = [one["order_id"] for one in page["items"]]
    while page["next_cursor"]:
        page = stage.erp.seen("/v1/orders", limit=2, cursor=page["next_cursor"])
        ids += [one["order_id"] for one in page["items"]]
    assert ids == [f"SO-{number}" for number in range(5)]
    held = [one["order_id"] for one in stage.erp.seen("/v1/orders", held="true")["items"]]
    assert held == ["SO-1", "SO-3"]
    assert len(stage.erp.seen("/v1/orders", held="false")["items"]) == 3
    assert len(stage.erp.seen("/v1/orders", status="RELEASED")["items"]) == 3
