"""`make demo`, stopped in the middle of its day, when people and customers are at work too."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.integration.processes import Started, alive, eventually
from tests.integration.test_stack import PARTS

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="looks at processes in /proc")

_ENDS_WITHIN = 180
"""Seconds: eight are enough on a machine that has nothing else to do."""


@pytest.fixture
def demo(tmp_path: Path) -> Iterator[Started]:
    demo = Started("sandbox.demo", tmp_path)
    try:
        assert eventually(lambda: ": held (" in demo.said() or demo.ended), demo.said()
        assert not demo.ended, demo.said()
        yield demo
    finally:
        demo.kill()


def _ctrl_c(demo: Started) -> None:
    """As a terminal does it: to every process of the group."""
    os.killpg(demo.process.pid, signal.SIGINT)


def _terminated(demo: Started) -> None:
    """As a service manager does it."""
    demo.process.send_signal(signal.SIGTERM)


@pytest.mark.parametrize("stop", [_ctrl_c, _terminated])
def test_stopping_the_demo_leaves_no_process_and_no_file(
    demo: Started, tmp_path: Path, stop: Callable[[Started], None]
) -> None:
    assert eventually(lambda: any("approver.py" in command for command in demo.parts().values()))
    parts = demo.parts()
    ours = [command for command in parts.values() if "approver.py" not in command]
    assert len(ours) == len((*PARTS, "the second worker")), parts
    stop(demo)
    assert demo.process.wait(_ENDS_WITHIN) == 130, demo.said()
    assert "nothing is left running" in demo.said()
    assert not [command for pid, command in parts.items() if alive(pid)]
    assert not demo.left()
    assert [file.name for file in tmp_path.iterdir()] == ["output"]
