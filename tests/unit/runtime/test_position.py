from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtime.event_records import Record
from runtime.position import Position, PositionUnusable


def record(number: int) -> Record:
    return Record(number, f"record {number}".encode(), 10)


@given(
    numbers=st.sets(st.integers(1, 60), min_size=1),
    choices=st.lists(st.booleans(), min_size=60, max_size=60),
    reached=st.integers(0, 60),
)
def test_what_is_done_is_never_done_again_and_the_rest_always_is(
    numbers: set[int], choices: list[bool], reached: int
) -> None:
    ordered = sorted(numbers)
    first = Position()
    finished = set()
    for number in ordered[:reached]:
        assert first.of("a").admits(record(number))
        if choices[number - 1]:
            first.of("a").done(record(number))
            finished.add(number)
    first.of("a").tidy()

    second = Position.model_validate_json(first.model_dump_json())

    assert {number for number in ordered if second.of("a").admits(record(number))} == numbers - finished


def test_a_long_run_is_remembered_in_few_numbers() -> None:
    position = Position()
    for number in range(1, 5_001):
        assert position.of("a").admits(record(number))
        position.of("a").done(record(number))
    assert len(position.of("a").done_beyond) < 1_000
    position.of("a").tidy()
    assert (position.of("a").done_through, position.of("a").done_beyond) == (5_000, set())


def test_what_was_rejected_is_counted_over_interruptions() -> None:
    position = Position()
    for number in (1, 2, 3):
        assert position.of("a").admits(record(number))
        position.of("a").done(record(number), rejected=number != 2)
    again = Position.model_validate_json(position.model_dump_json())
    assert [again.of("a").admits(record(number)) for number in (1, 2, 3, 4)] == [False, False, False, True]
    again.of("a").done(record(4), rejected=True)
    assert again.rejected(["a", "a", "b"]) == 3


def test_another_file_under_the_same_name_is_refused() -> None:
    position = Position()
    position.of("a").admits(record(1))
    again = Position.model_validate_json(position.model_dump_json())
    with pytest.raises(PositionUnusable):
        again.of("a").admits(Record(1, b"something else", 10))


def test_the_position_of_other_files_is_kept(tmp_path: Path) -> None:
    file = tmp_path / "position.json"
    interrupted = Position()
    interrupted.of("a")
    interrupted.save(file)

    other = Position.left(file)
    other.of("b")
    other.forget(["b"])
    other.save(file)

    assert Position.load(file).sources.keys() == {"a"}
    other.forget(["a"])
    other.save(file)
    assert not file.exists()


@pytest.mark.parametrize("content", ["", "{", '{"sources": 3}'])
def test_a_damaged_position_is_said_to_be_one(tmp_path: Path, content: str) -> None:
    file = tmp_path / "position.json"
    file.write_text(content)
    with pytest.raises(PositionUnusable, match=r"position\.json cannot be read"):
        Position.load(file)
