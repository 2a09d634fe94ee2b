"""Workflows act on events only in the workflow task that brings them, also on a worker that was asked a query before.

A query to a case that this worker does not have in its cache comes with the case's history up to that moment. It may
end with events that no workflow task has taken up yet: a timer that fired, an activity that ended, a signal, after the
last worker has died. The SDK (temporalio 1.35.0) lets the workflow act on these at once, with the time of an older
workflow task, keeps the commands for the next one, and hands over what else comes with that one (an update) afterwards.
A replay hands it all over together, and updates first: it finds other commands than the history has, and the case
stands still (`TMPRL1100`). Decision 22 tells it in full.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

from temporalio.bridge.proto.workflow_activation import WorkflowActivation
from temporalio.bridge.proto.workflow_completion import WorkflowActivationCompletion
from temporalio.worker import WorkflowInstance, WorkflowInstanceDetails, WorkflowRunner

from runtime.case_query import TOO_EARLY


class WholeTasksOnly(WorkflowRunner):
    """Runs workflows as `inner` does, but refuses to go on with events that belong to no workflow task.

    The worker then forgets the case and fails the query that brought the events; no event of the history tells of it.
    """

    def __init__(self, inner: WorkflowRunner) -> None:
        self._inner = inner

    def prepare_workflow(self, defn: Any) -> None:
        """As `inner` does."""
        self._inner.prepare_workflow(defn)

    def create_instance(self, det: WorkflowInstanceDetails) -> WorkflowInstance:
        """As `inner` does, watched."""
        return _Watched(self._inner.create_instance(det))

    def set_worker_level_failure_exception_types(self, types: Sequence[type[BaseException]]) -> None:
        """As `inner` does."""
        self._inner.set_worker_level_failure_exception_types(types)


class _Watched(WorkflowInstance):
    def __init__(self, inner: WorkflowInstance) -> None:
        self._inner = inner
        self._events = 0
        self._task_started = 0

    def activate(self, act: WorkflowActivation) -> WorkflowActivationCompletion:
        started = act.timestamp.ToNanoseconds()
        if self._is_early(act, started):
            refused = WorkflowActivationCompletion()
            refused.failed.failure.message = TOO_EARLY
            return refused
        self._events, self._task_started = act.history_length, started
        return self._inner.activate(act)

    def _is_early(self, act: WorkflowActivation, started: int) -> bool:
        """Whether new events are handed over although no workflow task has started since the last ones.

        Every workflow task has a start of its own; what a cancellation or a local activity brings within one comes
        without new events. A clock that was set back on the server makes tasks look like one: they start in the future.
        """
        more = self._events and act.history_length > self._events
        return bool(more) and not act.is_replaying and started == self._task_started and started <= time.time_ns()

    def get_info(self) -> Any:
        return self._inner.get_info()

    def get_thread_id(self) -> int | None:
        return self._inner.get_thread_id()

    def get_serialization_context(self, command_info: Any) -> Any:
        return self._inner.get_serialization_context(command_info)

    def get_external_store_context(self, command_info: Any) -> Any:
        return self._inner.get_external_store_context(command_info)
