"""Operators read encrypted cases with Temporal's own CLI, through the codec server, and nobody else does."""

from __future__ import annotations

import base64
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from runtime.encryption.keyring import Keyring, new_key
from sandbox.processes import free_ports
from sandbox.temporal_server import TemporalServer, _binary
from tests.faults.cases import OpenCase, client_with
from tests.integration.processes import eventually

ROOT = Path(__file__).parents[2]
KEYS = new_key("ours")
TOKEN = "the-token-of-the-codec-server"
REF = base64.b64encode(b'{"ref":{"tenant":"acme"').decode()[:28]
"""How the argument of every case begins."""


def environment(server: TemporalServer, **more: str) -> dict[str, str]:
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("HOLDFAST_", "TEMPORAL_"))}
    return inherited | {
        "TEMPORAL_ADDRESS": server.address,
        "HOLDFAST_ENVIRONMENT": "test",
        "HOLDFAST_ENCRYPTION__KEYS": KEYS,
        **more,
    }


def command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "runtime.encryption", *arguments]


@contextmanager
def codec_server(server: TemporalServer) -> Iterator[str]:
    bind = f"127.0.0.1:{free_ports(1)[0]}"
    settings = environment(server, HOLDFAST_CODEC_SERVER__BIND=bind, HOLDFAST_CODEC_SERVER__TOKEN=TOKEN)
    process = subprocess.Popen(command("serve"), cwd=ROOT, env=settings)
    try:
        assert eventually(lambda: answers(f"http://{bind}/healthz") or process.poll() is not None)
        assert process.poll() is None, "it ended"
        yield f"http://{bind}"
    finally:
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0


def answers(url: str) -> bool:
    try:
        return httpx.get(url, trust_env=False).is_success
    except httpx.TransportError:
        return False


def shown(server: TemporalServer, workflow_id: str, *options: str) -> subprocess.CompletedProcess[str]:
    """The history, payloads as base64."""
    return subprocess.run(
        [
            *(_binary(), "workflow", "show", "--workflow-id", workflow_id, "--address", server.address),
            *("--output", "json", "--disable-config-file", "--disable-config-env", *options),
        ],
        env=server.environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


async def test_the_temporal_cli_reads_a_case_through_the_codec_server(tmp_path: Path) -> None:
    with TemporalServer(tmp_path) as server, codec_server(server) as url:
        case = OpenCase.new(await client_with(server, Keyring.parse(KEYS)))
        await case.start()
        assert REF not in shown(server, case.workflow_id).stdout
        read = shown(server, case.workflow_id, "--codec-endpoint", url, "--codec-auth", f"Bearer {TOKEN}")
        assert REF in read.stdout, read.stderr
        refused = shown(server, case.workflow_id, "--codec-endpoint", url, "--codec-auth", "Bearer wrong")
        assert REF not in refused.stdout


@pytest.mark.parametrize("arguments", [("serve",), ("check", "--without", "made-up")])
def test_without_what_it_needs_a_tool_says_what_is_missing(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    done = subprocess.run(
        command(*arguments),
        cwd=ROOT,
        env=environment(TemporalServer(tmp_path)),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 2
    assert ("codec_server.token" if arguments == ("serve",) else "made-up") in done.stderr
    assert KEYS.partition(":")[2] not in done.stderr
