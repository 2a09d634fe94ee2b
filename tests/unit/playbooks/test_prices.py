"""The arithmetic of prices."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.facts.pricing import PriceBreak, PriceSchedule
from domain.pricing.agreed import effective, scheduled
from domain.pricing.comparison import LinePrice, Standing, Tolerance
from domain.pricing.conversion import PLACES, Footing
from domain.pricing.margin import MarginBand, Margins
from tests.unit.playbooks.pricing import contract, known, promotion, record, schedule
from tests.unit.playbooks.scenario import TODAY, day, line

PRICES = st.decimals("0.01", "9999", places=2)
PACKS = st.sampled_from([Decimal(1), Decimal(6), Decimal(12), Decimal(144), Decimal("0.5")])
QUANTITIES = st.integers(1, 5_000).map(Decimal)
MARGINS = Margins(cost=Decimal(6), floor_percent=Decimal(15), target_percent=Decimal(30))


def footing(pack: Decimal = Decimal(1), **packs: int) -> Footing:
    return Footing("EA", pack, "USD", {"EUR": Decimal("1.2")}, {unit: Decimal(held) for unit, held in packs.items()})


def compared(stated: Decimal | None, in_erp: Decimal, quantity: Decimal = Decimal(100)) -> LinePrice:
    return LinePrice(
        line=line(quantity=int(quantity)),
        footing=footing(),
        stated=stated,
        in_erp=in_erp,
        agreed=None,
        margins=MARGINS,
    )


@given(price=PRICES, quoted_pack=PACKS, line_pack=PACKS, quantity=QUANTITIES)
def test_another_unit_keeps_the_lines_value(
    price: Decimal, quoted_pack: Decimal, line_pack: Decimal, quantity: Decimal
) -> None:
    """Whatever the price is quoted per, the goods cost the same, but for the rounding of the price."""
    normal = footing(line_pack).price(price, "CS", quoted_pack, "USD")
    assert normal is not None
    quoted = quantity * line_pack / quoted_pack * price
    assert abs(quantity * normal - quoted) <= quantity * PLACES / 2 + PLACES**6


def test_the_item_master_knows_packs_better_than_documents() -> None:
    """A case that a purchase order calls one piece has twelve."""
    assert footing(CS=12).price(Decimal(120), "CS", Decimal(1), "USD") == 10
    assert footing().price(Decimal(120), "CS", Decimal(12), "USD") == 10


def test_another_currency_needs_a_rate() -> None:
    """Ten euros are twelve dollars; of Swiss francs nothing is known."""
    assert footing().price(Decimal(10), "EA", Decimal(1), "EUR") == 12
    assert footing().price(Decimal(10), "EA", Decimal(1), "CHF") is None
    assert footing(Decimal(12)).per_base(Decimal(1), "EUR") == Decimal("14.4")


BREAKS = PriceSchedule(
    unit="CS",
    pack_quantity=Decimal(10),
    currency="USD",
    breaks=(
        PriceBreak(min_quantity=Decimal(50), unit_price=Decimal(80)),
        PriceBreak(min_quantity=Decimal(5), unit_price=Decimal(100)),
    ),
)


@pytest.mark.parametrize(("pieces", "price"), [(49, None), (50, Decimal(10)), (499, Decimal(10)), (500, Decimal(8))])
def test_breaks_count_in_the_units_of_the_agreement(pieces: int, price: Decimal | None) -> None:
    """Five cases of ten at least, fifty for the lower price."""
    assert scheduled(BREAKS, Decimal(pieces), footing()) == price


@given(prices=st.lists(PRICES, min_size=1, max_size=5))
def test_the_lowest_valid_agreement_counts(prices: list[Decimal]) -> None:
    """However many there are; what is over counts for nothing."""
    valid = [contract(str(price), agreement_id=f"K-{n}") for n, price in enumerate(prices)]
    over = contract("0.01", valid_to=day(-1))
    found = effective(known(over, *valid), TODAY, Decimal(100), footing())
    assert found is not None
    assert found.price == min(prices)


def test_a_promotion_lowers_the_list_and_a_contract_goes_before_an_equal_one() -> None:
    """Ten less ten percent."""
    promoted = known(record=record(10, None), promotions=(promotion(10),))
    found = effective(promoted, TODAY, Decimal(1), footing())
    assert found is not None
    assert found.price == 9
    assert not found.is_contract
    both = effective(promoted.model_copy(update={"agreements": (contract(9),)}), TODAY, Decimal(1), footing())
    assert both is not None
    assert both.is_contract
    assert effective(known(promotions=(promotion(10),)), TODAY, Decimal(1), footing()) is None


@pytest.mark.parametrize(
    ("margins", "percent"),
    [
        (Margins(Decimal(6), Decimal(15), Decimal(30)), 40),
        (Margins(Decimal(6), Decimal(15), Decimal(30), rebate_out=Decimal(1)), 30),
        (Margins(Decimal(6), Decimal(15), Decimal(30), rebate_in=Decimal(1)), 50),
        (Margins(Decimal(6), Decimal(15), Decimal(30), rebate_out_percent=Decimal(5)), 35),
        (Margins(Decimal(6), Decimal(15), Decimal(30), rebate_in_percent=Decimal(5)), 45),
        (Margins(None, Decimal(15), Decimal(30)), None),
    ],
)
def test_the_margin_counts_rebates_both_ways(margins: Margins, percent: int | None) -> None:
    """(price - cost - rebate out + rebate in) / price, at a price of 10."""
    assert margins.percent(Decimal(10)) == percent


@pytest.mark.parametrize(
    ("price", "band"),
    [
        ("8.5715", MarginBand.TARGET),
        ("8.5714", MarginBand.FLOOR),
        ("7.0589", MarginBand.FLOOR),
        ("7.0588", MarginBand.BELOW_FLOOR),
        ("6", MarginBand.BELOW_FLOOR),
        ("5.9999", MarginBand.BELOW_COST),
        ("0", MarginBand.BELOW_COST),
    ],
)
def test_margins_lie_in_bands(price: str, band: MarginBand) -> None:
    """A cost of 6: floor 15 %, target 30 %."""
    assert MARGINS.band(Decimal(price)) is band


@given(
    cost=st.decimals("0", "500", places=2),
    target=st.integers(0, 80),
    out=st.integers(0, 15),
    back=st.decimals("0", "20", places=2),
)
def test_the_price_at_target_is_the_lowest_that_reaches_it(cost: Decimal, target: int, out: int, back: Decimal) -> None:
    """To a hundredth of a cent."""
    margins = Margins(cost, Decimal(0), Decimal(target), rebate_out_percent=Decimal(out), rebate_in=back)
    price = margins.price_at_target()
    assert price is not None
    assert margins.band(price) is MarginBand.TARGET
    if price > PLACES:
        assert margins.band(price - PLACES) is not MarginBand.TARGET


def test_no_price_reaches_a_target_that_leaves_nothing_for_the_cost() -> None:
    """Nor can one be named without the cost."""
    assert Margins(Decimal(6), Decimal(0), Decimal(100)).price_at_target() is None
    assert Margins(None, Decimal(0), Decimal(30)).price_at_target() is None


@given(
    pairs=st.lists(st.tuples(PRICES, st.decimals("-3", "3", places=2), QUANTITIES), min_size=1, max_size=6),
    percent=st.decimals("0", "5", places=1),
    most=st.integers(0, 100),
)
def test_what_is_accepted_exceeds_no_tolerance(
    pairs: list[tuple[Decimal, Decimal, Decimal]], percent: Decimal, most: int
) -> None:
    """Neither in percent, nor a line in money, nor all lines together."""
    tolerance = Tolerance(percent=percent, line=Decimal(most), order=Decimal(most * 2))
    lines = [compared(max(Decimal(0), price + off), price, quantity) for price, off, quantity in pairs]
    if not tolerance.covers(lines):
        return
    given_up = [one.conceded(one.stated) for one in lines if one.stated is not None]
    assert sum(given_up) <= tolerance.order
    for one, conceded in zip(lines, given_up, strict=True):
        assert conceded <= tolerance.line
        assert conceded * 100 <= one.worth(one.entitled) * percent


def test_what_cannot_be_compared_is_inside_no_tolerance() -> None:
    """However generous it is."""
    generous = Tolerance(percent=Decimal(1000), line=Decimal(1_000_000), order=Decimal(1_000_000))
    assert compared(None, Decimal(10)).standing is Standing.UNKNOWN
    assert not generous.covers([compared(None, Decimal(10))])
    assert not Tolerance(percent=Decimal(100), line=Decimal(9), order=Decimal(9)).covers(
        [compared(Decimal("0.01"), Decimal(0), Decimal(100))]
    )


def test_breaks_need_a_price() -> None:
    """A schedule for other quantities has none for these."""
    assert schedule(9, least=10).price_for(Decimal(9)) is None
