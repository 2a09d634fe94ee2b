from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from sandbox.stack import SERVICES

ROOT = Path(__file__).parents[3]


@pytest.mark.parametrize("name", [*(name for name in SERVICES if name != "erp"), "mailbox"])
def test_a_service_is_a_program_that_says_where_it_is(name: str, tmp_path: Path) -> None:
    settings = tmp_path / "settings.json"
    settings.write_text(json.dumps({"tokens": {"admin": "a"}}))
    command = [sys.executable, "-m", f"sandbox.{name}", "--port", "0", "--settings", str(settings)]
    command += ["--database", str(tmp_path / "state.db")]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as program:
        assert program.stdout is not None
        said = json.loads(program.stdout.readline())
        assert said["service"] == name
        assert ("smtp" in said) == (name == "mailbox")
        assert httpx.get(f"{said['url']}/healthz").json() == {"service": name, "status": "ok"}
        paths = httpx.get(f"{said['url']}/openapi.json").json()["paths"]
        assert "/v1/ledger" in paths
        program.send_signal(signal.SIGTERM)
        assert program.wait(10) == 0
