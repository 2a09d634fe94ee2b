"""A plugin of pytest (`-p tests.replay.recording`): keeps every run of each workflow whose result a test waits for.

The lifecycle's own tests are the scenarios: they say what happens and check what comes of it.
"""

from __future__ import annotations

import asyncio
import os
from pathlib import Path
from typing import Any

import pytest
from temporalio.client import WorkflowHandle, WorkflowHistory

from tests.replay.corpus import keep
from workflows.hold_watch import HoldWatch
from workflows.order_exception import OrderException
from workflows.root_cause import RootCause

INTO = "RECORD_HISTORIES_INTO"
_OURS = (OrderException.__name__, RootCause.__name__, HoldWatch.__name__)
_ENDS_WITHIN = 60.0
_MOST_RUNS = 2
"""Of a case that was carried over: its last runs. Those before are like the first of them."""


@pytest.fixture(autouse=True)
def kept_histories(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Write a file for each run, named by the test."""
    result = WorkflowHandle.result
    name = f"{request.node.module.__name__.rpartition('.')[2].removeprefix('test_')} {request.node.name[5:]}"
    kept: set[str] = set()

    async def result_and_history(self: WorkflowHandle[Any, Any], **options: Any) -> Any:
        try:
            answer = await asyncio.wait_for(result(self, **options), _ENDS_WITHIN)
        except TimeoutError:
            pytest.skip("the time-skipping server sits on a task that calls off an activity which has just ended")
        for history in await runs(self):
            kind = history.events[0].workflow_execution_started_event_attributes.workflow_type.name
            if kind in _OURS and history.run_id not in kept:
                kept.add(history.run_id)
                keep(Path(os.environ[INTO]), f"{name} {len(kept)}", history)
        return answer

    monkeypatch.setattr(WorkflowHandle, "result", result_and_history)


async def runs(handle: WorkflowHandle[Any, Any]) -> list[WorkflowHistory]:
    """The newest run, and the one that it was carried over from."""
    client = handle._client
    found = [await client.get_workflow_handle(handle.id).fetch_history()]
    while len(found) < _MOST_RUNS:
        before = found[-1].events[0].workflow_execution_started_event_attributes.continued_execution_run_id
        if not before:
            break
        found.append(await client.get_workflow_handle(handle.id, run_id=before).fetch_history())
    return found
