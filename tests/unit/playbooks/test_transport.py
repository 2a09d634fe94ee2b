from __future__ import annotations

from datetime import time
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.facts.transport import Dock, RateQuote, Routing
from domain.order import FreightTerms, TemperatureClass
from domain.transport.choice import Market, Source
from domain.transport.shipment import Shipment
from domain.transport.terms import Accounts, Payment
from tests.unit.playbooks.scenario import day, line, order
from tests.unit.playbooks.shipping import ALL, COLLECT, account_with, route, service, unrouted

GUIDED = Source.ROUTING_GUIDE
FROZEN = line(temperature=TemperatureClass.FROZEN, unit_weight_kg=Decimal(1))


@pytest.mark.parametrize(
    ("quote", "more", "obstacle"),
    [
        ({}, {}, None),
        ({"accepting": False}, {}, "takes no tenders at the moment"),
        ({"max_weight_kg": Decimal(100)}, {}, None),
        ({"max_weight_kg": Decimal(99)}, {}, "carries up to 99 kg"),
        ({"hazmat": False}, {"hazmat": True}, "carries no dangerous goods"),
        ({}, {"temperature": TemperatureClass.FROZEN}, "cannot keep goods frozen"),
        ({"temperatures": tuple(TemperatureClass)}, {"temperature": TemperatureClass.FROZEN}, None),
    ],
)
def test_what_the_goods_need_is_held_against_what_a_service_can_do(
    quote: dict[str, Any], more: dict[str, Any], obstacle: str | None
) -> None:
    """One obstacle each, in words that people read."""
    shipment = Shipment.of(order(line(unit_weight_kg=Decimal(1), **more)), Dock())
    assert shipment.obstacles(service("X:Y", 1, **quote)) == (() if obstacle is None else (obstacle,))


@pytest.mark.parametrize(
    ("dock", "quote", "obstacle"),
    [
        (Dock(lift_gate=True), {}, "has no lift gate"),
        (Dock(lift_gate=True), {"lift_gate_cost": Decimal(0)}, None),
        (Dock(opens=time(17)), {}, "does not deliver while the dock is open"),
        (Dock(closes=time(8, 1)), {}, None),
        (Dock(days=()), {}, "does not deliver while the dock is open"),
    ],
)
def test_a_dock_has_its_ramp_and_its_hours(dock: Dock, quote: dict[str, Any], obstacle: str | None) -> None:
    """A minute in common is enough: the carrier makes an appointment."""
    shipment = Shipment.of(order(), dock)
    assert shipment.obstacles(service("X:Y", 1, **quote)) == (() if obstacle is None else (obstacle,))


@pytest.mark.parametrize(("delivers", "arrives"), [(4, 4), (5, 7), (6, 7)])
def test_goods_that_come_on_a_closed_day_arrive_on_the_next_open_one(delivers: int, arrives: int) -> None:
    """Today is a Monday, and the dock is closed at weekends."""
    shipment = Shipment.of(order(), Dock())
    assert shipment.arrival(service("X:Y", 1, delivers)) == day(arrives)


@pytest.mark.parametrize(
    ("accounts", "named", "expected"),
    [
        ((account_with("UPSN"),), None, Payment(COLLECT, "A-1")),
        ((account_with("UPSN"),), "A-1", Payment(COLLECT, "A-1")),
        ((account_with("UPSN"),), "A-2", "there is no COLLECT account with UPSN"),
        ((account_with("FXFE"),), None, "there is no COLLECT account with UPSN"),
        ((account_with("UPSN", FreightTerms.THIRD_PARTY),), None, "there is no COLLECT account with UPSN"),
        ((account_with("UPSN", ends=0),), None, Payment(COLLECT, "A-1")),
        ((account_with("UPSN", ends=-1),), None, f"the COLLECT account with UPSN ended on {day(-1)}"),
        (
            (account_with("UPSN").model_copy(update={"valid_from": day(1)}),),
            None,
            f"the COLLECT account with UPSN counts from {day(1)} on only",
        ),
        ((account_with("UPSN", ends=-9), account_with("UPSN", number="A-2")), None, Payment(COLLECT, "A-2")),
    ],
)
def test_an_account_is_billed_only_while_it_is_valid(
    accounts: tuple[Any, ...], named: str | None, expected: Payment | str
) -> None:
    """With the carrier, under the terms, and on the day of the pickup."""
    assert Accounts(accounts).payment(COLLECT, named, "UPSN", day(0)) == expected


