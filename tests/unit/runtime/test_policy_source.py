from __future__ import annotations

import logging
import shutil
from pathlib import Path

import pytest

from domain.policy.policy_set import PolicyError
from runtime.policy_source import PolicySource

POLICIES = Path(__file__).parents[3] / "policies"


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    return shutil.copytree(POLICIES, tmp_path / "policies")


def another_person(directory: Path) -> None:
    file = directory / "people.csv"
    header, *rows = file.read_text().splitlines()
    columns = header.split(",")
    known = dict(zip(columns, rows[0].split(","), strict=False))
    row = ",".join("new.person" if column == "subject" else known.get(column, "") for column in columns)
    file.write_text("\n".join([header, *rows, row]) + "\n")


def test_a_change_is_in_force_at_the_next_look(directory: Path) -> None:
    clock = Clock()
    source = PolicySource([directory], clock)
    before = source()
    another_person(directory)
    assert source() is before
    clock.now += 3
    assert source().person("new.person") is not None
    assert source().version != before.version


def test_a_broken_change_is_logged_and_the_last_good_set_stays(
    directory: Path, caplog: pytest.LogCaptureFixture
) -> None:
    clock = Clock()
    source = PolicySource([directory], clock)
    before = source()
    table = directory / "tasks.csv"
    good = table.read_text()
    table.write_text(good.replace("kind", "knid", 1))
    for _ in range(3):
        clock.now += 3
        assert source() is before
    logged = [entry for entry in caplog.records if entry.levelno == logging.ERROR]
    assert len(logged) == 1
    assert "tasks.csv" in logged[0].getMessage()
    table.write_text(good)
    another_person(directory)
    clock.now += 3
    assert source().person("new.person") is not None


def test_nothing_is_read_while_nothing_changes(directory: Path) -> None:
    clock = Clock()
    source = PolicySource([directory], clock)
    before = source()
    clock.now += 100
    assert source() is before


def test_a_first_set_that_is_broken_is_refused(tmp_path: Path) -> None:
    with pytest.raises(PolicyError):
        PolicySource([tmp_path])
