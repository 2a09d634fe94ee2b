from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtime.approvals.terminal_text import json_text, safe, span, time_left

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("plain text, ünïcode and 漢字", "plain text, ünïcode and 漢字"),
        ("\x1b[31mred\x1b[0m", r"\x1b[31mred\x1b[0m"),
        ("\x9b31mC1", r"\x9b31mC1"),
        ("\x1b]8;;http://evil\x07link", r"\x1b]8;;http://evil\x07link"),
        ("two\nlines\r\tand a tab", r"two\nlines\r\tand a tab"),
        ("abc\u202ecba\u2066x\u200f", r"abc\u202ecba\u2066x\u200f"),
        ("zero\u200bwidth\ufeff", r"zero\u200bwidth\ufeff"),
        ("line\u2028separator", r"line\u2028separator"),
        ("no\u00a0break", "no break"),
        ("\U000e0041tag", r"\U000e0041tag"),
        (12, "12"),
    ],
)
def test_what_could_steer_a_terminal_becomes_visible(written: object, shown: str) -> None:
    assert safe(written) == shown


@given(st.text())
def test_whatever_was_written_is_printable_on_one_line(text: str) -> None:
    assert safe(text).isprintable()


@given(st.text())
def test_json_is_ascii_without_controls_and_loses_nothing(text: str) -> None:
    written = json_text({"said": text})
    assert all(" " <= character <= "~" or character == "\n" for character in written)
    assert json.loads(written) == {"said": text}


@pytest.mark.parametrize(
    ("length", "shown"),
    [
        (timedelta(0), "0 s"),
        (timedelta(seconds=59.9), "59 s"),
        (timedelta(minutes=1), "1 min"),
        (timedelta(hours=3, minutes=5, seconds=59), "3 h 05 min"),
        (timedelta(days=2, hours=4), "2 d 4 h"),
        (timedelta(minutes=-5), "5 min"),
    ],
)
def test_a_span_is_told_in_its_two_greatest_units(length: timedelta, shown: str) -> None:
    assert span(length) == shown


def test_time_left_says_when_it_is_over() -> None:
    assert time_left(NOW + timedelta(minutes=5), NOW) == "5 min left"
    assert time_left(NOW - timedelta(minutes=5), NOW) == "5 min late"
