"""The houses that the contract is tested on; `CONTRACT_ON` names the database under Tryton."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox.tryton.server import Backend, running
from tests.contract.house import House
from tests.contract.sandbox_house import SandboxHouse
from tests.contract.tryton_house import TrytonHouse
from tests.integration.activities.enterprise import enterprise

BACKEND = Backend(os.environ.get("CONTRACT_ON", Backend.SQLITE))


@pytest.fixture(scope="session")
def sandbox_house() -> Iterator[SandboxHouse]:
    with enterprise() as world:
        yield SandboxHouse(world)


@pytest.fixture(scope="session")
def tryton_house() -> Iterator[TrytonHouse]:
    directory = Path(tempfile.mkdtemp(prefix="holdfast-"))
    try:
        with running(directory, BACKEND) as tryton:
            yield TrytonHouse(tryton)
    finally:
        shutil.rmtree(directory, ignore_errors=True)


@pytest.fixture(params=["sandbox", "tryton"])
def house(request: pytest.FixtureRequest) -> House:
    found: House = request.getfixturevalue(f"{request.param}_house")
    return found


@pytest.fixture
def thorough(house: House) -> None:
    """For tests that kill a worker after each single write, or have many at a time: on SQLite, Tryton takes minutes for
    the former and does things twice for the latter.
    """
    if house.name == "tryton" and BACKEND is Backend.SQLITE:
        pytest.skip("make test-tryton asks it on PostgreSQL")
