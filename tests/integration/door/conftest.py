"""One server for all tests of the door."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import httpx
import pytest
from temporalio.client import Client
from temporalio.worker import UnsandboxedWorkflowRunner, Worker

from runtime.delivery import Delivery
from runtime.intake import Intake
from runtime.temporal import open_client
from sandbox.temporal_server import TemporalServer
from tests.integration.door.stage import ENCRYPTION, StubCase, door


@pytest.fixture(scope="session")
def temporal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TemporalServer]:
    with TemporalServer(tmp_path_factory.mktemp("temporal")) as server:
        yield server


@pytest.fixture
async def client(temporal: TemporalServer, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Client]:
    monkeypatch.setenv("TEMPORAL_ADDRESS", temporal.address)
    client = await open_client("test", ENCRYPTION)
    async with Worker(client, task_queue="holdfast", workflows=[StubCase], workflow_runner=UnsandboxedWorkflowRunner()):
        yield client


@pytest.fixture
def intake(client: Client) -> Intake:
    return Intake(Delivery(client, "holdfast"))


@pytest.fixture(scope="session")
def http(temporal: TemporalServer) -> Iterator[httpx.Client]:
    with door(temporal) as opened:
        yield opened
