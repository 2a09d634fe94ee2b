"""An ERP for each test, among neighbours that all tests share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.integration.sandbox.erp_stage import Neighbours, Stage, neighbourhood, staged


@pytest.fixture(scope="session")
def neighbours() -> Iterator[Neighbours]:
    with neighbourhood() as neighbours:
        yield neighbours


@pytest.fixture
def stage(neighbours: Neighbours) -> Iterator[Stage]:
    with staged(neighbours) as stage:
        yield stage
