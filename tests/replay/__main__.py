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

from tests.replay.corpus import HISTORIES, ROOT, this_version, write_expected
from tests.replay.day import record_day
from tests.replay.recording import INTO

LIFECYCLE = (
    "touchless",
    "questions",
    "endings",
    "outages",
    "news",
    "customer_time",
    "root_cause",
    "long_histories",
    "interleavings",
)


def main() -> int:
    """Replace the folder only once everything was recorded."""
    with TemporaryDirectory(prefix="holdfast-") as scratch:
        folder = Path(scratch) / "histories"
        folder.mkdir()
        if _play_lifecycle(folder):
            _play_lifecycle(folder, "--last-failed")
        asyncio.run(record_day(folder))
        target = HISTORIES / this_version()
        shutil.rmtree(target, ignore_errors=True)
        shutil.copytree(folder, target)
    stories = write_expected(target)
    size = sum(file.stat().st_size for file in target.iterdir())
    print(f"{len(stories)} histories of version {this_version()}, {size / 1e6:.1f} MB")  # noqa: T201 - what was done
    return 0


def _play_lifecycle(folder: Path, *options: str) -> int:
    """Whether a test failed. On a busy machine one may, and is played again; tests/replay says what is lacking then."""
    tests = [f"tests/workflow/test_{name}.py" for name in LIFECYCLE]
    command = [sys.executable, "-m", "pytest", "-p", "tests.replay.recording", *options, *tests]
    environment = os.environ | {INTO: str(folder)}
    return subprocess.run(command, cwd=ROOT, env=environment, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
