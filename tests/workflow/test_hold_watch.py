"""One poll of an ERP that sends no events. What a Schedule makes of many is in tests/contract/test_schedule.py."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from temporalio import activity
from temporalio.client import WorkflowFailureError
from temporalio.exceptions import ApplicationError
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import UnsandboxedWorkflowRunner, Worker

from domain.watching import Seen, WatchCursor
from workflows.hold_watch import HoldWatch

_SEEN = {"SO-1": Seen(version=2, hold_ids=("H1",))}


class Look:
    """An ERP that answers at the attempt of that number."""

    def __init__(self, answers_at: int) -> None:
        self._answers_at = answers_at
        self.asked: list[WatchCursor] = []

    @activity.defn(name="erp.watch_holds")
    async def watch_holds(self, told: WatchCursor) -> WatchCursor:
        self.asked.append(told)
        if len(self.asked) < self._answers_at:
            raise ApplicationError("away", type="TRANSIENT")
        return WatchCursor(polls=told.polls + 1, orders=_SEEN)


@asynccontextmanager
async def watching(environment: WorkflowEnvironment, look: Look) -> AsyncIterator[Callable[[], Any]]:
    async with Worker(
        environment.client,
        task_queue="watch",
        workflows=[HoldWatch],
        activities=[look.watch_holds],
        workflow_runner=UnsandboxedWorkflowRunner(),
    ):

        async def poll() -> WatchCursor:
            handle = await environment.client.start_workflow(HoldWatch.run, id="hold-watch/watch", task_queue="watch")
            return await handle.result()

        yield poll


async def test_the_first_poll_begins_with_nothing_and_ends_with_what_it_told(environment: WorkflowEnvironment) -> None:
    look = Look(answers_at=1)
    async with watching(environment, look) as poll:
        assert await poll() == WatchCursor(polls=1, orders=_SEEN)
    assert look.asked == [WatchCursor()]


async def test_an_erp_that_is_away_for_a_moment_is_asked_again_in_the_same_poll(
    environment: WorkflowEnvironment,
) -> None:
    look = Look(answers_at=3)
    async with watching(environment, look) as poll:
        assert (await poll()).polls == 1
    assert look.asked == [WatchCursor()] * 3


async def test_a_poll_of_an_erp_that_stays_away_fails_and_leaves_it_to_the_next(
    environment: WorkflowEnvironment,
) -> None:
    look = Look(answers_at=99)
    async with watching(environment, look) as poll:
        with pytest.raises(WorkflowFailureError):
            await poll()
    assert len(look.asked) == 3
