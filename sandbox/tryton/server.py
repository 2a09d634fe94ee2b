"""A Tryton as a child process, with its database: on SQLite for one at a time, on PostgreSQL for many."""

from __future__ import annotations

import json
import os
import shutil
import signal
import sqlite3
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path

from sandbox.processes import HOST, free_ports, signal_group, spawn
from sandbox.tryton.desk import Desk
from sandbox.tryton.installation import cache, fingerprint, install, one_at_a_time, program
from sandbox.tryton.postgres import Postgres
from sandbox.tryton.seed import OURS, SEED, fill

DATABASE = "meridian"
MODULES = (
    "sale_price_list",
    "sale_credit_limit",
    "sale_stock_quantity",
    "sale_shipment_cost",
    "sale_amendment",
    "stock_split",
)
PASSWORDS = {"admin": "admin-of-the-sandbox", OURS: "holdfast-of-the-sandbox"}
"""They stand in the databases that are kept, which listen on this machine only and hold nothing that anybody wants."""
_POLL = 0.2
_INITIALISED_WITHIN = 1800.0
_STARTED_WITHIN = 180.0
_THREADS = {"sqlite": 1, "postgresql": 8}


class Backend(StrEnum):
    """What holds the data. On SQLite, confirmations at the same time were seen to ship twice: one thread only."""

    SQLITE = "sqlite"
    POSTGRES = "postgresql"


class TrytonFailed(RuntimeError):
    """It did not come up or could not be filled; the message ends with what it said."""


