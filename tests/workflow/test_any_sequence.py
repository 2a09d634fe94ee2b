"""Whatever happens to an order, in whatever order: it is not released with an open hold, nothing is done twice or left
behind, and its case comes to an end.

The same histories are played every time. For more, and others: `HOLDFAST_HISTORIES=2000 pytest -n 0` with this file.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from temporalio import workflow
from temporalio.client import WorkflowHandle
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import Replayer, UnsandboxedWorkflowRunner, Worker

from domain.case import ExceptionCase
from domain.exception_types import ExceptionType
from tests.workflow.company import Book, Company
from tests.workflow.ledger import found_wrong
from tests.workflow.play import TYPES, Move, Play
from workflows.order_exception import OrderException
from workflows.resolution import Resolution

QUEUE = "any"
HISTORIES = int(os.environ.get("HOLDFAST_HISTORIES", "0"))
SUITE = 40
_PATIENCE = 300.0
"""Seconds for one history, which takes a few; on a machine that has other things to do."""

KINDS = st.sampled_from(
    ("decide",) * 6
    + ("hold", "clear", "change", "change", "cancel", "pay", "answer", "take stock", "send late", "wait", "wait")
    + ("fail",) * 4
    + ("noise", "forget", "forget", "forget")
)
MOVES = st.builds(
    Move,
    kind=KINDS,
    after=st.sampled_from((0, 0, 1, 2, 3, 5, 8, 13)),
    which=st.integers(0, 11),
    how=st.integers(0, 15),
    told=st.sampled_from((True, True, True, False)),
)
HELD = st.lists(
    st.tuples(st.sampled_from(TYPES), st.sampled_from((False, False, False, True))),
    min_size=2,
    max_size=5,
    unique_by=lambda held: held[0],
)


@workflow.defn
class Idle:
    """Does nothing, for ever."""

    @workflow.run
    async def run(self) -> None:
        """Wait."""
        await workflow.wait_condition(lambda: False)

    @workflow.query
    def anything(self) -> str:
        """What a worker can only answer with the case in its memory."""
        return ""


class Stage:
    """A server, a worker that keeps two cases in memory, and a company whose orders are numbered."""

    def __init__(self, environment: WorkflowEnvironment, company: Company) -> None:
        self.environment = environment
        self.company = company
        self._loop = asyncio.get_running_loop()
        self._others: list[WorkflowHandle[Any, Any]] = []

    async def open_others(self) -> None:
        """Cases of others, which take the place in the worker's memory when they are looked at."""
        for number in range(2):
            other = await self.environment.client.start_workflow(Idle.run, id=f"other-{number}", task_queue=QUEUE)
            self._others.append(other)

    def play(
        self,
        held: list[tuple[ExceptionType, bool]],
        moves: list[Move],
        base: int = 500,
        *,
        echo: bool = True,
        follow: bool = False,
    ) -> list[str]:
        """What was wrong about a history, from another thread."""
        playing = self._play(held, moves, base, echo=echo, follow=follow)
        return asyncio.run_coroutine_threadsafe(playing, self._loop).result()

    async def _play(
        self, held: list[tuple[ExceptionType, bool]], moves: list[Move], base: int, **how: bool
    ) -> list[str]:
        holds = {f"H0-{kind[:3]}{'!' * hard}": (kind, hard) for kind, hard in held}
        book = Book(f"SO-{len(self.company.books) + 1}", base, holds=holds)
        book.follow_until = "SHIPPED" if how["follow"] else "RELEASED"
        self.company.books[book.order_id] = book
        play = Play(self.environment, QUEUE, book, self._others)
        book.echo = play.echo if how["echo"] else None
        try:
            async with asyncio.timeout(_PATIENCE):
                await play.run(*moves)
            await _replayer().replay_workflow(await play.handle.fetch_history())
        finally:
            if not await play.closed():
                await play.handle.terminate()
        return found_wrong(book, play.said)


def _replayer() -> Replayer:
    return Replayer(
        debug_mode=True,  # a slow machine is no deadlock
        workflows=[OrderException],
        data_converter=pydantic_data_converter,
        workflow_runner=UnsandboxedWorkflowRunner(),
    )


@pytest.fixture
async def stage(environment: WorkflowEnvironment) -> AsyncIterator[Stage]:
    company = Company()
    worker = Worker(
        environment.client,
        task_queue=QUEUE,
        workflows=[OrderException, Idle],
        activities=company.activities,
        workflow_runner=UnsandboxedWorkflowRunner(),
        max_cached_workflows=2,
        max_concurrent_workflow_tasks=2,
    )
    async with worker:
        opened = Stage(environment, company)
        await opened.open_others()
        yield opened


def explored(stage: Stage, histories: int, **more: Any) -> Callable[[], None]:
    """A test of so many histories; it fails with the moves of the first that goes wrong."""

    @settings(
        max_examples=histories,
        derandomize=not HISTORIES,
        database=None,
        deadline=None,
        phases=(Phase.generate, Phase.shrink) if HISTORIES else (Phase.generate,),
        suppress_health_check=list(HealthCheck),
        **more,
    )
    @given(
        held=HELD,
        moves=st.lists(MOVES, min_size=4, max_size=12),
        base=st.sampled_from((500, 990, 2000, 9000)),
        echo=st.booleans(),
        follow=st.booleans(),
    )
    def histories_go_well(**history: Any) -> None:
        assert stage.play(**history) == []

    return histories_go_well


async def test_no_sequence_of_events_decisions_and_failures_releases_what_is_held_or_leaves_anything_behind(
    stage: Stage,
) -> None:
    await asyncio.to_thread(explored(stage, HISTORIES or SUITE))


async def test_a_case_that_forgets_to_hold_its_decisions_against_the_facts_is_found_out(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The ledger would show it: an approval of 2,000 is not one of 9,000."""

    async def believe(resolution: Resolution, exception: ExceptionCase) -> bool:
        exception.assessed_version = resolution._case.order_version
        return exception.decision is not None

    monkeypatch.setattr(Resolution, "recheck", believe)
    history = [Move("decide"), Move("change", which=5)]
    held = [(ExceptionType.INVENTORY_SHORTFALL, False), (ExceptionType.CREDIT_HOLD, False)]
    wrong = await asyncio.to_thread(lambda: stage.play(held, history, 2000))
    assert any("was only shown" in text for text in wrong)
