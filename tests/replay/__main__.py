"""`python -m tests.replay` (`make histories`): record the histories of this version anew.

The lifecycle's own tests run once with a plugin that keeps what they play, then a short day on the real stack, with all
types of exception. The folders of other versions stay as they are: what was released is never recorded again.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.replay.corpus import HISTORIES, ROOT, lacking, recorded, this_version, write_expected
from tests.replay.day import record_day
from tests.replay.recording import INTO
from tests.replay.story import replayed

_SEEDS = (5, 6, 7)

LIFECYCLE = (
    "touchless",
    "questions",
    "endings",
    "outages",
    "common_outages",
    "news",
    "customer_time",
    "root_cause",
    "long_histories",
    "interleavings",
    "hold_watch",
)


def main() -> int:
    """Replace the folder only once everything was recorded."""
    with TemporaryDirectory(prefix="holdfast-") as scratch:
        folder = Path(scratch) / "histories"
        folder.mkdir()
        if _play_lifecycle(folder):
            _play_lifecycle(folder, "--last-failed")
        missing = _record_days(folder)
        wrong = asyncio.run(_not_repeated(folder))
        if missing or wrong:
            print(f"nothing was replaced. Not recorded: {missing}; today's code does not repeat: {wrong}")  # noqa: T201
            return 1
        target = HISTORIES / this_version()
        shutil.rmtree(target, ignore_errors=True)
        shutil.copytree(folder, target)
    size = sum(file.stat().st_size for file in target.iterdir())
    print(f"{len(list(target.iterdir())) - 1} histories of version {this_version()}, {size / 1e6:.1f} MB")  # noqa: T201
    return 0


def _record_days(folder: Path) -> list[str]:
    """What is lacking after a day; another day, and what came of the first is kept, as long as something is."""
    for seed in _SEEDS:
        asyncio.run(record_day(folder, seed))
        missing = lacking(write_expected(folder).values())
        if not missing:
            break
        print(f"not seen on that day, so another one is played: {missing}")  # noqa: T201 - what is done
    return missing


async def _not_repeated(folder: Path) -> list[str]:
    """Histories that the code which made them does not make again: that would be a defect of the code."""
    return [f"{name}: {found}" for name, history in recorded(folder) if not (found := await replayed(history)).same]


def _play_lifecycle(folder: Path, *options: str) -> int:
    """Whether a test failed. On a busy machine one may, and is played again; tests/replay says what is lacking then."""
    tests = [f"tests/workflow/test_{name}.py" for name in LIFECYCLE]
    command = [sys.executable, "-m", "pytest", "-p", "tests.replay.recording", *options, *tests]
    environment = os.environ | {INTO: str(folder)}
    return subprocess.run(command, cwd=ROOT, env=environment, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
