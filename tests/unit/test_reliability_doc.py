"""`docs/reliability.md` has every row of the table of faults, and names tests that `make faults` runs."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[2]
LINES = (ROOT / "docs" / "reliability.md").read_text().splitlines()
ROWS = [line for line in LINES if re.match(r"\| \d+ \|", line)]
MARKERS = re.compile(r"`(tests/[\w/]+\.py)(?:::(\w+))?`")


def test_every_row_is_there_once_in_order() -> None:
    assert [int(row.split("|")[1]) for row in ROWS] == list(range(1, 34))


def test_every_row_names_a_test_that_exists() -> None:
    for row in ROWS:
        named = MARKERS.findall(row)
        assert named or "not in this version" in row, row
        for file, function in named:
            assert f"def {function}" in (ROOT / file).read_text(), (file, function)


def test_make_faults_runs_all_of_them() -> None:
    command = [str(shutil.which("make")), "-n", "faults"]
    commands = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    run = [word for word in commands.split() if word.startswith("tests/")]
    named = {file for row in ROWS for file, _ in MARKERS.findall(row)}
    assert [file for file in sorted(named) if not any(file.startswith(each) for each in run)] == []
