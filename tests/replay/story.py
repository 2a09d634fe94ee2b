"""What a history comes to, and what today's code makes of it: outcome, deadlines, and the keys of every write.

A replay compares the kinds of commands with the history, not how long a timer is, what a write's key is, or what the
workflow returns. So today's commands are listened to while it replays, and held against what was recorded.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from pydantic import ValidationError
from temporalio.api.common.v1 import Payload
from temporalio.bridge.proto.workflow_activation import WorkflowActivation
from temporalio.bridge.proto.workflow_commands import WorkflowCommand
from temporalio.bridge.proto.workflow_completion import WorkflowActivationCompletion
from temporalio.client import WorkflowHistory
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.converter import SerializationContext
from temporalio.worker import (
    Replayer,
    UnsandboxedWorkflowRunner,
    WorkflowInstance,
    WorkflowInstanceDetails,
    WorkflowRunner,
)
from temporalio.workflow import Info

from runtime.worker_process import WORKFLOWS
from workflows import search_attributes as attributes

COMPLETED, CONTINUED, OPEN = "COMPLETED", "CONTINUED_AS_NEW", "OPEN"
_DEADLINES = (attributes.DUE_AT.name,)


@dataclass
class Story:
    """Timers in seconds and keys of writes by number of the command; `due` is what was published as due, in order."""

    workflow: str = ""
    ended: str = OPEN
    result: Any = None
    timers: dict[str, float] = field(default_factory=dict)
    keys: dict[str, str] = field(default_factory=dict)
    due: list[str] = field(default_factory=list)
    activities: list[str] = field(default_factory=list)

    def differences(self, today: Story) -> Iterator[str]:
        """What today's code does otherwise, in words. A result may say more than it did, never something else."""
        if (self.ended, today.ended) != (OPEN, OPEN):
            if self.ended != today.ended:
                yield f"it ended as {self.ended}, and now as {today.ended}"
            yield from _not_in(self.result, today.result, "result")
        for kind, then, now in (("timer", self.timers, today.timers), ("key", self.keys, today.keys)):
            yield from (
                f"{kind} {number} was {value}, and is now {now.get(number)}"
                for number, value in then.items()
                if now.get(number) != value
            )
        if self.due != today.due[: len(self.due)]:
            yield f"due was {self.due}, and is now {today.due}"


def told(history: WorkflowHistory) -> Story:
    """What a history says by itself."""
    story = Story()
    for event in history.events:
        kind = event.WhichOneof("attributes")
        if kind == "workflow_execution_started_event_attributes":
            story.workflow = event.workflow_execution_started_event_attributes.workflow_type.name
        elif kind == "timer_started_event_attributes":
            timer = event.timer_started_event_attributes
            story.timers[timer.timer_id] = timer.start_to_fire_timeout.ToTimedelta().total_seconds()
        elif kind == "activity_task_scheduled_event_attributes":
            call = event.activity_task_scheduled_event_attributes
            story.activities.append(call.activity_type.name)
            _keep_key(story, call.activity_id, call.input.payloads)
        elif kind == "upsert_workflow_search_attributes_event_attributes":
            found = event.upsert_workflow_search_attributes_event_attributes.search_attributes.indexed_fields
            story.due += [str(_plain(found[name])) for name in _DEADLINES if name in found]
        elif kind == "workflow_execution_completed_event_attributes":
            story.ended = COMPLETED
            story.result = _plain(event.workflow_execution_completed_event_attributes.result.payloads[0])
        elif kind == "workflow_execution_continued_as_new_event_attributes":
            story.ended = CONTINUED
    return story


class Listening(WorkflowRunner):
    """Runs workflows, and listens to what they command, by the id of their run."""

    def __init__(self) -> None:
        self._runner = UnsandboxedWorkflowRunner()
        self.heard: dict[str, Story] = {}

    def prepare_workflow(self, defn: Any) -> None:
        """See the base class."""
        self._runner.prepare_workflow(defn)

    def create_instance(self, det: WorkflowInstanceDetails) -> WorkflowInstance:
        """See the base class."""
        story = self.heard.setdefault(det.info.run_id, Story(workflow=det.info.workflow_type))
        return _Heard(self._runner.create_instance(det), story)


class _Heard(WorkflowInstance):
    def __init__(self, instance: WorkflowInstance, story: Story) -> None:
        self._instance = instance
        self._story = story

    def activate(self, act: WorkflowActivation) -> WorkflowActivationCompletion:
        completion = self._instance.activate(act)
        for command in completion.successful.commands:
            _hear(self._story, command)
        return completion

    def get_serialization_context(self, command_info: Any) -> SerializationContext | None:
        return self._instance.get_serialization_context(command_info)

    def get_external_store_context(self, command_info: Any) -> Any:
        return self._instance.get_external_store_context(command_info)

    def get_info(self) -> Info:
        return self._instance.get_info()

    def get_thread_id(self) -> int | None:
        return self._instance.get_thread_id()


@dataclass(frozen=True)
class Verdict:
    """Whether the code would have made a history at all, and what it makes of it otherwise."""

    refused: str | None
    differences: tuple[str, ...]

    @property
    def same(self) -> bool:
        """Whether nothing changed for an open case of that kind."""
        return self.refused is None and not self.differences


async def replayed(history: WorkflowHistory, workflows: Sequence[type] = WORKFLOWS) -> Verdict:
    """What today's code makes of a history."""
    listening = Listening()
    replayer = Replayer(
        workflows=workflows,
        data_converter=pydantic_data_converter,
        workflow_runner=listening,
        workflow_failure_exception_types=[ValidationError],
    )
    result = await replayer.replay_workflow(history, raise_on_replay_failure=False)
    [story] = listening.heard.values()
    refused = None if result.replay_failure is None else str(result.replay_failure)
    return Verdict(refused, tuple(told(history).differences(story)))


def _hear(story: Story, command: WorkflowCommand) -> None:
    kind = command.WhichOneof("variant")
    if kind == "start_timer":
        timer = command.start_timer
        story.timers[str(timer.seq)] = timer.start_to_fire_timeout.ToTimedelta().total_seconds()
    elif kind == "schedule_activity":
        call = command.schedule_activity
        story.activities.append(call.activity_type)
        _keep_key(story, call.activity_id, call.arguments)
    elif kind == "upsert_workflow_search_attributes":
        found = command.upsert_workflow_search_attributes.search_attributes.indexed_fields
        story.due += [str(_plain(found[name])) for name in _DEADLINES if name in found]
    elif kind == "complete_workflow_execution":
        story.ended = COMPLETED
        story.result = _plain(command.complete_workflow_execution.result)
    elif kind == "continue_as_new_workflow_execution":
        story.ended = CONTINUED


def _keep_key(story: Story, number: str, arguments: Sequence[Payload]) -> None:
    value = _plain(arguments[0]) if arguments else None
    if isinstance(value, dict) and "idempotency_key" in value:
        story.keys[number] = str(value["idempotency_key"])


def _plain(payload: Payload) -> Any:
    return json.loads(payload.data)


def _not_in(then: Any, now: Any, where: str) -> Iterator[str]:
    """What was said then and is not said now."""
    if isinstance(then, dict) and isinstance(now, dict):
        for name, value in then.items():
            yield from _not_in(value, now.get(name), f"{where}.{name}")
    elif isinstance(then, list) and isinstance(now, list) and len(then) == len(now):
        for number, (one, other) in enumerate(zip(then, now, strict=True)):
            yield from _not_in(one, other, f"{where}[{number}]")
    elif then != now:
        yield f"{where} was {then}, and is now {now}"
