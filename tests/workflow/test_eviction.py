"""Cases that a worker forgets and takes up again."""

from __future__ import annotations

import asyncio
import gc

from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.exceptions import ApplicationError
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import Replayer, UnsandboxedWorkflowRunner, Worker

from domain.calls import CaseRef
from domain.case import CaseStart
from domain.identifiers import workflow_id
from tests.workflow.world import World
from workflows.order_exception import OrderException


async def test_a_case_dropped_from_the_cache_leaves_no_trace_in_the_histories_of_others(
    environment: WorkflowEnvironment,
) -> None:
    """Open questions and outages clean up when they end; a forgotten workflow's must not do so in another's name."""
    world = World()
    refusal = ApplicationError("no such customer", type="NOT_FOUND", non_retryable=True)
    world.failures["credit.position"] = [refusal] * 1000
    worker = Worker(
        environment.client,
        task_queue="crowded",
        workflows=[OrderException],
        activities=world.activities,
        workflow_runner=UnsandboxedWorkflowRunner(),
        max_cached_workflows=2,
        max_concurrent_workflow_tasks=2,
    )
    async with worker:
        refs = [
            CaseRef(tenant="acme", order_id=f"SO-{n}", workflow_id=workflow_id("acme", f"SO-{n}")) for n in range(12)
        ]
        handles = [
            await environment.client.start_workflow(
                OrderException.run, CaseStart(ref=ref), id=ref.workflow_id, task_queue="crowded"
            )
            for ref in refs
        ]
        for handle in handles:
            while not (await handle.query(OrderException.case)).open_tasks:  # noqa: ASYNC110 - the server has no event
                await asyncio.sleep(0.02)
            gc.collect()
        replayer = Replayer(
            debug_mode=True,  # a slow machine is no deadlock
            workflows=[OrderException],
            data_converter=pydantic_data_converter,
            workflow_runner=UnsandboxedWorkflowRunner(),
        )
        for handle in handles:
            await replayer.replay_workflow(await handle.fetch_history())
            await handle.terminate()
