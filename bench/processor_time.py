"""Processor time of the parts of a stack, from /proc: Linux only, and no dependency."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from pathlib import Path

from sandbox.stack import SERVICES, Stack

_TICKS = os.sysconf("SC_CLK_TCK")
_USER, _SYSTEM = 11, 12
"""Fields of /proc/PID/stat, counted from behind the program's name."""
PARTS = ("server", "worker", "door", "enterprise")


def spent(stack: Stack, worker: str) -> Mapping[str, float]:
    """Seconds that each of PARTS has computed since it started, all its threads together."""
    names = {"server": ["temporal"], "worker": [worker], "door": ["door"], "enterprise": [*SERVICES, "mailbox"]}
    return {part: _seconds(map(stack.supervisor.process_id, names[part])) for part in PARTS}


def _seconds(processes: Iterable[int]) -> float:
    return sum(map(_ticks, processes)) / _TICKS


def _ticks(process: int) -> int:
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return int(fields[_USER]) + int(fields[_SYSTEM])
