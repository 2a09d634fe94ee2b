from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from domain.events import CloudEvent
from domain.facts.inventory import FreightQuotes, StockPosition, StockPositions
from sandbox.kernel import Settings, Subscriber, in_thread
from sandbox.wms.service import build
from tests.integration.sandbox.desk import TOKENS, Desk, eventually, figures
from tests.integration.sandbox.toy import receiving


def day(days: int) -> str:
    return (datetime.now(UTC).date() + timedelta(days=days)).isoformat()


def seed() -> dict[str, Any]:
    theirs = {"order_id": "SO-9", "needed_on": day(3), "quantity": "30", "priority": 4, "reallocatable": True}
    firm = {"order_id": "SO-8", "needed_on": day(1), "quantity": "5", "priority": 2}
    coming = {"eta": day(5), "quantity": "20", "purchase_order": "PO-7"}
    hasty = {"eta": day(9), "quantity": "50", "expedite_eta": day(2), "purchase_order": "PO-8", "confirmed": False}
    rumoured = {"eta": day(1), "quantity": "900", "purchase_order": "PO-9", "confirmed": False}
    return {
        "warehouses": [{"warehouse": "EAST", "region": "NJ"}, {"warehouse": "WEST", "region": "NV", "handling": "6"}],
        "positions": [
            {
                "warehouse": "EAST",
                "item": "PUMP",
                "on_hand": "100",
                "quality_hold": "5",
                "hard_allocated": "35",
                "receipts": [coming],
                "demand": [{"order_id": "SO-1", "needed_on": day(1), "quantity": "70"}],
                "allocations": [theirs, firm],
            },
            {"warehouse": "WEST", "item": "PUMP", "on_hand": "40", "safety_stock": "10"},
            {"warehouse": "EAST", "item": "PUMP-B", "on_hand": "7", "receipts": [hasty, rumoured]},
        ],
        "lanes": [{"origin": "WEST", "destination": "EAST", "days": 4, "cost": "180"}],
        "substitutes": [{"item": "PUMP", "substitutes": ["PUMP-B"]}],
        "freight-rates": [{"warehouse": "WEST", "region": "TX", "per_shipment": "20", "per_unit": "0.5", "days": 2}],
    }


def settings(database: Path = Path(":memory:"), **more: Any) -> Settings:
    return Settings(database=database, tokens=TOKENS, seed=seed(), **more)


@pytest.fixture
def url() -> Iterator[str]:
    with in_thread(build(settings())) as url:
        yield url


@pytest.fixture
def desk(url: str) -> Desk:
    return Desk(url)


def position(desk: Desk, warehouse: str = "EAST", item: str = "PUMP", order_id: str | None = None) -> StockPosition:
    params = {"items": item} | ({"order_id": order_id} if order_id else {})
    found = StockPositions.model_validate(desk.seen("/v1/positions", **params)).positions
    return next(one for one in found if (one.warehouse, one.item) == (warehouse, item))


def reservation(reference: str, quantity: int, **changes: Any) -> dict[str, Any]:
    usual = {"order_id": "SO-1", "line_id": "1", "item": "PUMP", "warehouse": "EAST", "kind": "HARD"}
    return usual | {"reference": reference, "quantity": str(quantity)} | changes


def reallocation(quantity: int, from_order_id: str = "SO-9") -> dict[str, Any]:
    where = {"item": "PUMP", "warehouse": "EAST", "from_order_id": from_order_id}
    return where | {"reference": "r-1", "order_id": "SO-1", "line_id": "1", "quantity": str(quantity)}


def test_positions_show_substitutes_and_lanes_and_keep_their_version(desk: Desk) -> None:
    answer = StockPositions.model_validate(desk.seen("/v1/positions", items="PUMP"))
    assert [(one.warehouse, one.item) for one in answer.positions] == [
        ("EAST", "PUMP"),
        ("WEST", "PUMP"),
        ("EAST", "PUMP-B"),
    ]
    assert answer.lanes[0].days == 4
    assert desk.seen("/v1/positions", items="PUMP")["version"] == answer.version
    desk.made("/v1/reservations", reservation("r-1", 1))
    assert desk.seen("/v1/positions", items="PUMP")["version"] != answer.version


def test_an_order_does_not_see_its_own_demand_or_reservations(desk: Desk) -> None:
    desk.made("/v1/reservations", reservation("r-1", 10))
    own, others = position(desk, order_id="SO-1"), position(desk)
    assert not own.demand
    assert figures(own.hard_allocated, others.hard_allocated) == [35, 45]
    assert {claim.order_id: claim.quantity for claim in others.allocations} == {"SO-9": 30, "SO-8": 5, "SO-1": 10}


