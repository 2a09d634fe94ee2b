"""A table: read, asked, and refused with every problem named."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from domain.policy.table import DecisionTable, InputError, PolicyError
from tests.unit.policy.tables import SMALL, header, small


def problems(header_text: str, rows: str) -> list[str]:
    """What is said about a table that cannot be read."""
    with pytest.raises(PolicyError) as caught:
        DecisionTable.parse("t", header_text, rows)
    return [str(problem) for problem in caught.value.problems]


def test_the_first_matching_row_counts() -> None:
    table = small("exact,A,<=10,*,release", "rest,*,*,*,ask")
    match = table.decide(segment="A", over=Decimal(10), days=3)
    assert match is not None
    assert (match.rule, match.row, match.text("action")) == ("exact", 2, "release")
    assert match.hit.model_dump() == {"table": "small", "row": 2, "rule": "exact"}


def test_no_row_means_ask_a_person() -> None:
    assert small("only,A,*,*,release").decide(segment="B", over=Decimal(1), days=0) is None


@pytest.mark.parametrize(("segment", "over", "days"), [("Z", 1, 0), ("A", -1, 0), ("A", 1, 91)])
def test_a_value_the_header_does_not_know_matches_no_row_not_even_a_star(segment: str, over: int, days: int) -> None:
    assert small("all,*,*,*,release").decide(segment=segment, over=over, days=days) is None


@pytest.mark.parametrize(
    "inputs",
    [
        {"segment": "A", "over": Decimal(1)},
        {"segment": "A", "over": Decimal(1), "days": 1, "more": 1},
        {"segment": "A", "over": 1.5, "days": 1},
        {"segment": "A", "over": Decimal(1), "days": True},
        {"segment": None, "over": Decimal(1), "days": 1},
    ],
    ids=["missing", "superfluous", "a float", "a truth value as a number", "nothing"],
)
def test_the_program_must_ask_what_the_header_says(inputs: dict[str, object]) -> None:
    with pytest.raises(InputError):
        small("all,*,*,*,release").decide(**inputs)


OUTPUTS = """
[inputs.segment]
type = "enum"
values = ["A"]

[outputs.amount]
type = "decimal"
min = 0
max = 100
optional = true
[outputs.count]
type = "integer"
[outputs.flag]
type = "boolean"
[outputs.wait]
type = "duration"
[outputs.names]
type = "text"
list = true
optional = true
[outputs.escalate]
type = "milestones"
optional = true
[outputs.color]
type = "enum"
values = ["RED", "GREEN"]
"""
OUTPUT_NAMES = "rule,segment,amount,count,flag,wait,names,escalate,color\n"


def test_outputs_are_typed() -> None:
    table = DecisionTable.parse("t", header(OUTPUTS), f"{OUTPUT_NAMES}r,A,2.5,3,TRUE,15m,a|b,80:x|100:y,RED\n")
    match = table.decide(segment="A")
    assert match is not None
    assert match.number("amount") == Decimal("2.5")
    assert (match.whole("count"), match.number("count")) == (3, Decimal(3))
    assert match.flag("flag") is True
    assert match.duration("wait") == timedelta(minutes=15)
    assert match.names("names") == ("a", "b")
    assert match.milestones("escalate") == ((80, "x"), (100, "y"))
    assert match.text("color") == "RED"


def test_an_empty_optional_cell_is_nothing_and_an_empty_list_is_empty() -> None:
    table = DecisionTable.parse("t", header(OUTPUTS), f"{OUTPUT_NAMES}r,A,,3,true,15m,,,RED\n")
    match = table.decide(segment="A")
    assert match is not None
    assert match.maybe_number("amount") is None
    assert match.names("names") == ()
    assert match.milestones("escalate") == ()
    with pytest.raises(InputError, match="leaves 'amount' empty"):
        match.number("amount")
    with pytest.raises(InputError, match="not str"):
        match.text("count")
    with pytest.raises(InputError, match="has no output"):
        match.text("colour")


def test_every_bad_cell_is_named_at_once_with_row_and_column() -> None:
    found = problems(header(OUTPUTS), f"{OUTPUT_NAMES}r,A,101,x,maybe,soon,a||b,80,REDD\n")
    assert [line.split(": ")[:2] for line in found] == [
        ["t.csv:2", column] for column in ("amount", "count", "flag", "wait", "names", "escalate", "color")
    ]
    assert found[-1].endswith("'REDD' is not known: did you mean RED?")


def test_typos_in_column_names_values_and_rule_names_are_found() -> None:
    rows = "rule,segmnt,over,days,action\nx,A,*,*,a\nx,A,<=x,*,\n,A,*,100..200,a\ny,A\n"
    assert problems(header(SMALL), rows) == [
        "t.csv:5: has 2 cells under 5 column names",
        "t.csv:1: segment: is in the header, but the sheet has no such column",
        "t.csv:1: segmnt: the header has no such column: 'segmnt' is not known: did you mean segment?",
        "t.csv:3: over: 'x' is not a number: write it like 25000 or 2.5, without separators for thousands",
        "t.csv:3: action: is empty, and this column has no default",
        "t.csv:4: days: '100..200' never matches: the column's min and max exclude it",
        "t.csv:3: rule: 'x' is also the name of row 2",
        "t.csv:4: rule: is empty: every row has a name, by which people and the audit know it",
    ]


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        (SMALL + "[outputs.segment]\ntype = 'text'\n", "both an input and an output"),
        (SMALL + "[outputs.note]\ntype = 'text'\n", "column that every table has"),
        (SMALL.replace('"integer"', '"number"'), "inputs.days.type"),
        (SMALL.replace("max = 90", "mx = 90"), "inputs.days.mx: is not known here"),
        (SMALL.replace("min = 0\nmax", "min = 91\nmax"), "min above its max"),
        (SMALL.replace("max = 90", "max = 'x'"), "not a number"),
        (SMALL.replace('values = ["A", "B"]', ""), "needs the list of its values"),
        (SMALL.replace('["A", "B"]', '["@Nothing"]'), "no list of words called @Nothing"),
        (SMALL + 'values = ["x"]\n', "but its type is text"),
        (SMALL + "min = 1\n", "has min or max"),
        ("[inputs", "cannot be read as TOML"),
    ],
)
def test_a_wrong_header_is_explained(columns: str, message: str) -> None:
    assert message in "\n".join(problems(header(columns), "rule,segment,over,days,action\nall,*,*,*,x\n"))


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ("", "t.csv:1: is empty"),
        ("rule,segment,segment,days,action\n", "names segment twice"),
        ("rule,,over,days,action\n", "column without a name"),
        ("rule,segment,over,days,action\n", "has no rows"),
        ('rule,segment,over,days,action\nx,"A"B,*,*,x\n', "cannot be read as CSV"),
        ("segment,rule,over,days,action\n*,x,*,*,x\n", "comes first"),
    ],
)
def test_a_wrong_sheet_is_explained(rows: str, message: str) -> None:
    assert message in "\n".join(problems(header(SMALL), rows))


def test_what_spreadsheets_do_to_a_file_does_no_harm() -> None:
    rows = '\ufeffrule;segment;over;days;action\r\n"all";*;*;*;"x\r\ny"\r\n;;;;\r\nlast;A;*;*;z\r\n'
    table = DecisionTable.parse("t", header(SMALL), rows)
    assert [(row.rule, row.number) for row in table.rows] == [("all", 2), ("last", 5)]
