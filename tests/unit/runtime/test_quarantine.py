from __future__ import annotations

import json
from pathlib import Path

import pytest

from runtime.event_records import Record
from runtime.position import Position
from runtime.quarantine import Quarantine


def record(number: int) -> Record:
    return Record(number, f"record {number}".encode(), 10)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "quarantine.jsonl"


def test_a_position_saved_before_a_kill_is_reminded_of_what_was_rejected_since(file: Path) -> None:
    """Only of what its own run rejected: the file may hold lines about an earlier one under the same name."""
    quarantine, saved = Quarantine(file), Position()
    run = saved.of("a").run
    for number in (1, 2, 3):
        assert saved.of("a").admits(record(number))
    saved.of("a").done(record(1), rejected=True)
    quarantine.put(run, "a", record(1), "no event")
    quarantine.put(run, "a", record(3), "no event")
    quarantine.put("another run", "a", record(2), "no event")
    quarantine.put(run, "b", record(2), "no event")

    resumed = Position.model_validate_json(saved.model_dump_json())
    quarantine.remind(resumed)

    assert [resumed.of("a").admits(record(number)) for number in (1, 2, 3)] == [False, True, False]
    assert resumed.rejected(["a"]) == 2


def test_a_line_that_was_being_written_at_a_kill_is_taken_out(file: Path) -> None:
    quarantine = Quarantine(file)
    quarantine.mend()
    for number in (1, 2):
        quarantine.put("run", "a", record(number), "no event")
    whole = file.read_bytes()
    for cut in (3, 40):
        file.write_bytes(whole[: whole.index(b"\n") + 1 + cut])
        quarantine.mend()
        quarantine.put("run", "a", record(2), "no event")
        assert [json.loads(line)["position"] for line in file.read_text().splitlines()] == [1, 2]


def test_what_is_not_ours_is_left_as_it_is(file: Path) -> None:
    file.write_text("a note without an end of line")
    quarantine = Quarantine(file)
    quarantine.mend()
    quarantine.remind(Position())
    assert file.read_text() == "a note without an end of line"