def test_a_hard_reservation_is_found_by_reference_and_cancelled(desk: Desk) -> None:
    made = desk.made("/v1/reservations", reservation("r-1", 60))
    assert desk.seen("/v1/reservations", reference="r-1")["items"] == [made]
    assert position(desk).hard_allocated == 95
    for reason in ("undone", "undone again"):
        undo = {"reference": "u-1", "reason": reason}
        assert desk.made(f"/v1/reservations/{made['id']}/cancel", undo)["status"] == "CANCELLED"
    assert position(desk).hard_allocated == 35
    assert desk.effects(order_id="SO-1") == ["reservations.create", "reservations.cancel"]


def test_more_than_there_is_cannot_be_reserved(desk: Desk) -> None:
    desk.made("/v1/reservations", reservation("r-1", 55))
    refused = desk.post("/v1/reservations", reservation("r-2", 6, order_id="SO-2"))
    assert refused.status_code == 409
    assert refused.json()["code"] == "insufficient_stock"
    assert Decimal(refused.json()["available"]) == 5
    desk.made("/v1/reservations", reservation("r-2", 5, order_id="SO-2"))


def test_a_soft_reservation_counts_as_demand_that_is_served_first(desk: Desk) -> None:
    desk.made("/v1/reservations", reservation("r-1", 60, kind="SOFT", order_id="SO-2"))
    seen = position(desk, order_id="SO-1")
    assert seen.hard_allocated == 35
    assert [figures(need.order_id, need.quantity, need.priority) for need in seen.demand] == [["SO-2", 60, 1]]
    assert desk.post("/v1/reservations", reservation("r-2", 1)).json()["code"] == "insufficient_stock"


def test_goods_on_their_way_can_be_reserved_once_they_are_there(desk: Desk) -> None:
    assert desk.post("/v1/reservations", reservation("r-1", 70, available_on=day(4))).status_code == 409
    desk.made("/v1/reservations", reservation("r-2", 70, available_on=day(5)))
    now = position(desk)
    assert now.hard_allocated == 35
    assert ["SO-1", 70] in [figures(need.order_id, need.quantity) for need in now.demand]


def test_a_later_promise_keeps_its_goods(desk: Desk) -> None:
    desk.made("/v1/reservations", reservation("r-1", 70, available_on=day(5)))
    refused = desk.post("/v1/reservations", reservation("r-2", 11, order_id="SO-2"))
    assert Decimal(refused.json()["available"]) == 10


def test_goods_that_can_be_expedited_are_reserved_from_that_day(desk: Desk) -> None:
    early = reservation("r-1", 50, item="PUMP-B", available_on=day(1))
    assert desk.post("/v1/reservations", early).status_code == 409
    desk.made("/v1/reservations", early | {"available_on": day(2)})


def test_an_unknown_position_is_a_gap_in_the_master_data(desk: Desk) -> None:
    refused = desk.post("/v1/reservations", reservation("r-1", 1, warehouse="MOON"))
    assert (refused.status_code, refused.json()["code"]) == (422, "unknown_position")


def test_a_transfer_leaves_one_warehouse_and_is_expected_in_the_other(desk: Desk) -> None:
    transfer = {"reference": "t-1", "order_id": "SO-1", "item": "PUMP", "quantity": "15"}
    made = desk.made("/v1/transfers", transfer | {"origin": "WEST", "destination": "EAST"})
    assert made["eta"] == day(4)
    assert position(desk, "WEST", order_id="SO-1").hard_allocated == 15
    assert [figures(str(one.eta), one.quantity) for one in position(desk).receipts] == [[day(5), 20], [day(4), 15]]
    desk.made("/v1/reservations", reservation("r-1", 75, available_on=day(4)))
    desk.made(f"/v1/transfers/{made['id']}/cancel", {"reference": "u-1", "reason": "undone"})
    assert position(desk, "WEST").hard_allocated == 0
    assert len(position(desk).receipts) == 1


@pytest.mark.parametrize(
    ("origin", "quantity", "code"), [("WEST", "41", "insufficient_stock"), ("EAST", "1", "unknown_lane")]
)
def test_a_transfer_needs_a_lane_and_stock(desk: Desk, origin: str, quantity: str, code: str) -> None:
    destination = "EAST" if origin == "WEST" else "WEST"
    transfer = {"reference": "t-1", "order_id": "SO-1", "item": "PUMP", "quantity": quantity, "origin": origin}
    assert desk.post("/v1/transfers", transfer | {"destination": destination}).json()["code"] == code


