from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.integration.activities.enterprise import Enterprise, enterprise


@pytest.fixture(scope="package")
def services() -> Iterator[Enterprise]:
    with enterprise() as running:
        yield running


@pytest.fixture
def world(services: Enterprise) -> Iterator[Enterprise]:
    """The enterprise, behaving again after each test."""
    yield services
    for name in services.urls:
        services.desk(name, "admin").http.delete("/admin/faults")