class Tryton:
    """One server. Use `running`."""

    def __init__(self, directory: Path, backend: Backend) -> None:
        self.directory = directory
        self.backend = backend
        self.port = free_ports(1)[0]
        self._postgres = Postgres(directory / "postgres") if backend is Backend.POSTGRES else None
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Where it answers."""
        return f"http://{HOST}:{self.port}"

    def desk(self, user: str = "admin") -> Desk:
        """Somebody who works there."""
        desk = Desk(self.url, DATABASE, user, PASSWORDS[user])
        desk.works_for(desk.search("company.company")[0])
        return desk

    def start(self) -> None:
        """A filled database, from the cache if there is one of these versions, this seed and this month."""
        self.directory.mkdir(parents=True, exist_ok=True)
        kept = _kept(self.backend)
        with one_at_a_time(kept):
            if not kept.exists():
                self._make(kept)
                return
        self._begin_with(kept)
        self.serve()

    def _make(self, kept: Path) -> None:
        """A filled database from nothing, kept for the next time and served."""
        self._initialise()
        self.serve()
        first = Desk(self.url, DATABASE, "admin", PASSWORDS["admin"])
        with first:
            fill(first, PASSWORDS[OURS], datetime.now(UTC).date())
        self.stop_serving()
        self._keep(kept)
        self.serve()

    def serve(self) -> None:
        """Start the server on the database there is. Raises TrytonFailed."""
        self._configure()
        if self._postgres is not None:
            self._postgres.start()
        environment = {**os.environ, "TRYTOND_CONFIG": str(self._configuration), "TRYTOND_DATABASE_NAMES": DATABASE}
        threads = str(_THREADS[self.backend])
        command = [str(program("waitress-serve")), f"--host={HOST}", f"--port={self.port}", f"--threads={threads}"]
        with self._log.open("ab") as log:
            self._process = spawn([*command, "trytond.application:app"], environment, log)
        deadline = time.monotonic() + _STARTED_WITHIN
        while not self._answers():
            if self._process.poll() is not None or time.monotonic() > deadline:
                said = self._said()
                self.stop()
                raise TrytonFailed(f"Tryton did not come up: {said}")
            time.sleep(_POLL)

    def stop_serving(self) -> None:
        """End the server and its database, which is whole afterwards."""
        if self._process is not None:
            signal_group(self._process, signal.SIGTERM)
            try:
                self._process.wait(10)
            except subprocess.TimeoutExpired:
                signal_group(self._process, signal.SIGKILL)
                self._process.wait()
        self._process = None
        if self._postgres is not None:
            self._postgres.stop()

    def stop(self) -> None:
        """End everything. Safe to call twice."""
        self.stop_serving()
        if self._postgres is not None:
            self._postgres.discard()

    @property
    def _configuration(self) -> Path:
        return self.directory / "trytond.conf"

    @property
    def _log(self) -> Path:
        return self.directory / "tryton.log"

    @property
    def _file(self) -> Path:
        return self.directory / f"{DATABASE}.sqlite"

    def _configure(self) -> None:
        uri = "sqlite://" if self._postgres is None else self._postgres.uri
        lines = ["[database]", f"uri = {uri}", f"path = {self.directory}"]
        lines += ["[session]", "max_age = 86400", "timeout = 86400"]
        self._configuration.write_text("\n".join(lines) + "\n")

    def _initialise(self) -> None:
        """Create the tables. It takes a minute or several."""
        if self._postgres is None:
            self._file.touch()
        else:
            self._postgres.start()
            self._postgres.create(DATABASE)
        self._configure()
        self._admin("--update", *MODULES, "--activate-dependencies", "--email", "admin@example.com")
        if self._postgres is not None:
            self._postgres.stop()

    def _admin(self, *arguments: str) -> None:
        secret = self.directory / "password"
        secret.touch(mode=0o600)
        secret.write_text(PASSWORDS["admin"])
        command = [str(program("trytond-admin")), "-c", str(self._configuration), "-d", DATABASE, *arguments]
        environment = {**os.environ, "TRYTONPASSFILE": str(secret)}
        with self._log.open("ab") as log:
            process = spawn(command, environment, log)
        try:
            if process.wait(_INITIALISED_WITHIN):
                raise TrytonFailed(f"trytond-admin failed: {self._said()}")
        finally:
            signal_group(process, signal.SIGKILL)
            secret.unlink()

    def _begin_with(self, kept: Path) -> None:
        if self._postgres is None:
            shutil.copyfile(kept / self._file.name, self._file)
        else:
            self._postgres.take(kept / "data")

    def _keep(self, kept: Path) -> None:
        """Into the cache, whole or not at all; whoever was first is right."""
        scratch = kept.with_name(f"{kept.name}.{os.getpid()}")
        shutil.rmtree(scratch, ignore_errors=True)
        scratch.mkdir(parents=True)
        if self._postgres is None:
            with (
                closing(sqlite3.connect(self._file)) as source,
                closing(sqlite3.connect(scratch / self._file.name)) as copy,
            ):
                source.backup(copy)  # what stands in the journal yet is part of it
        else:
            shutil.copytree(self._postgres.data, scratch / "data", ignore=shutil.ignore_patterns("postmaster.*"))
        try:
            scratch.rename(kept)
        except OSError:
            shutil.rmtree(scratch, ignore_errors=True)

    def _answers(self) -> bool:
        body = json.dumps({"id": 0, "method": "common.server.version", "params": []}).encode()
        request = urllib.request.Request(f"{self.url}/rpc/", body, {"Content-Type": "application/json"})  # noqa: S310 - ours
        try:
            with urllib.request.urlopen(request, timeout=5) as answer:  # noqa: S310 - same
                return bool(answer.status)
        except OSError:
            return False

    def _said(self) -> str:
        return " / ".join(self._log.read_text(errors="replace").splitlines()[-3:]) or "nothing in its log"


@contextmanager
def running(directory: Path, backend: Backend) -> Iterator[Tryton]:
    """A filled Tryton, installed if need be. However the block ends, nothing of it is left running."""
    install()
    tryton = Tryton(directory, backend)
    try:
        tryton.start()
        yield tryton
    finally:
        tryton.stop()


def _kept(backend: Backend) -> Path:
    """By versions, seed and month: the books of a seed begin with the year, and its stock is of the day."""
    month = datetime.now(UTC).strftime("%Y-%m")
    return cache() / f"{backend}-{fingerprint()}-{SEED}-{month}"
