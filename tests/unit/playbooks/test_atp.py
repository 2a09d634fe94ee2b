from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from domain.facts.inventory import Demand, Receipt, StockPosition
from domain.inventory.atp import Outlook
from domain.inventory.stock import Stock

START = date(2026, 3, 2)
HORIZON = 12

days = st.integers(0, HORIZON).map(lambda number: START + timedelta(days=number))
quantities = st.integers(0, 50).map(Decimal)


def demand(needed_on: date, quantity: int, priority: int = 5, order_id: str = "SO-2") -> Demand:
    return Demand(order_id=order_id, needed_on=needed_on, quantity=Decimal(quantity), priority=priority)


receipts = st.builds(Receipt, eta=days, quantity=quantities, confirmed=st.booleans())
demands = st.builds(Demand, order_id=st.just("SO-2"), needed_on=days, quantity=quantities, priority=st.integers(1, 9))
positions = st.builds(
    StockPosition,
    warehouse=st.just("NYC"),
    item=st.just("BOLT"),
    on_hand=quantities,
    quality_hold=st.integers(0, 5).map(Decimal),
    hard_allocated=st.integers(0, 5).map(Decimal),
    safety_stock=st.integers(0, 5).map(Decimal),
    receipts=st.lists(receipts, max_size=4).map(tuple),
    demand=st.lists(demands, max_size=4).map(tuple),
)


def horizon() -> list[date]:
    return [START + timedelta(days=number) for number in range(HORIZON + 2)]


@given(positions, st.lists(st.tuples(days, quantities), max_size=6))
def test_promising_never_makes_any_later_promise_negative(
    position: StockPosition, requests: list[tuple[date, Decimal]]
) -> None:
    """However many promises are made, each within what is usable, no day gets short that was not short before."""
    before = outlook = Outlook.of(position, 5, "SO-1")
    for on, wanted in requests:
        outlook = outlook.promise(min(wanted, outlook.usable(on)), on)
    assert all(outlook.atp(on) >= min(Decimal(0), before.atp(on)) for on in horizon())


@given(positions, days)
def test_what_is_usable_is_all_that_can_be_promised(position: StockPosition, on: date) -> None:
    """One more unit than is usable would leave some day short."""
    outlook = Outlook.of(position, 5, "SO-1")
    beyond = outlook.promise(outlook.usable(on) + 1, on)
    assert min(beyond.atp(day) for day in horizon() if day >= on) < 0


@given(positions, days)
def test_more_is_usable_later_never_less(position: StockPosition, on: date) -> None:
    """Waiting does not lose stock: what can be promised for a day can be promised for any day after."""
    outlook = Outlook.of(position, 5, "SO-1")
    assert outlook.usable(on) <= outlook.usable(on + timedelta(days=1))


def test_atp_is_made_of_everything_that_the_formula_names() -> None:
    """On hand less quality hold, allocations, safety stock; plus confirmed receipts; less demand served before."""
    position = StockPosition(
        warehouse="NYC",
        item="BOLT",
        on_hand=Decimal(100),
        quality_hold=Decimal(5),
        hard_allocated=Decimal(20),
        safety_stock=Decimal(15),
        receipts=(
            Receipt(eta=START + timedelta(days=2), quantity=Decimal(40)),
            Receipt(eta=START + timedelta(days=1), quantity=Decimal(999), confirmed=False),
        ),
        demand=(
            demand(START, 10, priority=5),
            demand(START, 7, priority=6),
            demand(START, 500, order_id="SO-1"),
        ),
    )
    outlook = Outlook.of(position, 5, "SO-1")
    assert [outlook.atp(START + timedelta(days=number)) for number in (0, 1, 2)] == [50, 50, 90]


def test_a_later_promise_to_somebody_else_is_kept() -> None:
    """Stock on hand that an order of higher priority needs next week is not free today."""
    position = StockPosition(
        warehouse="NYC",
        item="BOLT",
        on_hand=Decimal(100),
        demand=(demand(START + timedelta(days=7), 80, priority=1),),
        receipts=(Receipt(eta=START + timedelta(days=9), quantity=Decimal(80)),),
    )
    outlook = Outlook.of(position, 5, "SO-1")
    assert outlook.atp(START) == 100
    assert outlook.usable(START) == 20
    assert outlook.usable(START + timedelta(days=9)) == 100


def test_stock_that_a_lesser_order_wants_is_usable_but_not_spare() -> None:
    """A lower priority does not block, and taking its stock is known to be a risk."""
    position = StockPosition(warehouse="NYC", item="BOLT", on_hand=Decimal(10), demand=(demand(START, 4, priority=9),))
    stock = Stock.of([position], 5, "SO-1")
    assert stock.usable("NYC", "BOLT", START) == 10
    assert stock.spare("NYC", "BOLT", START) == 6


def test_a_warehouse_that_never_had_the_item_has_none() -> None:
    """Unknown places have nothing, and taking nothing from them changes nothing."""
    stock = Stock.of([], 5, "SO-1")
    assert stock.usable("NYC", "BOLT", START) == stock.spare("NYC", "BOLT", START) == 0
    assert stock.take("NYC", "BOLT", Decimal(0), START) is stock
    assert stock.earliest("NYC", "BOLT", Decimal(1), START) is None
