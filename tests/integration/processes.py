"""A program of the sandbox in a process of its own, and what it starts, by the kernel's own list."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from sandbox.stack import ROOT


class Started:
    """`python -m module arguments`, with its output in a file, and `folder` as its place for temporary files."""

    def __init__(self, module: str, folder: Path, *arguments: str) -> None:
        self._output = folder / "output"
        self._folder = f"TMPDIR={folder}"
        with self._output.open("wb") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", module, *arguments],
                cwd=ROOT,
                env=os.environ | {"TMPDIR": str(folder)},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    @property
    def ended(self) -> bool:
        """Whether it has ended."""
        return self.process.poll() is not None

    def said(self) -> str:
        """What it has written so far."""
        return self._output.read_text(errors="replace")

    def parts(self) -> dict[int, str]:
        """Its running children: process id to command line."""
        return {pid: _read(pid, "cmdline") for pid in _processes() if _parent(pid) == self.process.pid}

    def left(self) -> dict[int, str]:
        """Every running process that it or a child of it started, whoever its parent is now."""
        ours = [pid for pid in _processes() if self._folder in _read(pid, "environ").split() and alive(pid)]
        return {pid: _read(pid, "cmdline") for pid in ours}

    def kill(self) -> None:
        """End it at once, if it has not ended."""
        if not self.ended:
            self.process.kill()
        self.process.wait()


def eventually(condition: Callable[[], bool], within: float = 300) -> bool:
    """Whether the condition came true, on a machine that may have other things to do."""
    deadline = time.monotonic() + within
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.1)
    return condition()


def alive(pid: int) -> bool:
    """Whether there is such a process, and it has not ended."""
    return _stat(pid)[0] not in "XZ"


def _processes() -> list[int]:
    return [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit()]


def _parent(pid: int) -> int:
    return int(_stat(pid)[1])


def _stat(pid: int) -> list[str]:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return ["X", "0"]


def _read(pid: int, what: str) -> str:
    try:
        return Path(f"/proc/{pid}/{what}").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    except OSError:
        return ""
