"""Everything that the ports tell, asked as the playbooks ask it, and held against what was entered."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TypeVar

from pydantic import JsonValue

from activities.connectors.http import CallContext
from domain.facts.inventory import StockPositions
from domain.order import Order, OrderStatus
from domain.reconciliation import HeldOrder
from tests.contract.house import House
from tests.contract.operations import OPERATIONS, call_of, case_of, undo_of
from tests.contract.reading import read
from tests.contract.test_pivots import carry_out, pivot_call
from tests.unit.activities.conftest import run

Told = TypeVar("Told")
_EACH = {operation.name: operation for operation in OPERATIONS}


async def ask(order: Order, question: Callable[[CallContext], Awaitable[Told]]) -> Told:
    """The answer that an activity of that order's case gets."""

    async def asked(_: None) -> Told:
        return await question(CallContext.of(case_of(order.order_id)))

    return await run(asked, None)


async def everything_held(house: House, context: CallContext) -> dict[str, HeldOrder]:
    """The held orders by id, of all pages."""
    page = await house.ports().erp.held_orders(context, None)
    found = [*page.orders]
    while page.next_cursor is not None:
        page = await house.ports().erp.held_orders(context, page.next_cursor)
        found += page.orders
    return {held.order_id: held for held in found}


async def test_an_order_says_what_was_entered_and_its_version_grows(house: House) -> None:
    order = await read(house.ports(), house.held_order())
    words = house.words()
    assert (order.tenant, order.customer_id, order.status) == ("acme", words["customer"], OrderStatus.ON_HOLD)
    assert [line.quantity for line in order.lines] == [10, 5]
    assert order.lines[0].item == words["item"]
    assert order.warehouse == words["home"]
    assert order.holds
    house.meddle(order.order_id)
    assert (await read(house.ports(), order.order_id)).version > order.version


async def test_the_orders_that_are_held_are_listed_with_their_versions_and_holds(house: House) -> None:
    order, free = await read(house.ports(), house.held_order()), house.other_order()
    found = await ask(order, lambda context: everything_held(house, context))
    assert found[order.order_id].version == order.version
    assert {hold.hold_id for hold in found[order.order_id].holds} == {hold.hold_id for hold in order.holds}
    assert (free in found) is bool((await read(house.ports(), free)).holds)
    among = await ask(order, lambda context: house.ports().erp.held_among(context, [order.order_id, "sale-0"]))
    assert among.orders == (found[order.order_id],)


async def test_sourcing_knows_what_an_item_costs(house: House) -> None:
    order = await read(house.ports(), house.held_order())
    item = house.words()["item"]
    told = await ask(order, lambda context: house.ports().erp.sourcing(context, [item]))
    assert told.version
    assert [(one.item, one.standard_cost > 0) for one in told.items] == [(item, True)]


async def test_similar_orders_are_the_customers_others_the_newest_first(house: House) -> None:
    older, order = house.other_order(), await read(house.ports(), house.held_order())
    since = datetime.now(UTC).date() - timedelta(days=1)
    told = await ask(
        order, lambda context: house.ports().erp.similar_orders(context, order.customer_id, order.order_id, since)
    )
    ids = [one.order_id for one in told.orders]
    assert ids[0] == older
    assert order.order_id not in ids
    assert told.orders[0].version == (await read(house.ports(), older)).version
    assert [line.quantity for line in told.orders[0].lines] == [10, 5]


async def test_the_address_is_the_orders_or_none_if_it_names_a_site_only(house: House) -> None:
    order = await read(house.ports(), house.held_order())
    told = await ask(order, lambda context: house.ports().erp.address(context, order.order_id))
    assert told.version
    assert told.address is None or told.address.postal_code == order.ship_to.postal_code


async def test_a_story_holds_what_was_ordered_against_what_became_of_it(house: House) -> None:
    ports = house.ports()
    order = await read(ports, house.held_order())
    for name in ("set_price", "split_order"):
        now = await read(ports, order.order_id)
        await run(_EACH[name].step(ports), call_of(house, now, _EACH[name]))
    told = await ask(order, lambda context: house.ports().erp.story(context, order.order_id))
    assert [line.quantity for line in told.ordered.lines] == [10, 5]
    assert told.ordered.lines[0].unit_price == order.lines[0].unit_price
    assert len(told.parts) == 2
    assert sum(line.quantity for part in told.parts for line in part.open_lines) == house.owed(order.order_id)
    assert await ask(order, lambda context: house.ports().erp.story(context, told.parts[1].order_id)) == told


