"""The real parts, started as a user starts them: `python -m sandbox.up`."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox.stack import SERVICES
from tests.integration.processes import Started, alive, eventually

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="looks at processes in /proc")

PARTS = ("temporal", *SERVICES, "mailbox", "door", "worker")
_ENDS_WITHIN = 120
"""Seconds: eight are enough on a machine that has nothing else to do."""


@pytest.fixture
def up(tmp_path: Path) -> Iterator[Started]:
    up = Started("sandbox.up", tmp_path)
    try:
        assert eventually(lambda: "Ctrl-C ends everything" in up.said() or up.ended), up.said()
        assert not up.ended, up.said()
        yield up
    finally:
        up.kill()


def test_ctrl_c_leaves_no_process_and_no_file(up: Started, tmp_path: Path) -> None:
    parts = up.parts()
    assert len(parts) == len(PARTS), parts
    up.process.send_signal(signal.SIGINT)
    assert up.process.wait(_ENDS_WITHIN) == 0, up.said()
    assert not [pid for pid in parts if alive(pid)]
    assert not up.left()
    assert "nothing is left running" in up.said()
    assert [file.name for file in tmp_path.iterdir()] == ["output"]


def test_no_part_outlives_a_killed_supervisor(up: Started) -> None:
    parts = up.parts()
    up.process.send_signal(signal.SIGKILL)
    assert eventually(lambda: not [pid for pid in parts if alive(pid)])


def test_the_crash_of_a_part_ends_the_rest_and_is_named(up: Started) -> None:
    parts = up.parts()
    crm = next(pid for pid, command in parts.items() if "sandbox.crm" in command)
    os.kill(crm, signal.SIGKILL)
    assert up.process.wait(_ENDS_WITHIN) == 3
    assert "crm ended by itself (killed by SIGKILL)" in up.said()
    assert not [pid for pid in parts if alive(pid)]
