from __future__ import annotations

import io
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtime import event_records
from runtime.event_records import LONGEST_KEPT, Record, read_records

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


def records(text: bytes) -> list[Record]:
    return list(read_records(io.BytesIO(text)))


def texts(text: bytes) -> list[bytes]:
    return [record.text for record in records(text)]


@given(
    values=st.lists(VALUES, min_size=1, max_size=6),
    indent=st.sampled_from([None, 2]),
    ascii_only=st.booleans(),
    chunk=st.integers(1, 40),
)
def test_an_array_is_cut_into_its_elements(
    values: list[Any], indent: int | None, *, ascii_only: bool, chunk: int
) -> None:
    written = json.dumps(values, indent=indent, ensure_ascii=ascii_only)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(event_records, "_CHUNK", chunk)
        found = records(written.encode("utf-8", "surrogatepass"))
    assert [json.loads(record.text.decode("utf-8", "surrogatepass")) for record in found] == values
    assert [record.number for record in found] == list(range(1, len(values) + 1))
    assert all(record.fault is None for record in found)


@given(text=st.binary(max_size=200))
def test_nothing_is_passed_over_in_silence(text: bytes) -> None:
    found = records(b"[" + text)
    kept = b"".join(record.text for record in found)
    marks = b" \t\r\n,[]"
    assert sorted(kept.translate(None, marks)) == sorted(text.translate(None, marks))


def test_lines_are_numbered_as_in_the_file_and_empty_ones_passed_over() -> None:
    found = records(b'{"a": 1}\n\n  \r\n{"b": 2}\r\n{"c": 3}')
    assert [(record.number, record.text) for record in found] == [(1, b'{"a": 1}'), (4, b'{"b": 2}'), (5, b'{"c": 3}')]


@pytest.mark.parametrize("text", [b"", b" \n ", b"[]", b"[ \n ]", b"\xef\xbb\xbf[]\n"])
def test_a_file_of_nothing_has_no_events(text: bytes) -> None:
    assert texts(text) == []


def test_a_byte_order_mark_is_no_part_of_the_first_event() -> None:
    assert texts(b'\xef\xbb\xbf{"a": 1}\n') == [b'{"a": 1}']


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        (b"[1, 2", "cut off"),
        (b"[1, 2,", "cut off"),
        (b"[", "cut off"),
        (b'["a', "cut off"),
        (b"[1] 2", "after the end"),
        (b"[1,,2]", "empty"),
        (b"[1, 2}", "cut off"),
    ],
)
def test_a_broken_array_is_said_to_be_one(text: bytes, fault: str) -> None:
    assert any(fault in (record.fault or "") for record in records(text))


@pytest.mark.parametrize("opening", [b"", b"["])
def test_of_what_is_far_too_long_the_beginning_is_kept(opening: bytes) -> None:
    long = b'"' + b"x" * (LONGEST_KEPT + 5) + b'"'
    separator, end = (b",", b"]") if opening else (b"\n", b"\n")
    first, second = records(opening + long + separator + b'"y"' + end)
    assert "more than any event may have" in (first.fault or "")
    assert len(first.text) == LONGEST_KEPT
    assert first.size > LONGEST_KEPT
    assert (second.number, second.text, second.fault) == (2, b'"y"', None)
