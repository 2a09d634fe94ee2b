from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.playbooks.figures import ahead, booked, end_of_day, figure, percent_of, rfc3339
from tests.unit.playbooks.scenario import NOW, order

instants = st.datetimes(min_value=datetime(2020, 1, 1), max_value=datetime(2040, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - hypothesis adds the zone
durations = st.integers(1, 10_000).map(lambda minutes: timedelta(minutes=minutes))


@pytest.mark.parametrize(
    ("value", "shown"), [("40.00", "40"), ("4E+1", "40"), ("0.50", "0.5"), ("0.000", "0"), ("-2.10", "-2.1")]
)
def test_figures_have_no_exponent_and_no_idle_zeros(value: str, shown: str) -> None:
    """As people write them."""
    assert figure(Decimal(value)) == shown


def test_amounts_are_booked_in_the_minor_unit_of_their_currency() -> None:
    """Cents of a dollar, none of a yen."""
    assert booked(order(), Decimal("1.005")) == "1.01"
    assert booked(order(currency="JPY"), Decimal("1.5")) == "2"


@pytest.mark.parametrize(("part", "whole", "percent"), [(1, 4, 25), (0, 0, 0), (1, 0, 1000), (1, -5, 1000), (0, -5, 0)])
def test_something_of_nothing_is_more_than_any_threshold(part: int, whole: int, percent: int) -> None:
    """And nothing of nothing is nothing."""
    assert percent_of(Decimal(part), Decimal(whole)) == percent


@given(instants, durations)
def test_an_instant_ahead_is_never_too_early_and_hardly_too_late(now: datetime, duration: timedelta) -> None:
    """By no more than a quarter of the duration."""
    assert timedelta(0) <= ahead(now, duration) - now - duration <= duration / 4


@given(instants, st.integers(0, 60))
def test_the_end_of_a_day_is_in_that_day(now: datetime, days: int) -> None:
    """Counted from today."""
    assert end_of_day(now, days).date() == now.date() + timedelta(days=days)


def test_instants_are_written_as_other_systems_read_them() -> None:
    """In UTC, with a Z."""
    assert rfc3339(NOW) == "2026-03-02T14:00:00Z"