@pytest.mark.parametrize(
    ("routing", "source", "code", "passed_over"),
    [
        (
            {"guide": route("FXFE:ECONOMY"), "ship_to": route("UPSN:GROUND")},
            Source.ROUTING_GUIDE,
            "FXFE:ECONOMY",
            [],
        ),
        ({"guide": route("NONE:SUCH"), "ship_to": route("UPSN:GROUND")}, Source.SHIP_TO, "UPSN:GROUND", [GUIDED]),
        ({"guide": route("SLOW:BOAT"), "order_type": route("UPSN:AIR")}, Source.ORDER_TYPE, "UPSN:AIR", [GUIDED]),
        (
            {"guide": route("UPSN:GROUND", COLLECT, "A-1"), "ship_to": route("NONE:SUCH")},
            Source.NONE,
            None,
            [GUIDED, Source.SHIP_TO],
        ),
        ({}, Source.NONE, None, []),
    ],
    ids=["guide", "not quoted", "too late", "no account", "nothing"],
)
def test_the_first_standing_instruction_that_counts_is_followed(
    routing: dict[str, Any], source: Source, code: str | None, passed_over: list[Source]
) -> None:
    """Routing guide, ship-to, order type; those passed over are told with their reasons."""
    known = Routing(**routing)
    standing = Market.of(unrouted(), known, ALL).standing(known)
    assert (standing.source, standing.offer and standing.offer.code) == (source, code)
    assert [passed for passed, _ in standing.passed_over] == passed_over
    assert all(why for _, why in standing.passed_over)


QUOTES = st.lists(
    st.builds(
        service,
        st.integers(0, 99).map(lambda number: f"C{number:02}:S"),
        st.integers(0, 300),
        st.integers(0, 9),
        expedited=st.booleans(),
        hazmat=st.booleans(),
        accepting=st.booleans(),
        max_weight_kg=st.integers(50, 150).map(Decimal),
        lift_gate_cost=st.none() | st.integers(0, 50).map(Decimal),
        temperatures=st.sampled_from([(TemperatureClass.AMBIENT,), tuple(TemperatureClass)]),
        delivers_from=st.integers(6, 18).map(time),
    ),
    max_size=8,
    unique_by=lambda quote: quote.code,
)
DOCKS = st.builds(
    Dock,
    lift_gate=st.booleans(),
    closes=st.integers(7, 18).map(time),
    opens=st.just(time(6)),
    days=st.sets(st.integers(1, 7)).map(tuple),
)
LINES = st.sampled_from([FROZEN, line(unit_weight_kg=Decimal(1)), line(hazmat=True, unit_weight_kg=Decimal(1))])


@given(quotes=QUOTES, dock=DOCKS, goods=LINES, terms=st.sampled_from(FreightTerms))
def test_the_service_chosen_is_feasible_and_no_feasible_one_is_cheaper(
    quotes: list[RateQuote], dock: Dock, goods: Any, terms: FreightTerms
) -> None:
    """Whatever the market: nothing that cannot be done is chosen, and nobody pays for what he has not agreed to."""
    routing = Routing(dock=dock, accounts=tuple(account_with(quote.scac, terms) for quote in quotes))
    market = Market.of(unrouted(40, goods, freight_terms=terms), routing, quotes)
    shop, shipment = market.shop(), market.shipment
    feasible = [quote for quote in quotes if not shipment.obstacles(quote)]
    if shop is None:
        assert not feasible
        return
    assert shop.quote in feasible
    assert not (shop.quote.expedited and shop.payment.by_customer)
    offers = [market.shopped(quote) for quote in feasible]
    in_time = [offer for offer in offers if offer.in_time]
    assert shop.in_time is bool(in_time)
    if in_time:
        assert shop.cost == min(offer.cost for offer in in_time)
    else:
        assert shop.arrives_on == min(offer.arrives_on for offer in offers)
