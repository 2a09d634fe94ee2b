from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from sandbox.stack import SERVICES
from tests.integration.sandbox.desk import ANYBODY, PATIENCE

ROOT = Path(__file__).parents[3]


@contextmanager
def ending(program: subprocess.Popen[str]) -> Iterator[None]:
    """Nothing is left of a program whose test failed."""
    try:
        yield
    finally:
        program.kill()


@pytest.mark.parametrize("name", [*(name for name in SERVICES if name != "erp"), "mailbox"])
def test_a_service_is_a_program_that_says_where_it_is(name: str, tmp_path: Path) -> None:
    settings = tmp_path / "settings.json"
    settings.write_text(json.dumps({"tokens": {"admin": "a"}}))
    command = [sys.executable, "-m", f"sandbox.{name}", "--port", "0", "--settings", str(settings)]
    command += ["--database", str(tmp_path / "state.db")]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as program, ending(program):
        assert program.stdout is not None
        said = json.loads(program.stdout.readline())
        assert said["service"] == name
        assert ("smtp" in said) == (name == "mailbox")
        assert ANYBODY.get(f"{said['url']}/healthz").json() == {"service": name, "status": "ok"}
        paths = ANYBODY.get(f"{said['url']}/openapi.json").json()["paths"]
        assert "/v1/ledger" in paths
        program.send_signal(signal.SIGTERM)
        assert program.wait(PATIENCE) == 0