async def test_holds_are_remembered_when_a_release_has_resolved_them(house: House) -> None:
    ports = house.ports()
    order = await read(ports, house.held_order())
    before = await ask(order, lambda context: ports.erp.hold_history(context, order.order_id))
    assert {past.hold.hold_id for past in before.holds if past.is_open} == {hold.hold_id for hold in order.holds}
    await carry_out(ports, "release_order", pivot_call(order))
    after = await ask(order, lambda context: ports.erp.hold_history(context, order.order_id))
    assert {past.hold.hold_id for past in after.holds if not past.is_open} == {hold.hold_id for hold in order.holds}
    assert all(past.release_id for past in after.holds)
    assert not any(past.is_open for past in after.holds)


async def test_a_validation_says_whom_the_erp_could_not_ask(house: House) -> None:
    order = await read(house.ports(), house.held_order())
    told = await ask(order, lambda context: house.ports().erp.validation(context, order.order_id))
    assert (told.order_id, told.unanswered) == (order.order_id, ())
    assert told.validated_at is not None


async def test_stock_is_told_by_warehouse_and_what_is_set_aside_is_missing_to_others(house: House) -> None:
    ports, words = house.ports(), house.words()
    order, other = await read(ports, house.held_order()), await read(ports, house.held_order())

    async def free_for(who: Order) -> Decimal:
        arguments: dict[str, JsonValue] = {"items": [words["item"]], "order_id": who.order_id}
        told = await ask(who, lambda context: ports.stock.positions(context, arguments))
        assert {(one.warehouse, one.item) for one in told.positions} >= {
            (words["home"], words["item"]),
            (words["far"], words["item"]),
        }
        return _free(told, words["home"])

    before = await free_for(order), await free_for(other)
    await run(_EACH["reserve"].step(ports), call_of(house, order, _EACH["reserve"]))
    assert (await free_for(order), await free_for(other)) == (before[0], before[1] - 10)
    await run(_EACH["reserve"].undoing(ports), undo_of(call_of(house, order, _EACH["reserve"])))
    assert (await free_for(order), await free_for(other)) == before


def _free(told: StockPositions, warehouse: str) -> Decimal:
    found = next(one for one in told.positions if one.warehouse == warehouse)
    claimed = sum((need.quantity for need in found.demand), Decimal(0))
    return found.on_hand - found.quality_hold - found.hard_allocated - claimed


async def test_freight_is_quoted_from_every_warehouse(house: House) -> None:
    order = await read(house.ports(), house.held_order())
    to = {"postal_code": "75201", "region": "TX", "country": "US", "value": "1500", "quantity": "15"}
    arguments = {"order_id": order.order_id, **to}
    told = await ask(order, lambda context: house.ports().stock.freight_quotes(context, arguments))
    assert {quote.warehouse for quote in told.quotes} == {house.words()["home"], house.words()["far"]}


async def test_a_credit_position_has_the_limit_and_not_the_order_itself(house: House) -> None:
    ports = house.ports()
    order = await read(ports, house.held_order())
    arguments = {"customer_id": order.customer_id, "order_id": order.order_id, "currency": "USD"}
    told = await ask(order, lambda context: ports.credit.position(context, arguments))
    assert (told.customer_id, told.currency) == (order.customer_id, "USD")
    assert told.limit > 0
    raising = call_of(house, order, _EACH["raise_limit"])
    await run(_EACH["raise_limit"].step(ports), raising)
    raised = await ask(order, lambda context: ports.credit.position(context, arguments))
    assert raised.limit == Decimal(house.words()["limit"])
    assert raised.version != told.version
    await run(_EACH["raise_limit"].undoing(ports), undo_of(raising))
    assert (await ask(order, lambda context: ports.credit.position(context, arguments))).limit == told.limit


async def test_prices_have_a_cost_for_every_line(house: House) -> None:
    order = await read(house.ports(), house.held_order())
    lines: JsonValue = [
        {"line_id": line.line_id, "item": line.item, "quantity": f"{line.quantity:f}", "unit": line.unit}
        for line in order.lines
    ]
    asked = {"customer_id": order.customer_id, "currency": "USD", "as_of": order.ordered_at.date().isoformat()}
    told = await ask(order, lambda context: house.ports().pricing.prices(context, {**asked, "lines": lines}))
    assert [one.line_id for one in told.lines] == [line.line_id for line in order.lines]
    assert all(one.costing is not None and one.costing.cost > 0 for one in told.lines)
