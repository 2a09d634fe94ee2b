from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime

from sandbox.day import Conduct, Incident, plan
from sandbox.day.mixed import NOTHING_WRONG
from sandbox.erp.model import OrderEntry

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


def test_the_same_seed_gives_the_same_day_and_another_seed_another() -> None:
    assert plan(7, NOW) == plan(7, NOW)
    assert plan(7, NOW).orders != plan(8, NOW).orders


def test_every_order_is_one_that_the_erp_takes() -> None:
    orders = [OrderEntry.model_validate(planned.order) for planned in plan(7, NOW).all]
    assert len({order.order_id for order in orders}) == len(orders)
    assert 60 <= len(orders) <= 100


def test_the_day_has_everything_that_can_happen() -> None:
    day = plan(7, NOW)
    assert {planned.conduct for planned in day.orders} == set(Conduct)
    assert {planned.incident for planned in day.orders} - {None} == set(Incident)
    extra = Counter(hold["code"] for planned in day.orders for hold in planned.order.get("extra_holds", ()))
    assert extra["LEGAL"] >= 1
    assert extra["QA-77"] >= 1
    assert sum(planned.story == NOTHING_WRONG for planned in day.orders) >= 20


def test_every_customer_and_item_of_an_order_is_in_the_world() -> None:
    day = plan(7, NOW)
    stocked = {position["item"] for position in day.world.positions}
    for planned in day.all:
        assert planned.order["customer_id"] in day.world.accounts
        assert planned.order["customer_id"] in day.world.credit
        assert {line["item"] for line in planned.order["lines"]} <= stocked
