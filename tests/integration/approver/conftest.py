"""One Temporal server and one stage for all tests of the command line; a case and a world for each."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from sandbox.temporal_server import TemporalServer
from tests.integration.approver.stage import PEOPLE, Opened, Stage, enterprise, order_ids

_ORDER_IDS = order_ids("SO")


@pytest.fixture(scope="session")
def temporal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TemporalServer]:
    with TemporalServer(tmp_path_factory.mktemp("temporal")) as server:
        yield server


@pytest.fixture(scope="session")
def stage(temporal: TemporalServer) -> Iterator[Stage]:
    stage = Stage(temporal.address)
    yield stage
    stage.close()


@pytest.fixture(scope="session")
def policies(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("policies")
    (directory / "people.csv").write_text(PEOPLE)
    return directory


@pytest.fixture
def environment(temporal: TemporalServer, policies: Path) -> Mapping[str, str]:
    return {
        "TEMPORAL_ADDRESS": temporal.address,
        "HOLDFAST_POLICIES": str(policies),
        "HOLDFAST_USER": "",
        "HOLDFAST_ENVIRONMENT": "dev",
    }


@pytest.fixture
def open_case(stage: Stage, environment: Mapping[str, str]) -> Callable[..., Opened]:
    """Opens a case that asks the credit manager; `holds` says about how many holds."""

    def opened(*, holds: int = 1) -> Opened:
        order_id = next(_ORDER_IDS)
        world = enterprise(order_id, holds=holds)
        stop = stage.worker(world, order_id)
        workflow = stage.start(order_id, order_id)
        return Opened(stage, world, order_id, workflow, environment, stop)

    return opened
