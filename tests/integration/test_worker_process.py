from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from runtime.delivery import Delivery
from runtime.encryption.keyring import new_key
from runtime.intake import Intake
from runtime.settings import EncryptionSettings
from runtime.temporal import open_client
from sandbox.processes import free_ports
from sandbox.temporal_server import TemporalServer
from tests.integration.door.stage import event, parsed
from workflows.order_exception import OrderException

ROOT = Path(__file__).parents[2]
PROD = {"HOLDFAST_ENVIRONMENT": "prod", "HOLDFAST_ENCRYPTION__KEYS": new_key("tests")}
PATIENCE = 120.0
"""Seconds until a test gives up waiting, on a machine that has other things to do."""
SYSTEMS = ("erp", "wms", "tms", "crm", "pricing", "credit", "tax", "edi")


@pytest.fixture(scope="module")
def temporal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TemporalServer]:
    with TemporalServer(tmp_path_factory.mktemp("temporal")) as server:
        yield server


def settings(**more: str) -> dict[str, str]:
    """A worker's environment in which no system answers."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("HOLDFAST_", "TEMPORAL_"))}
    systems = {f"HOLDFAST_SYSTEMS__{name.upper()}__URL": "http://127.0.0.1:9" for name in SYSTEMS}
    notifications = {"HOLDFAST_NOTIFICATIONS__SMTP_HOST": "127.0.0.1"}
    return inherited | systems | notifications | {"HOLDFAST_ENVIRONMENT": "dev"} | more


class Running:
    """A worker process, its health endpoint and its metrics."""

    def __init__(self, process: subprocess.Popen[bytes], health: int, metrics: int, log: Path) -> None:
        self.process = process
        self.log = log
        self._health = f"http://127.0.0.1:{health}"
        self._metrics = f"http://127.0.0.1:{metrics}/metrics"
        self._anybody = httpx.Client(timeout=PATIENCE, trust_env=False)

    def status(self, path: str) -> int:
        try:
            return self._anybody.get(self._health + path).status_code
        except httpx.TransportError:
            return 0

    def said(self, path: str) -> dict[str, Any]:
        document: dict[str, Any] = httpx.get(self._health + path).json()
        return document

    @property
    def metrics(self) -> str:
        return self._anybody.get(self._metrics).text

    @property
    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.log.read_text().splitlines()]


@contextmanager
def worker(server: TemporalServer, directory: Path) -> Iterator[Running]:
    health, metrics = free_ports(2)
    environment = settings(
        TEMPORAL_ADDRESS=server.address,
        HOLDFAST_OBSERVATION__HEALTH_BIND=f"127.0.0.1:{health}",
        HOLDFAST_OBSERVATION__METRICS_BIND=f"127.0.0.1:{metrics}",
    )
    log = directory / "worker.log"
    with log.open("wb") as out:
        process = subprocess.Popen([sys.executable, "worker.py"], cwd=ROOT, env=environment, stderr=out)
    try:
        yield Running(process, health, metrics, log)
    finally:
        process.kill()
        process.wait()


def until(condition: Callable[[], bool], patience: float = PATIENCE) -> None:
    deadline = time.monotonic() + patience
    while not condition():
        assert time.monotonic() < deadline, "it did not come about"
        time.sleep(0.05)


async def test_a_worker_takes_cases_and_says_whose_lines_are_whose(
    temporal: TemporalServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TEMPORAL_ADDRESS", temporal.address)
    with worker(temporal, tmp_path) as running:
        until(lambda: running.status("/readyz") == 200)
        assert (running.status("/healthz"), running.status("/nothing")) == (200, 404)
        assert running.said("/readyz")["wrong"] == dict.fromkeys(SYSTEMS, "does not answer (ConnectError)")
        client = await open_client("test", EncryptionSettings())
        accepted = await Intake(Delivery(client, "holdfast")).accept(parsed(event(order_id="SO-1")))
        handle = client.get_workflow_handle(str(accepted.workflow_id))
        deadline = time.monotonic() + PATIENCE
        while not (await handle.query(OrderException.case)).outages:
            assert time.monotonic() < deadline

        running.process.send_signal(signal.SIGTERM)
        assert running.process.wait(PATIENCE) == 0

        ours = [line for line in running.lines if line.get("order_id") == "SO-1"]
        assert ours
        assert all(line["workflow_id"] == "order-exception/acme/SO-1" for line in ours)
        assert running.lines[-1]["event"] == "worker stopped"
        assert {line["process"] for line in running.lines} == {"worker"}


async def test_the_metrics_have_the_sdks_figures_and_ours(
    temporal: TemporalServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TEMPORAL_ADDRESS", temporal.address)
    with worker(temporal, tmp_path) as running:
        until(lambda: running.status("/readyz") == 200)
        client = await open_client("test", EncryptionSettings())
        await Intake(Delivery(client, "holdfast")).accept(parsed(event(order_id="SO-2")))
        until(lambda: 'operation="triage.examine_order"' in running.metrics)
        figures = running.metrics
        assert "temporal_workflow_task_execution_latency_seconds" in figures
        assert "holdfast_system_calls_total{" in figures


def test_a_worker_that_waits_for_temporal_is_alive_not_ready_and_can_be_stopped(tmp_path: Path) -> None:
    server = TemporalServer(tmp_path / "temporal")
    with worker(server, tmp_path) as running:
        until(lambda: running.status("/healthz") == 200)
        assert running.status("/readyz") == 503
        assert running.said("/healthz")["wrong"]["temporal"] == "does not answer"
        assert running.said("/readyz")["wrong"]["worker"] == "has not started yet"
        running.process.send_signal(signal.SIGTERM)
        assert running.process.wait(PATIENCE) == 0


def test_everything_wrong_with_the_settings_is_named_and_no_secret_is() -> None:
    environment = settings(
        HOLDFAST_ENVIRONMENT="live",
        HOLDFAST_WORKER__POLERS="3",
        HOLDFAST_DOOR__BIND="nowhere",
        HOLDFAST_SYSTEMS__ERP__TOKN="hush",
    )
    done = subprocess.run(
        [sys.executable, "worker.py"],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert done.returncode == 2
    for name in ("environment", "worker.polers", "door.bind", "systems.erp.tokn"):
        assert name in done.stderr
    assert "hush" not in done.stderr


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (
            {"HOLDFAST_ENVIRONMENT": "prod", "HOLDFAST_ENCRYPTION__KEYS": new_key("tests")},
            "development keys are known to everybody",
        ),
        ({"TEMPORAL_ADDRESS": "temporal.example:7233"}, "development keys are known to everybody"),
        ({"HOLDFAST_IDENTITY__KEYS": "http://keys.example/keys"}, "a key set comes by https"),
    ],
)
def test_a_worker_does_not_start_where_everybody_could_decide(more: dict[str, str], said: str) -> None:
    tokens = {f"HOLDFAST_SYSTEMS__{name.upper()}__TOKEN": "a-long-enough-token" for name in SYSTEMS}
    done = subprocess.run(
        [sys.executable, "worker.py"],
        cwd=ROOT,
        env=settings(**tokens) | more,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 2
    assert said in done.stderr


def test_policies_that_are_not_usable_keep_a_worker_from_starting(tmp_path: Path) -> None:
    environment = settings(HOLDFAST_POLICIES=str(tmp_path))
    done = subprocess.run(
        [sys.executable, "worker.py"],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert done.returncode == 2
    assert "policies:" in done.stderr
