"""The real parts, started as a user starts them: `python -m sandbox.up`."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from sandbox.stack import ROOT, SERVICES

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="looks at processes in /proc")

PARTS = len(("up", "temporal", *SERVICES, "mailbox", "door", "worker"))
"""`sandbox.up` itself, Temporal, the services, the mailbox, the door and a worker."""


class Up:
    """`sandbox.up` in a process of its own, with its output in a file."""

    def __init__(self, folder: Path) -> None:
        self._output = folder / "output"
        with self._output.open("wb") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "sandbox.up"],
                cwd=ROOT,
                env=os.environ | {"TMPDIR": str(folder)},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def said(self) -> str:
        return self._output.read_text()

    def parts(self) -> dict[int, str]:
        """The running children: process id to command line."""
        return {pid: _command(pid) for pid in _processes() if _parent(pid) == self.process.pid}


@pytest.fixture
def up(tmp_path: Path) -> Iterator[Up]:
    up = Up(tmp_path)
    try:
        assert eventually(lambda: "Ctrl-C ends everything" in up.said() or up.process.poll() is not None), up.said()
        assert up.process.poll() is None, up.said()
        yield up
    finally:
        if up.process.poll() is None:
            up.process.kill()
        up.process.wait()


def test_ctrl_c_leaves_no_process_and_no_file(up: Up, tmp_path: Path) -> None:
    parts = up.parts()
    assert len(parts) == PARTS - 1, parts
    up.process.send_signal(signal.SIGINT)
    assert up.process.wait(30) == 0, up.said()
    assert not [pid for pid in parts if _alive(pid)]
    assert "nothing is left running" in up.said()
    assert [file.name for file in tmp_path.iterdir()] == ["output"]


def test_no_part_outlives_a_killed_supervisor(up: Up) -> None:
    parts = up.parts()
    up.process.send_signal(signal.SIGKILL)
    assert eventually(lambda: not [pid for pid in parts if _alive(pid)])


def test_the_crash_of_a_part_ends_the_rest_and_is_named(up: Up) -> None:
    parts = up.parts()
    crm = next(pid for pid, command in parts.items() if "sandbox.crm" in command)
    os.kill(crm, signal.SIGKILL)
    assert up.process.wait(30) == 3
    assert "crm ended by itself (killed by SIGKILL)" in up.said()
    assert not [pid for pid in parts if _alive(pid)]


def eventually(condition: Callable[[], bool], within: float = 90) -> bool:
    deadline = time.monotonic() + within
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.1)
    return condition()


def _processes() -> list[int]:
    return [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit()]


def _stat(pid: int) -> list[str]:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return ["X", "0"]


def _alive(pid: int) -> bool:
    return _stat(pid)[0] not in "XZ"


def _parent(pid: int) -> int:
    return int(_stat(pid)[1])


def _command(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()
    except OSError:
        return ""
