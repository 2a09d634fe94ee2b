"""One stack for all tests of this package. Every test enters orders of its own, and ends with their replay."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from sandbox.stack import Enterprise, running
from tests.integration.end_to_end.company import Company, new_world
from tests.integration.end_to_end.history import not_replayed
from tests.integration.end_to_end.messenger import Messenger
from tests.integration.end_to_end.policies import write_policies

QUICK = {"erp": {"ship_after": 0.5, "invoice_after": 0.5}}
"""Seconds: cases are followed to the invoice."""


@pytest_asyncio.fixture(scope="package", loop_scope="session")
async def whole_company(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Company]:
    world = new_world()
    scratch = tmp_path_factory.mktemp("stack")
    policies = write_policies(tmp_path_factory.mktemp("policies"))
    enterprise = Enterprise(seeds=world.seeds(), settings=QUICK, reconcile_every=3600)
    async with running(enterprise, scratch, policies=policies) as stack:
        company = await Company.open(stack, world)
        yield company
        await company.systems.close()


@pytest_asyncio.fixture(loop_scope="session")
async def company(whole_company: Company) -> AsyncIterator[Company]:
    """The company; afterwards everything must still run, its histories must replay, and its audit chains hold."""
    try:
        yield whole_company
        assert not whole_company.fallen
        assert not await not_replayed(whole_company.histories())
        assert not await whole_company.broken_chains()
    finally:
        await whole_company.settle()


@pytest_asyncio.fixture(loop_scope="session")
async def messenger(company: Company) -> AsyncIterator[Messenger]:
    """In its time the ERP itself tells nobody anything."""
    await company.systems.go_silent()
    messenger = Messenger(company)
    yield messenger
    await messenger.close()
    await company.systems.speak_again()
