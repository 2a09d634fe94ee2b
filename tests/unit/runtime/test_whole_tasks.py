from __future__ import annotations

import time
from typing import Any

import pytest
from temporalio.bridge.proto.workflow_activation import WorkflowActivation
from temporalio.bridge.proto.workflow_completion import WorkflowActivationCompletion
from temporalio.worker import WorkflowInstance, WorkflowRunner

from runtime.case_query import TOO_EARLY
from runtime.whole_tasks import WholeTasksOnly

NOW = time.time_ns()
LATER = NOW + 3600 * 10**9


class Recorded(WorkflowInstance):
    def __init__(self) -> None:
        self.seen: list[int] = []

    def activate(self, act: WorkflowActivation) -> WorkflowActivationCompletion:
        self.seen.append(act.history_length)
        return WorkflowActivationCompletion()

    def get_info(self) -> Any:
        return "info"

    def get_serialization_context(self, command_info: Any) -> Any:
        return ("context", command_info)

    def get_external_store_context(self, command_info: Any) -> Any:
        return ("store", command_info)


class Runner(WorkflowRunner):
    def __init__(self) -> None:
        self.instance = Recorded()
        self.told: list[Any] = []

    def prepare_workflow(self, defn: Any) -> None:
        self.told.append(defn)

    def create_instance(self, det: Any) -> WorkflowInstance:
        self.told.append(det)
        return self.instance

    def set_worker_level_failure_exception_types(self, types: Any) -> None:
        self.told.append(types)


def activation(events: int, started: int, *, replaying: bool = False) -> WorkflowActivation:
    act = WorkflowActivation(history_length=events, is_replaying=replaying)
    act.timestamp.FromNanoseconds(started)
    return act


@pytest.fixture
def runner() -> Runner:
    return Runner()


@pytest.fixture
def instance(runner: Runner) -> WorkflowInstance:
    watched = WholeTasksOnly(runner).create_instance("details")  # type: ignore[arg-type]
    watched.activate(activation(3, NOW - 10, replaying=True))
    return watched


def test_events_without_a_workflow_task_are_refused_and_what_comes_next_is_not(
    instance: WorkflowInstance, runner: Runner
) -> None:
    assert instance.activate(activation(5, NOW - 10)).failed.failure.message == TOO_EARLY
    assert not instance.activate(activation(6, NOW - 5)).HasField("failed")
    assert runner.instance.seen == [3, 6]


@pytest.mark.parametrize(
    "act",
    [
        pytest.param(activation(3, NOW - 10), id="nothing new: a cancellation or a local activity brought it"),
        pytest.param(activation(9, NOW - 10, replaying=True), id="a replay: the history has it so"),
        pytest.param(activation(9, NOW - 9), id="a workflow task of its own"),
    ],
)
def test_what_a_workflow_task_brings_is_acted_on(
    instance: WorkflowInstance, runner: Runner, act: WorkflowActivation
) -> None:
    assert not instance.activate(act).HasField("failed")
    assert runner.instance.seen == [3, act.history_length]


def test_a_clock_that_was_set_back_on_the_server_stops_no_case(runner: Runner) -> None:
    instance = WholeTasksOnly(runner).create_instance("details")  # type: ignore[arg-type]
    for events in (3, 6, 9):
        assert not instance.activate(activation(events, LATER)).HasField("failed")


def test_everything_else_is_the_inner_runners(instance: WorkflowInstance, runner: Runner) -> None:
    outer = WholeTasksOnly(runner)
    outer.prepare_workflow("definition")
    outer.set_worker_level_failure_exception_types([ValueError])
    assert runner.told == ["details", "definition", [ValueError]]
    said: list[Any] = [
        instance.get_info(),
        instance.get_serialization_context(None),
        instance.get_external_store_context(None),
    ]
    assert said == ["info", ("context", None), ("store", None)]
    assert instance.get_thread_id() is None
