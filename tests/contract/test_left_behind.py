"""A run that is killed takes its Tryton along, and its PostgreSQL."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox.stack import ROOT
from tests.contract.conftest import BACKEND

PATIENCE = 600.0
_RUN = """
import sys, time
from pathlib import Path
from sandbox.tryton.server import Backend, running
with running(Path(sys.argv[1]), Backend(sys.argv[2])):
    print("up", flush=True)
    time.sleep(3600)
"""


@pytest.fixture
def scratch() -> Iterator[Path]:
    """For the files, which nobody takes away when a run is killed. A PostgreSQL as nobody wants to get in."""
    folder = Path(tempfile.mkdtemp(prefix="holdfast-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


@pytest.mark.skipif(sys.platform != "linux", reason="only there the kernel tells a process that its parent died")
def test_a_run_that_is_killed_leaves_no_process_behind(scratch: Path) -> None:
    command = [sys.executable, "-c", _RUN, str(scratch / "erp"), BACKEND.value]
    environment = os.environ | {"TMPDIR": str(scratch)}
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, env=environment) as run:
        try:
            assert run.stdout is not None
            assert run.stdout.readline() == b"up\n"
            started = [*descendants(run.pid)]
        finally:
            run.send_signal(signal.SIGKILL)
    assert started
    deadline = time.monotonic() + PATIENCE
    while left := [pid for pid in started if is_alive(pid)]:
        assert time.monotonic() < deadline, f"{left} are left"
        time.sleep(0.1)


def descendants(pid: int) -> Iterator[int]:
    """The processes that it started, and those that these started."""
    for directory in Path("/proc").glob("[0-9]*"):
        if _status(int(directory.name)).get("PPid") == str(pid):
            yield int(directory.name)
            yield from descendants(int(directory.name))


def is_alive(pid: int) -> bool:
    """Whether it still does something."""
    return _status(pid).get("State", "Z")[0] not in "ZX"


def _status(pid: int) -> dict[str, str]:
    try:
        lines = Path(f"/proc/{pid}/status").read_text(encoding="utf-8").splitlines()
    except (FileNotFoundError, ProcessLookupError):
        return {}
    return {name: value.strip() for name, _, value in (line.partition(":") for line in lines)}
