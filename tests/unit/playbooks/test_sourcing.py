from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from decimal import Decimal
from itertools import product

from hypothesis import given, settings
from hypothesis import strategies as st

from domain.facts.inventory import Demand, Receipt, StockPosition
from domain.inventory.costs import Cost, CostTerms
from domain.inventory.sourcing import MOST_SITES, Need, Site, SourcingProblem, nearest
from domain.inventory.stock import Stock

TODAY = date(2026, 3, 2)
WAREHOUSES = ("A", "B", "C")
ITEMS = ("X", "Y")
Taken = dict[tuple[str, str], int]

small = st.integers(0, 4)
money = st.integers(0, 30).map(Decimal)


@st.composite
def problems(draw: st.DrawFn) -> SourcingProblem:
    """A few warehouses with a little stock, some of it on its way, some wanted by lesser orders."""
    positions = [
        StockPosition(
            warehouse=warehouse,
            item=item,
            on_hand=Decimal(draw(small)),
            receipts=tuple(
                Receipt(eta=TODAY + timedelta(days=draw(st.integers(1, 3))), quantity=Decimal(draw(small)))
                for _ in range(draw(st.integers(0, 1)))
            ),
            demand=(Demand(order_id="SO-2", needed_on=TODAY, quantity=Decimal(draw(small)), priority=9),),
        )
        for warehouse in WAREHOUSES
        for item in ITEMS
    ]
    sites = tuple(Site(w, draw(money), draw(money), draw(st.integers(0, 4))) for w in WAREHOUSES)
    needs = tuple(
        Need(str(number), item, Decimal(draw(st.integers(1, 4))), TODAY + timedelta(days=draw(small)), *VALUE)
        for number, item in enumerate(draw(st.lists(st.sampled_from(ITEMS), min_size=1, max_size=2)), 1)
    )
    return SourcingProblem(
        needs=needs,
        sites=sites,
        stock=Stock.of(positions, 5, "SO-1"),
        today=TODAY,
        first_departure=TODAY + timedelta(days=draw(st.integers(0, 1))),
        terms=CostTerms(draw(money), draw(money), Decimal(draw(st.integers(0, 100)))),
        shipping_anyway=draw(st.sampled_from([None, "A"])),
    )


VALUE = (Decimal(10), Decimal(6))


def by_brute_force(problem: SourcingProblem) -> Decimal | None:
    """The least cost over every way to take whole units, on every day: nothing is assumed about what is cheapest."""
    costs = [
        _cost(problem, taken, day) for day in problem.stock.days(ITEMS, TODAY) for taken in _ways_to_take(problem, day)
    ]
    return min(costs, default=None)


def _ways_to_take(problem: SourcingProblem, day: date) -> Iterator[Taken]:
    items = sorted({need.item for need in problem.needs})
    places = list(product(WAREHOUSES, items))
    wanted = {item: sum(need.quantity for need in problem.needs if need.item == item) for item in items}
    ranges = [range(int(problem.stock.usable(*place, day)) + 1) for place in places]
    for amounts in product(*ranges):
        taken = dict(zip(places, amounts, strict=True))
        if all(sum(taken[w, item] for w in WAREHOUSES) == wanted[item] for item in items):
            yield taken


def _cost(problem: SourcingProblem, taken: Taken, day: date) -> Decimal:
    used = [site for site in problem.sites if any(n for (w, _), n in taken.items() if w == site.warehouse)]
    shipping = sum(
        (site.freight + site.handling for site in used if site.warehouse != problem.shipping_anyway), Decimal(0)
    )
    arrives = max(day, problem.first_departure) + timedelta(days=max(site.days for site in used))
    return shipping + _lateness(problem, arrives) + _risk(problem, taken, day)


def _lateness(problem: SourcingProblem, arrives: date) -> Decimal:
    late = [need for need in problem.needs if need.need_by < arrives]
    penalty = max((arrives - need.need_by).days for need in late) * problem.terms.late_per_day if late else Decimal(0)
    return penalty + sum((need.value for need in late), Decimal(0)) * problem.terms.concession_percent / 100


def _risk(problem: SourcingProblem, taken: Taken, day: date) -> Decimal:
    missed = sum((max(Decimal(0), n - problem.stock.spare(*place, day)) for place, n in taken.items()), Decimal(0))
    return missed * VALUE[1] * problem.terms.risk_percent / 100


@settings(deadline=None, max_examples=150)
@given(problems())
def test_the_first_plan_is_the_cheapest_there_is(problem: SourcingProblem) -> None:
    """Enumerating subsets finds the same least cost as trying every quantity from every warehouse."""
    plans = problem.plans()
    assert (plans[0].cost.total if plans else None) == by_brute_force(problem)


@given(problems())
def test_every_plan_can_be_carried_out(problem: SourcingProblem) -> None:
    """Each line gets exactly what it wants, no warehouse sends more than it may, and each named one sends something."""
    for plan in problem.plans():
        for need in problem.needs:
            assert sum(share.quantity for share in plan.of_line(need.line_id)) == need.quantity
        for warehouse, item in product(WAREHOUSES, ITEMS):
            sent = sum(s.quantity for s in plan.shares if (s.warehouse, s.item) == (warehouse, item))
            assert sent <= problem.stock.usable(warehouse, item, plan.ship_on)
        assert {share.warehouse for share in plan.shares} == set(plan.warehouses)


@given(problems())
def test_plans_come_cheapest_first(problem: SourcingProblem) -> None:
    """The best three are the first three."""
    totals = [plan.cost.total for plan in problem.plans()]
    assert totals == sorted(totals)


def eight_sites(count: int = MOST_SITES) -> list[Site]:
    return [Site(f"W{number}", Decimal(10 + number), Decimal(2), 1) for number in range(count)]


def test_eight_warehouses_are_all_enumerated() -> None:
    """With one unit in each of eight warehouses, an order of eight is found: the last of 255 subsets."""
    sites = eight_sites()
    stock = Stock.of([StockPosition(warehouse=s.warehouse, item="X", on_hand=Decimal(1)) for s in sites], 5, "SO-1")
    need = Need("1", "X", Decimal(8), TODAY + timedelta(days=3), *VALUE)
    plans = SourcingProblem((need,), tuple(sites), stock, TODAY, TODAY, CostTerms()).plans()
    assert [plan.warehouses for plan in plans] == [tuple(site.warehouse for site in sites)]
    assert plans[0].cost == Cost(freight=Decimal(108), handling=Decimal(16))


def test_of_more_than_eight_the_planned_and_the_cheapest_are_kept() -> None:
    """The planned warehouse is looked at even if it is the dearest."""
    kept: Sequence[Site] = nearest(eight_sites(12), "W11")
    assert [site.warehouse for site in kept] == ["W11", *(f"W{number}" for number in range(7))]


def test_costs_are_told_part_by_part() -> None:
    """A person sees what a total is made of."""
    assert str(Cost(freight=Decimal(5), late=Decimal("2.5"))) == "freight 5.00 + late 2.50"
    assert str(Cost()) == "nothing"
