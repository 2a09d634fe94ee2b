"""Processes that belong together: started, watched, killed and restarted on purpose, and never left behind.

A crash of one part ends the work of all, and says which part it was and what it said last.
"""

from __future__ import annotations

import asyncio
import contextlib
import signal
import ssl
import subprocess
import time
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self, TypeVar

import httpx

from sandbox.concurrent import alongside
from sandbox.processes import signal_group, spawn

T = TypeVar("T")

READY_WITHIN = 180.0
"""Seconds a part may take to become healthy, on a loaded machine."""
END_WITHIN = 8.0
"""Seconds the parts may take to end by themselves before they are killed."""
_ANSWERS_WITHIN = 10.0
_LOOK_EVERY = 0.1
_NO_TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
"""Parts speak plain HTTP: no certificates are loaded at every look."""
_LAST_LINES = 15


class PartCrashed(RuntimeError):
    """A part ended that nobody had told to end."""


class PartNotReady(RuntimeError):
    """A part runs, but did not become healthy in time."""


@dataclass(frozen=True)
class Part:
    """One process: how to start it, its whole environment, and how to see that it is ready (None: once it runs)."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str]
    ready: Callable[[], Awaitable[bool]] | None = None
    directory: Path | None = None


def answers(url: str) -> Callable[[], Awaitable[bool]]:
    """A readiness check: whether a GET of `url` is answered with success."""

    async def check() -> bool:
        async with httpx.AsyncClient(timeout=_ANSWERS_WITHIN, trust_env=False, verify=_NO_TLS) as client:
            try:
                return (await client.get(url)).is_success
            except httpx.HTTPError:
                return False

    return check


class Supervisor:
    """The parts that run now. Use it as an asynchronous context manager: leaving it ends every part."""

    def __init__(self, logs: Path) -> None:
        self.logs = logs
        self._parts: dict[str, Part] = {}
        self._waves: dict[str, int] = {}
        self._running: dict[str, subprocess.Popen[bytes]] = {}

    async def __aenter__(self) -> Self:
        self.logs.mkdir(parents=True, exist_ok=True)
        return self

    async def __aexit__(self, *_: object) -> None:
        self.stop()

    async def start(self, *parts: Part) -> None:
        """Start `parts` together and wait until all are ready. Raises PartCrashed or PartNotReady."""
        wave = max(self._waves.values(), default=0) + 1
        for part in parts:
            self._parts[part.name] = part
            self._waves.setdefault(part.name, wave)
            self._running[part.name] = self._spawn(part)
        await self.guard(_all(self._until_ready(part) for part in parts))

    def kill(self, name: str, how: signal.Signals = signal.SIGKILL) -> None:
        """End one part on purpose; this is not taken for a crash."""
        process = self._running.pop(name)
        signal_group(process, how)
        process.wait()

    async def restart(self, name: str) -> None:
        """Start a part again that was killed."""
        await self.start(self._parts[name])

    def process_id(self, name: str) -> int:
        """The process id of a running part."""
        return self._running[name].pid

    def log_file(self, name: str) -> Path:
        """Where a part's output goes."""
        return self.logs / f"{name}.log"

    async def guard(self, work: Coroutine[Any, Any, T]) -> T:
        """Do `work`, but give up with PartCrashed as soon as any part has ended by itself."""
        return await alongside(work, self._crash())

    def stop(self) -> None:
        """End all parts; those that were started last first, because they need the others to end well. What has not
        ended in time is killed. Safe to call twice.
        """
        running, self._running = self._running, {}
        for wave in sorted(set(self._waves.values()), reverse=True):
            _end([process for name, process in running.items() if self._waves[name] == wave])

    def _spawn(self, part: Part) -> subprocess.Popen[bytes]:
        with self.log_file(part.name).open("ab") as log:
            return spawn(part.command, part.environment, log, part.directory)

    async def _until_ready(self, part: Part) -> None:
        deadline = time.monotonic() + READY_WITHIN
        while part.ready is not None and not await part.ready():
            if time.monotonic() > deadline:
                raise PartNotReady(f"{part.name} was not ready after {READY_WITHIN:.0f} s\n{self._story(part.name)}")
            await asyncio.sleep(_LOOK_EVERY)

    async def _crash(self) -> None:
        while True:
            for name, process in self._running.items():
                if process.poll() is not None:
                    raise PartCrashed(f"{name} ended by itself ({_ending(process.returncode)})\n{self._story(name)}")
            await asyncio.sleep(_LOOK_EVERY)

    def _story(self, name: str) -> str:
        lines = self.log_file(name).read_text(errors="replace").splitlines()[-_LAST_LINES:]
        return "\n".join([f"last lines of {self.log_file(name)}:", *(f"  {line}" for line in lines)])


def _end(processes: Sequence[subprocess.Popen[bytes]]) -> None:
    for process in processes:
        signal_group(process, signal.SIGTERM)
    deadline = time.monotonic() + END_WITHIN
    for process in processes:
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(max(0.0, deadline - time.monotonic()))
    for process in processes:
        if process.poll() is None:
            signal_group(process, signal.SIGKILL)
            process.wait()


async def _all(works: Iterable[Coroutine[Any, Any, None]]) -> None:
    await asyncio.gather(*works)


def _ending(status: int) -> str:
    return f"killed by {signal.Signals(-status).name}" if status < 0 else f"exit status {status}"
