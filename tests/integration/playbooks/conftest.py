from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.integration.playbooks.stage import Stage, services


@pytest.fixture(scope="module")
def urls() -> Iterator[dict[str, str]]:
    """All the services, for the tests of one module: where each is."""
    with services() as running:
        yield running


@pytest.fixture
def world(urls: dict[str, str]) -> Stage:
    """The activities on them, for one test."""
    return Stage(urls)
