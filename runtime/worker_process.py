"""The worker process: from settings to a running worker, and to its orderly end."""

from __future__ import annotations

import asyncio
import logging
import signal
from collections.abc import Coroutine, Sequence
from contextlib import suppress
from typing import Any, TypeVar

from pydantic import ValidationError
from temporalio.client import Client
from temporalio.worker import PollerBehaviorSimpleMaximum, Worker
from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner, SandboxRestrictions

from activities.registry import build_activities
from domain.policy.policy_set import PolicyError
from runtime.development_keys import refuse_development_keys
from runtime.health import health_endpoint
from runtime.logging import CaseInLogs
from runtime.policy_source import PolicySource
from runtime.recognition import recognition
from runtime.refusing import RefuseMalformed
from runtime.search_attributes import ensure_search_attributes
from runtime.settings import NotificationsSettings, Settings, SystemsSettings, WorkerSettings
from runtime.settings_check import WrongSettings
from runtime.telemetry import CaseMetrics
from runtime.temporal import connect, is_healthy, temporal_runtime
from runtime.whole_tasks import WholeTasksOnly
from workflows.order_exception import OrderException
from workflows.root_cause import RootCause

PASSED_THROUGH = ("domain", "runtime", "pydantic", "pydantic_core", "annotated_types", "typing_inspection")
"""What workflows import that has no side effects: not loaded anew for each case, a tenth of the memory."""
_SIGNALS = (signal.SIGTERM, signal.SIGINT)
Result = TypeVar("Result")

log = logging.getLogger(__name__)


class Stopped(Exception):
    """The process was told to stop before it was ready."""


def case_worker(
    client: Client, task_queue: str, activities: Sequence[Any], settings: WorkerSettings | None = None
) -> Worker:
    """A worker for cases, of orders and of causes, with these activities."""
    chosen = settings or WorkerSettings()
    restrictions = SandboxRestrictions.default.with_passthrough_modules(*PASSED_THROUGH)
    return Worker(
        client,
        task_queue=task_queue,
        workflows=[OrderException, RootCause],
        activities=activities,
        workflow_runner=WholeTasksOnly(SandboxedWorkflowRunner(restrictions=restrictions)),
        interceptors=[CaseInLogs(), CaseMetrics(), RefuseMalformed()],
        # bad input would otherwise be retried for ever
        workflow_failure_exception_types=[ValidationError],
        max_cached_workflows=chosen.max_cached_workflows,
        max_concurrent_workflow_tasks=chosen.max_concurrent_workflow_tasks,
        max_concurrent_activities=chosen.max_concurrent_activities,
        max_concurrent_local_activities=chosen.max_concurrent_local_activities,
        workflow_task_poller_behavior=PollerBehaviorSimpleMaximum(chosen.workflow_task_pollers),
        activity_task_poller_behavior=PollerBehaviorSimpleMaximum(chosen.activity_task_pollers),
        sticky_queue_schedule_to_start_timeout=chosen.sticky_timeout,
        graceful_shutdown_timeout=chosen.drain_for,
    )


class WorkerProcess:
    """One worker, from start to end. SIGTERM and SIGINT end it after what is under way."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._systems, self._notifications = _needed(settings)
        self._policies = _first_policies(settings)
        refuse_development_keys(settings)
        self._stop = asyncio.Event()
        self._client: Client | None = None
        self._worker: Worker | None = None

    async def run(self) -> None:
        """Work until told to stop. Raises TemporalUnavailable, WrongSettings, or what made the worker fail."""
        loop = asyncio.get_running_loop()
        for number in _SIGNALS:
            loop.add_signal_handler(number, self._stop.set)
        with suppress(Stopped):
            async with health_endpoint(self._settings.observation.health_bind, self._is_ready):
                client = await self._unless_stopped(self._connected())
                links = self._settings.door.links
                async with (
                    recognition(self._settings, self._policies) as proofs,
                    build_activities(self._systems, self._notifications, self._policies, proofs, links) as activities,
                ):
                    self._worker = case_worker(client, self._settings.task_queue, activities, self._settings.worker)
                    await self._work(self._worker)
        log.info("worker stopped")

    async def _connected(self) -> Client:
        runtime = temporal_runtime(self._settings.observation.metrics_bind)
        patience = self._settings.worker.connect_for
        self._client = await connect(
            "worker", self._settings.encryption, patience=patience, runtime=runtime, retries=None
        )
        added = await ensure_search_attributes(self._client)
        if added:
            log.info("search attributes registered: %s", ", ".join(added))
        return self._client

    async def _work(self, worker: Worker) -> None:
        """Run until the stop signal; then take no more, and let what runs finish or be told to."""
        running = asyncio.create_task(worker.run())
        stopping = asyncio.create_task(self._stop.wait())
        log.info("worker started on task queue %s with policies %s", worker.task_queue, self._policies().version)
        await asyncio.wait({running, stopping}, return_when=asyncio.FIRST_COMPLETED)
        stopping.cancel()
        if not running.done():
            log.info("worker is stopping; calls under way may take %s to finish", self._settings.worker.drain_for)
            await worker.shutdown()
        await running

    async def _is_ready(self) -> bool:
        at_work = self._worker is not None and self._worker.is_running and not self._stop.is_set()
        return at_work and self._client is not None and await is_healthy(self._client)

    async def _unless_stopped(self, work: Coroutine[Any, Any, Result]) -> Result:
        """The result of `work`. Raises Stopped if the stop signal comes first."""
        working = asyncio.create_task(work)
        stopping = asyncio.create_task(self._stop.wait())
        await asyncio.wait({working, stopping}, return_when=asyncio.FIRST_COMPLETED)
        stopping.cancel()
        if working.done():
            return working.result()
        working.cancel()
        with suppress(asyncio.CancelledError):
            await working
        raise Stopped


def _needed(settings: Settings) -> tuple[SystemsSettings, NotificationsSettings]:
    """The settings that only a worker needs. Raises WrongSettings and names what is not set."""
    missing = [
        f"{name}: a worker needs this table" for name in ("systems", "notifications") if not getattr(settings, name)
    ]
    if settings.systems is None or settings.notifications is None:
        raise WrongSettings(missing)
    return settings.systems, settings.notifications


def _first_policies(settings: Settings) -> PolicySource:
    try:
        return PolicySource(settings.policies)
    except PolicyError as error:
        raise WrongSettings([f"policies: {problem}" for problem in error.problems]) from error
