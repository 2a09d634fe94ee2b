"""Overlaps, rows that never match, and gaps: found exactly, by an oracle that tries every input."""

from __future__ import annotations

from decimal import Decimal
from itertools import product
from unittest.mock import patch

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.policy.cells import Point
from domain.policy.regions import Coverage
from domain.policy.table import DecisionTable, HitPolicy
from tests.unit.policy.tables import header, small


def found(table: DecisionTable) -> list[str]:
    return [str(problem) for problem in table.check()]


def test_a_table_without_faults_has_no_problems() -> None:
    assert found(small("low,A,<=10,*,x", "high,A,>10,*,y", "others,B,*,*,z", hit_policy="UNIQUE")) == []


def test_an_overlap_names_both_rows_and_the_inputs_that_match_both() -> None:
    table = small("one,A,<=10,*,x", "two,*,10..20,0..5,y", hit_policy="UNIQUE", complete=False)
    assert found(table) == [
        "small.csv:3: over: two matches the same inputs as row 2 (one): segment = A, over = 10, days = [0..5]"
    ]


def test_first_lets_rows_overlap_on_purpose() -> None:
    assert found(small("one,A,<=10,*,x", "rest,*,*,*,y")) == []


def test_a_row_that_several_earlier_ones_cover_together_is_found() -> None:
    table = small("low,A,<=10,*,x", "high,A,>10,*,y", "never,A,5..15,*,z", "rest,*,*,*,w")
    assert found(table) == ["small.csv:4: segment: never never matches: the rows above already cover it (2 and 3)"]


def test_a_gap_is_described_as_a_cell_would_be_written() -> None:
    table = small("a,A,<10,*,x", "b,A,(10..20],*,x", "c,B,*,0..5|8..90,x")
    assert found(table) == [
        "small.csv: segment: no row covers segment = A, over = 10|>20",
        "small.csv: segment: no row covers segment = B, days = [6..7]",
    ]


def test_an_incomplete_table_may_have_gaps_on_purpose() -> None:
    assert found(small("a,A,<10,*,x", complete=False)) == []


def test_an_open_text_column_needs_a_star_to_be_complete() -> None:
    columns = '[inputs.code]\ntype = "text"\n[outputs.kind]\ntype = "text"\n'
    table = DecisionTable.parse("t", header(columns), "rule,code,kind\none,A|B,x\n")
    assert found(table) == ["t.csv: code: no row covers code = any other"]


def test_gaps_beyond_a_screenful_are_counted_not_listed() -> None:
    rows = [f"r{day},A,{day},{day},x" for day in range(30)]
    table = small(*rows)
    assert len(found(table)) == 21
    assert found(table)[-1].endswith("more than 20 such gaps: the rest is not listed")


def test_a_table_that_explodes_is_reported_instead_of_hanging() -> None:
    with patch("domain.policy.check.Coverage", lambda boxes: Coverage(boxes, patience=3)):
        problems = found(small("a,A,1,1,x", "b,A,2,2,x", "c,B,3,3,x", "d,*,4,4,x"))
    assert problems == [
        "small.csv: has too many combinations of inputs to check: split it, or compare fewer columns in a row"
    ]


def test_a_large_table_is_checked_quickly() -> None:
    rows = [f"r{n},{('A', 'B')[n % 2]},{n}..{n + 50},{n % 90},x" for n in range(400)]
    assert found(small(*rows, "rest,*,*,*,y")) == []


OVER = [Decimal(value) / 2 for value in range(11)]
DAYS = range(6)
BRACKETS = [("[", "]"), ("(", "]"), ("[", ")"), ("(", ")")]
COLUMNS = """
[inputs.segment]
type = "enum"
values = ["A", "B"]
[inputs.over]
type = "decimal"
min = 0
max = 5
[inputs.days]
type = "integer"
min = 0
max = 5
[outputs.action]
type = "text"
"""


@st.composite
def ranges(draw: st.DrawFn) -> str:
    low, high = sorted((draw(st.integers(0, 5)), draw(st.integers(0, 5))))
    opening, closing = draw(st.sampled_from(BRACKETS)) if high > low + 1 else BRACKETS[0]
    return draw(st.sampled_from([f"{opening}{low}..{high}{closing}", f"<={low}", f">={high}", str(low), "*"]))


table_rows = st.lists(st.tuples(st.sampled_from(["A", "B", "*"]), ranges(), ranges()), min_size=1, max_size=6)


@pytest.mark.parametrize("hit_policy", list(HitPolicy))
@settings(max_examples=150)
@given(cells=table_rows)
def test_the_check_agrees_with_trying_every_input(hit_policy: HitPolicy, cells: list[tuple[str, str, str]]) -> None:
    text = "rule,segment,over,days,action\n" + "".join(f"r{n},{','.join(row)},x\n" for n, row in enumerate(cells))
    table = DecisionTable.parse("t", header(COLUMNS, hit_policy=hit_policy), text)
    hits = [_hits(table, *point) for point in product(("A", "B"), OVER, DAYS)]
    messages = found(table)
    assert any("no row covers" in message for message in messages) == any(not hit for hit in hits)
    if hit_policy is HitPolicy.UNIQUE:
        assert any("matches the same" in message for message in messages) == any(len(hit) > 1 for hit in hits)
        return
    reached = {hit[0] for hit in hits if hit}
    never = {row.number for row in table.rows} - reached
    assert {int(message.split(":")[1]) for message in messages if "never matches" in message} == never


def _hits(table: DecisionTable, segment: str, over: Decimal, days: int) -> list[int]:
    points: tuple[Point, ...] = (segment, over, Decimal(days))
    return [
        row.number
        for row in table.rows
        if all(cell.covers(point) for cell, point in zip(row.conditions, points, strict=True))
    ]
