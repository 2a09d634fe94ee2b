from __future__ import annotations

import string
from datetime import datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.facts.integration import Proposal
from sandbox.edi import purchase_order
from sandbox.edi.records import CatalogueItem
from sandbox.edi.translation import propose
from sandbox.edi.x12 import (
    Delimiters,
    Fault,
    Group,
    Interchange,
    Segment,
    TransactionSet,
    Unparsable,
    parse,
    render,
)

WORDS = st.text(string.ascii_uppercase + string.digits, min_size=1, max_size=12)
ELEMENTS = st.text(string.ascii_letters + string.digits + " .,-/", max_size=20)
DELIMITERS = st.sampled_from(
    [Delimiters(), Delimiters(element="|", component=":", segment="'"), Delimiters(element="\x1d", segment="\x1c")]
)


@st.composite
def segments(draw: st.DrawFn) -> Segment:
    """A segment whose last element is not empty."""
    name = draw(st.sampled_from(["BEG", "REF", "N1", "PO1", "PID"]))
    return (name, *draw(st.lists(ELEMENTS, max_size=8)), draw(WORDS))


SETS = st.builds(
    TransactionSet,
    kind=st.sampled_from(["850", "860", "997"]),
    control=st.from_regex(r"[0-9]{4,9}", fullmatch=True),
    segments=st.lists(segments(), max_size=6).map(tuple),
)
GROUPS = st.builds(
    Group,
    kind=st.sampled_from(["PO", "PC", "FA"]),
    sender=WORDS,
    receiver=WORDS,
    control=st.from_regex(r"[1-9][0-9]{0,8}", fullmatch=True),
    version=st.just("005010"),
    sets=st.lists(SETS, min_size=1, max_size=3).map(tuple),
)
INTERCHANGES = st.builds(
    Interchange,
    sender_qualifier=st.sampled_from(["ZZ", "01", "12"]),
    sender=WORDS,
    receiver_qualifier=st.just("ZZ"),
    receiver=WORDS,
    control=st.from_regex(r"[0-9]{9}", fullmatch=True),
    at=st.datetimes(datetime(2001, 1, 1), datetime(2060, 1, 1)).map(  # noqa: DTZ001 - X12 has no zone
        lambda at: at.replace(second=0, microsecond=0)
    ),
    groups=st.lists(GROUPS, min_size=1, max_size=3).map(tuple),
    usage=st.sampled_from(["P", "T"]),
    delimiters=DELIMITERS,
)


@settings(max_examples=60, deadline=None)
@given(INTERCHANGES)
def test_what_is_rendered_is_parsed_as_it_was(interchange: Interchange) -> None:
    """Whatever the delimiters, with and without line breaks."""
    text = render(interchange)
    assert parse(text) == interchange
    assert parse(text.replace("\n", "")) == interchange


@settings(max_examples=100, deadline=None)
@given(INTERCHANGES, st.data())
def test_text_that_was_damaged_is_refused_or_read_but_never_a_crash(
    interchange: Interchange, data: st.DataObject
) -> None:
    """Any one character lost or changed."""
    text = render(interchange)
    at = data.draw(st.integers(0, len(text) - 1))
    damaged = text[:at] + data.draw(st.sampled_from(["", "~", "*", "X", "\x00"])) + text[at + 1 :]
    try:
        read = parse(damaged)
    except Unparsable:
        return
    for group in read.groups:
        for one in group.sets:
            purchase_order.read(one)


def test_an_element_that_holds_a_delimiter_is_not_sent() -> None:
    """It would be another document at the other end."""
    one = TransactionSet("850", "0001", (("REF", "DP", "A*B"),))
    group = Group("PO", "A", "B", "1", "005010", (one,))
    with pytest.raises(ValueError, match="REF"):
        render(Interchange("ZZ", "A", "ZZ", "B", "000000001", datetime(2026, 1, 1), (group,)))  # noqa: DTZ001


@pytest.mark.parametrize(("end", "code"), [(("SE", "3", "0002"), "3"), (("SE", "9", "0001"), "4")])
def test_a_set_that_does_not_end_as_it_began_is_at_fault(end: Segment, code: str) -> None:
    """By the codes of AK502: another control number, another count."""
    one = TransactionSet("850", "0001", (("BEG", "00", "SA", "PO-1"),))
    group = Group("PO", "A", "B", "1", "005010", (one,))
    text = render(Interchange("ZZ", "A", "ZZ", "B", "000000001", datetime(2026, 1, 1), (group,)))  # noqa: DTZ001
    (found,) = parse(text.replace("SE*3*0001", "*".join(end))).groups[0].sets
    assert found.faults == (Fault(code),)


CATALOGUE = [CatalogueItem(item="NUT-M8", numbers=("99-7",)), CatalogueItem(item="BOLT-M10")]


@pytest.mark.parametrize(
    ("part", "item", "least"), [("99-7", "NUT-M8", "0.98"), ("BOLTM10", "BOLT-M10", "1.0"), ("XYZ", None, "0")]
)
def test_a_part_is_proposed_as_the_item_that_has_its_number_or_is_written_alike(
    part: str, item: str | None, least: str
) -> None:
    """What resembles nothing has no proposal."""
    found: Proposal | None = propose(part, CATALOGUE)
    assert (found.item if found else None) == item
    assert (f"{found.confidence}" if found else "0") == least
