from __future__ import annotations

import json
from collections import Counter
from datetime import UTC, datetime

import pytest

from sandbox.day import SCENARIOS, Conduct, Incident, PlannedOrder, Reply, chunks, plan
from sandbox.day.__main__ import main
from sandbox.day.distribution import CLEAN, HOURS, SEVERAL, SHARES, quotas
from sandbox.edi import x12
from sandbox.erp.model import OrderEntry

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


def test_the_same_seed_gives_the_same_day_and_another_seed_another() -> None:
    assert plan(7, NOW) == plan(7, NOW)
    assert plan(7, NOW).orders != plan(8, NOW).orders


def test_every_order_is_one_that_the_erp_or_the_edi_gateway_takes() -> None:
    day = plan(7, NOW)
    for planned in day.all:
        if "interchange" in planned.order:
            assert x12.parse(planned.order["interchange"]).sender == planned.order["order_id"].split("-")[1]
        else:
            assert OrderEntry.model_validate(planned.order).order_id == planned.order_id
    assert len({planned.order_id for planned in day.all}) == len(day.all) == 300


def test_the_day_has_everything_that_can_happen() -> None:
    day = plan(7, NOW)
    assert {planned.conduct for planned in day.orders} == set(Conduct)
    assert {planned.incident for planned in day.orders} - {None} == set(Incident)
    assert {planned.reply for planned in day.orders} == set(Reply)
    extra = Counter(hold["code"] for planned in day.orders for hold in planned.order.get("extra_holds", ()))
    assert extra["LEGAL"] >= 1
    assert extra["QA-77"] >= 1


def test_every_customer_and_item_of_an_order_is_in_the_world() -> None:
    day = plan(7, NOW)
    stocked = {position["item"] for position in day.world.positions}
    for planned in day.all:
        assert planned.order["customer_id"] in day.world.accounts
        assert planned.order["customer_id"] in day.world.credit
        if "interchange" not in planned.order:
            assert {line["item"] for line in planned.order["lines"]} <= stocked


@pytest.mark.parametrize("size", [20, 300, 2_345])
def test_a_day_of_any_size_has_the_documented_shares(size: int) -> None:
    orders = [planned for chunk in chunks(7, size, NOW) for planned in chunk.orders]
    assert len({planned.order_id for planned in orders}) == len(orders) == size
    kinds = Counter(planned.kind for planned in orders)
    for kind, share in SHARES.items():
        assert abs(kinds[kind] - size * share / sum(SHARES.values())) <= 3
    assert kinds[CLEAN] > kinds[SEVERAL] > 0


def test_orders_arrive_in_order_and_most_of_them_in_the_two_waves() -> None:
    times = [planned.arrives_at for planned in next(chunks(7, 1000, NOW)).orders]
    assert times == sorted(times)
    assert {time.date() for time in times} == {NOW.date()}
    assert Counter(time.hour for time in times) == quotas(1000, HOURS)


def test_a_day_of_several_chunks_arrives_in_order_from_the_first_hour_to_the_last() -> None:
    """Each chunk takes up where the one before it ended; the hours have their quotas over the whole day."""
    times = [[planned.arrives_at for planned in chunk.orders] for chunk in chunks(7, 2_500, NOW)]
    assert [len(chunk) for chunk in times] == [1000, 1000, 500]
    whole = [time for chunk in times for time in chunk]
    assert whole == sorted(whole)
    assert Counter(time.hour for time in whole) == quotas(2_500, HOURS)


def test_most_orders_with_nothing_wrong_are_of_customers_who_order_again() -> None:
    """Nobody's orders are held for that: neither for their number nor for what all of them cost."""
    orders = [planned.order for planned in next(chunks(7, 1000, NOW)).orders if planned.kind == CLEAN]
    customers = Counter(order["customer_id"] for order in orders)
    assert 0.3 < len(customers) / len(orders) < 0.5
    assert len({order["po_number"] for order in orders}) == len(orders)
    value: Counter[str] = Counter()
    for order in orders:
        value[order["customer_id"]] += sum(int(line["quantity"]) * int(line["unit_price"]) for line in order["lines"])
    assert max(value.values()) * 1.1 < 500_000 - 20_000


def test_values_of_orders_with_nothing_wrong_are_as_documented() -> None:
    """In hundreds of dollars: one in ten below, the median, one in ten above."""
    orders = [planned.order for planned in next(chunks(7, 1000, NOW)).orders if planned.kind == CLEAN]
    values = sorted(int(one["quantity"]) * int(one["unit_price"]) for order in orders for one in order["lines"])
    tenth, half, ninth = (values[len(values) * part // 10] for part in (1, 5, 9))
    assert 1_100 < tenth < 1_700
    assert 2_500 < half < 3_300
    assert 5_200 < ninth < 7_400
    assert 360 <= values[0] <= values[-1] <= 36_000


def test_orders_with_a_cause_in_common_come_one_after_the_other() -> None:
    day = plan(7, NOW)
    for story in ("a part that nobody knows", "a price record contradicts the contract"):
        places = [number for number, planned in enumerate(day.orders) if planned.story == story]
        assert len(places) >= 3
        assert places[-1] - places[0] == len(places) - 1


def test_quotas_add_up_and_favour_nobody() -> None:
    assert quotas(10, {"a": 1, "b": 1, "c": 1}) == {"a": 4, "b": 3, "c": 3}
    for total in range(50):
        assert sum(quotas(total, SHARES).values()) == total


@pytest.mark.parametrize("size", [19, 1_000_001])
def test_a_day_that_is_too_small_or_too_large_is_refused(size: int) -> None:
    with pytest.raises(ValueError, match="20 to 1,000,000"):
        next(chunks(7, size, NOW))


def test_every_kind_has_scenarios_and_each_is_told_apart() -> None:
    assert set(SCENARIOS) == set(SHARES)
    assert all(SCENARIOS.values())


def test_the_command_writes_master_data_before_the_orders_that_need_it(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--seed", "3", "--orders", "1200", "--date", "2026-11-23"]) == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    known: set[str] = set()
    orders: list[PlannedOrder] = []
    for line in lines:
        if "seeds" in line:
            known |= {account["customer_id"] for account in line["seeds"]["crm"]["accounts"]}
        else:
            assert line["order"]["customer_id"] in known
            orders.append(line)
    assert len(orders) == 1200
    assert sum(1 for line in lines if "seeds" in line) == 2
