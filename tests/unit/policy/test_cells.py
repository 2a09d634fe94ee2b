"""Cells: what each way of writing lets through."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest

from domain.policy.cells import parse_condition
from domain.policy.problem import CellError
from domain.policy.scalars import Kind, Scalar, at_position, parse_scalar, position, show


@pytest.mark.parametrize(
    ("cell", "inside", "outside"),
    [
        ("*", "-5 0 1e9", ""),
        ("10", "10", "9.99 10.01"),
        ("<10", "-1 9.99", "10 11"),
        ("<=10", "10", "10.01"),
        (">10", "10.01", "10"),
        (">=10", "10", "9.99"),
        ("10..60", "10 35 60", "9.99 60.01"),
        ("[10..60]", "10 60", "9 61"),
        ("(10..60]", "10.01 60", "10 60.01"),
        ("[10..60)", "10 59.99", "60"),
        ("(10..60)", "10.01 59.99", "10 60"),
        ("<-5|0|[3 .. 4)", "-6 0 3", "-5 1 4"),
        ("-10..-5", "-10 -5", "-11 -4"),
    ],
)
def test_ranges_of_numbers(cell: str, inside: str, outside: str) -> None:
    condition = parse_condition(Kind.DECIMAL, cell)
    assert all(condition.covers(Decimal(value)) for value in inside.split())
    assert not any(condition.covers(Decimal(value)) for value in outside.split())


def test_counted_kinds_leave_no_gap_between_neighbours() -> None:
    condition = parse_condition(Kind.INTEGER, "(1..3)")
    assert [value for value in range(5) if condition.covers(Decimal(value))] == [2]


def test_ranges_of_dates_and_durations() -> None:
    dates = parse_condition(Kind.DATE, "2026-01-01..2026-06-30")
    durations = parse_condition(Kind.DURATION, "[0s..1h)")
    assert dates.covers(position(date(2026, 6, 30)))
    assert not dates.covers(position(date(2026, 7, 1)))
    assert durations.covers(position(timedelta(minutes=59)))
    assert not durations.covers(position(timedelta(minutes=60)))


def test_words_are_compared_whole_and_truth_in_any_case() -> None:
    assert parse_condition(Kind.TEXT, "A | B").covers("B")
    assert parse_condition(Kind.BOOLEAN, "TRUE").covers("true")


@pytest.mark.parametrize(
    ("kind", "cell", "message"),
    [
        (Kind.DECIMAL, "", r"write \* if the column does not matter"),
        (Kind.DECIMAL, "25,000", "without separators"),
        (Kind.DECIMAL, "<=ten", "not a number"),
        (Kind.DECIMAL, "NaN", "not a number"),
        (Kind.DECIMAL, "60..10", "contains nothing"),
        (Kind.DECIMAL, "(10..10]", "contains nothing"),
        (Kind.DECIMAL, "(10..60", "bracket on both sides"),
        (Kind.INTEGER, "1.5", "not a whole number"),
        (Kind.INTEGER, "(1..2)", "contains nothing"),
        (Kind.BOOLEAN, "yes", "neither true nor false"),
        (Kind.DURATION, "2 hours", "not a duration"),
        (Kind.DATE, "31.12.2026", "not a date"),
        (Kind.TEXT, "A||B", "empty part"),
        (Kind.ENUM, "A|*", "stands alone"),
    ],
)
def test_an_unreadable_cell_says_what_to_write(kind: Kind, cell: str, message: str) -> None:
    with pytest.raises(CellError, match=message):
        parse_condition(kind, cell)


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        (Kind.DECIMAL, "2.50"),
        (Kind.INTEGER, "-3"),
        (Kind.BOOLEAN, "true"),
        (Kind.DURATION, "90m"),
        (Kind.DURATION, "-2d"),
        (Kind.DURATION, "0s"),
        (Kind.DATE, "2026-12-31"),
    ],
)
def test_values_are_shown_as_they_are_written(kind: Kind, text: str) -> None:
    value: Scalar = parse_scalar(kind, text)
    assert show(value) == text
    if kind.is_ordered:
        assert at_position(kind, position(value)) == value


def test_durations_add_up() -> None:
    assert parse_scalar(Kind.DURATION, "1h30m") == timedelta(minutes=90)