def test_a_reallocation_takes_from_one_order_what_it_gives_to_another(desk: Desk) -> None:
    made = desk.made("/v1/reallocations", reallocation(20))
    others = position(desk)
    assert others.hard_allocated == 35
    assert {claim.order_id: claim.quantity for claim in others.allocations} == {"SO-9": 10, "SO-8": 5, "SO-1": 20}
    assert ["SO-9", 20] in [figures(need.order_id, need.quantity) for need in others.demand]
    own = position(desk, order_id="SO-1")
    assert own.hard_allocated == 15
    assert not own.demand
    desk.made(f"/v1/reallocations/{made['id']}/cancel", {"reference": "u-1"})
    assert {claim.order_id: claim.quantity for claim in position(desk).allocations} == {"SO-9": 30, "SO-8": 5}


def test_reallocated_stock_is_reserved_without_being_counted_twice(desk: Desk) -> None:
    desk.made("/v1/reallocations", reallocation(20))
    desk.made("/v1/reservations", reservation("r-2", 80))
    assert position(desk).hard_allocated == 95
    assert desk.post("/v1/reservations", reservation("r-3", 1)).status_code == 409


@pytest.mark.parametrize(
    ("quantity", "from_order_id", "code"),
    [(31, "SO-9", "insufficient_allocation"), (1, "SO-8", "not_reallocatable"), (1, "SO-0", "insufficient_allocation")],
)
def test_only_what_may_be_taken_is_taken(desk: Desk, quantity: int, from_order_id: str, code: str) -> None:
    refused = desk.post("/v1/reallocations", reallocation(quantity, from_order_id))
    assert (refused.status_code, refused.json()["code"]) == (409, code)


def quotes(desk: Desk, **changes: Any) -> dict[str, Any]:
    shipment = {"order_id": "SO-1", "postal_code": "75201", "region": "TX", "value": "1000", "quantity": "10"}
    answer = FreightQuotes.model_validate(desk.seen("/v1/freight-quotes", **(shipment | changes)))
    return {quote.warehouse: quote for quote in answer.quotes}


def test_freight_goes_by_distance_and_quantity_and_is_always_the_same(desk: Desk) -> None:
    near, far = quotes(desk, region="NY")["EAST"], quotes(desk, region="CA")["EAST"]
    assert near.cost < far.cost
    assert near.days < far.days
    assert quotes(desk, region="NY", quantity="20")["EAST"].cost > near.cost
    assert quotes(desk, region="NY")["EAST"] == near


def test_an_agreed_freight_rate_beats_the_tariff(desk: Desk) -> None:
    agreed = quotes(desk)["WEST"]
    assert (agreed.cost, agreed.days, agreed.handling) == (25, 2, 6)


def test_a_receipt_is_on_hand_no_longer_expected_and_published() -> None:
    with receiving() as receiver:
        subscriber = Subscriber(url=receiver.url, secret="s")
        with in_thread(build(settings(subscribers=(subscriber,)))) as url:
            receipt = {"item": "PUMP", "warehouse": "EAST", "quantity": "15", "purchase_order": "PO-7"}
            Desk(url, "admin").made("/admin/receipts", receipt)
            now = position(Desk(url))
            assert now.on_hand == 115
            assert [one.quantity for one in now.receipts] == [5]
            event = CloudEvent.model_validate(eventually(lambda: receiver.taken)[0])
    assert event.type.signal == "stock_received"
    assert (event.data.item, event.data.warehouse, event.data.tenant) == ("PUMP", "EAST", "acme")


def test_the_administrator_sets_the_world_up_and_nobody_else(url: str) -> None:
    new = {"warehouse": "WEST", "item": "SEAL", "on_hand": "3"}
    assert Desk(url).http.put("/admin/positions", json=new).status_code == 403
    admin = Desk(url, "admin")
    assert admin.http.put("/admin/positions", json=new).status_code == 200
    assert admin.http.put("/admin/positions", json=new | {"on_hand": "4"}).status_code == 200
    assert position(admin, "WEST", "SEAL").on_hand == 4
    assert admin.http.put("/admin/positions", json=new | {"onhand": "4"}).status_code == 422
    assert len(admin.seen("/admin/positions")["items"]) == 4


def test_bookings_survive_a_restart_and_the_seed_does_not_come_back(tmp_path: Path) -> None:
    database = tmp_path / "wms.db"
    with in_thread(build(settings(database))) as url:
        Desk(url).made("/v1/reservations", reservation("r-1", 10))
        emptied = seed()["positions"][0] | {"on_hand": "50"}
        Desk(url, "admin").http.put("/admin/positions", json=emptied).raise_for_status()
    with in_thread(build(settings(database))) as url:
        again = position(Desk(url))
        assert figures(again.on_hand, again.hard_allocated) == [50, 45]
