"""What a case's history says: what each of its actions was for, and whether today's code would do the same again."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable, Sequence

from pydantic import ValidationError
from temporalio.api.common.v1 import Payload
from temporalio.api.enums.v1 import EventType
from temporalio.api.history.v1 import HistoryEvent
from temporalio.client import WorkflowHistory
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.worker import Replayer
from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner, SandboxRestrictions

from runtime.logging import CaseInLogs
from runtime.telemetry import CaseMetrics
from runtime.worker_process import PASSED_THROUGH
from sandbox.demo.cases import _until_release
from workflows.order_exception import OrderException


def until_release(history: WorkflowHistory) -> Sequence[HistoryEvent]:
    """The events up to and with the one that says that the ERP has released the order."""
    return _until_release(history.events)


def actions(events: Sequence[HistoryEvent]) -> list[str]:
    """Every action in Temporal's terms, and what it is for."""
    return [action for event in events if (action := _action(event)) is not None]


def _action(event: HistoryEvent) -> str | None:
    describe = _ACTIONS.get(event.event_type)
    return describe(event) if describe else None


def activity(event: HistoryEvent) -> str:
    """The name of the activity that was scheduled."""
    return event.activity_task_scheduled_event_attributes.activity_type.name


def scheduled(history: WorkflowHistory, *names: str) -> list[HistoryEvent]:
    """The events that scheduled activities, all or those of these names."""
    found = [event for event in history.events if event.event_type == EventType.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED]
    return [event for event in found if not names or activity(event) in names]


def summary(event: HistoryEvent) -> str:
    """What the Temporal UI shows beside the event."""
    return _text(event.user_metadata.summary) if event.user_metadata.HasField("summary") else ""


def timers(history: WorkflowHistory) -> list[HistoryEvent]:
    """The events that started timers."""
    return [event for event in history.events if event.event_type == EventType.EVENT_TYPE_TIMER_STARTED]


def _local_activity(event: HistoryEvent) -> str:
    data = event.marker_recorded_event_attributes.details["data"].payloads[0]
    return str(json.loads(data.data).get("activity_type", "?"))


def _text(payload: Payload) -> str:
    return str(pydantic_data_converter.payload_converter.from_payload(payload, str))


def _search_attributes(event: HistoryEvent) -> str:
    fields = event.upsert_workflow_search_attributes_event_attributes.search_attributes.indexed_fields
    return ", ".join(sorted(fields))


_ACTIONS: dict[int, Callable[[HistoryEvent], str]] = {
    EventType.EVENT_TYPE_WORKFLOW_EXECUTION_STARTED: lambda event: f"start: {summary(event)}",
    EventType.EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED: lambda event: (
        f"signal: {event.workflow_execution_signaled_event_attributes.signal_name}"
    ),
    EventType.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED: lambda event: f"activity {activity(event)}: {summary(event)}",
    EventType.EVENT_TYPE_MARKER_RECORDED: lambda event: f"local activity {_local_activity(event)}",
    EventType.EVENT_TYPE_TIMER_STARTED: lambda event: f"timer: {summary(event)}",
    EventType.EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_ACCEPTED: lambda _: "update",
    EventType.EVENT_TYPE_UPSERT_WORKFLOW_SEARCH_ATTRIBUTES: lambda event: (
        f"search attributes: {_search_attributes(event)}"
    ),
}


async def not_replayed(histories: AsyncIterator[WorkflowHistory]) -> list[str]:
    """The cases whose history today's code, run as worker.py runs it, would not have made."""
    restrictions = SandboxRestrictions.default.with_passthrough_modules(*PASSED_THROUGH)
    replayer = Replayer(
        debug_mode=True,  # a slow machine is no deadlock
        workflows=[OrderException],
        data_converter=pydantic_data_converter,
        workflow_runner=SandboxedWorkflowRunner(restrictions=restrictions),
        interceptors=[CaseInLogs(), CaseMetrics()],
        workflow_failure_exception_types=[ValidationError],
    )
    results = await replayer.replay_workflows(histories, raise_on_replay_failure=False)
    return [f"run {run}: {error}" for run, error in results.replay_failures.items()]
