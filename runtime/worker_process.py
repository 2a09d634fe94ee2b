"""The worker process: from settings to a running worker, and to its orderly end."""

from __future__ import annotations

import asyncio
import logging
import signal
from collections.abc import AsyncIterator, Coroutine, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from typing import Any, TypeVar

from pydantic import ValidationError
from temporalio.client import Client
from temporalio.worker import PollerBehaviorSimpleMaximum, Worker
from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner, SandboxRestrictions

from activities.connectors.settings import System
from activities.registry import build_activities
from domain.policy.policy_set import PolicyError
from runtime.case_book import TemporalCases
from runtime.delivery import Delivery
from runtime.development_keys import refuse_development_keys
from runtime.health import Health, health_endpoint, system_checks
from runtime.intake import Intake
from runtime.leaving import leave
from runtime.logging import CaseInLogs
from runtime.policy_source import PolicySource
from runtime.recognition import recognition
from runtime.refusing import RefuseMalformed
from runtime.schedules import ensure_schedules, recurring
from runtime.search_attributes import ensure_search_attributes
from runtime.settings import Settings, WorkerSettings
from runtime.settings_check import WrongSettings
from runtime.stopping import CalledOff
from runtime.system_settings import NotificationsSettings, SystemsSettings
from runtime.telemetry import CaseMetrics
from runtime.temporal import connect, is_healthy, temporal_runtime
from runtime.versioning import be_the_first, deployment_config
from runtime.whole_tasks import WholeTasksOnly
from workflows.hold_watch import HoldWatch
from workflows.order_exception import OrderException
from workflows.reconciliation import Reconciliation
from workflows.root_cause import RootCause

WORKFLOWS = (OrderException, RootCause, Reconciliation, HoldWatch)
"""Every workflow that a worker knows. Each has histories in tests/replay, which a new version must replay."""
PASSED_THROUGH = ("domain", "runtime", "pydantic", "pydantic_core", "annotated_types", "typing_inspection")
"""What workflows import that has no side effects: not loaded anew for each case, a tenth of the memory."""
_BLOCKED_AFTER = 8
"""Seconds that a workflow may take for what comes to it at once; the server waits ten for the whole task."""
_SIGNALS = (signal.SIGTERM, signal.SIGINT)
_CANCELLED_WITHIN = timedelta(seconds=5)
"""What calls may take to end that were called off because `drain_for` is over."""
Result = TypeVar("Result")

log = logging.getLogger(__name__)


class Stopped(Exception):
    """The process was told to stop before it was ready."""


def case_worker(
    client: Client, task_queue: str, activities: Sequence[Any], settings: WorkerSettings | None = None
) -> Worker:
    """A worker for every workflow, with these activities."""
    chosen = settings or WorkerSettings()
    restrictions = SandboxRestrictions.default.with_passthrough_modules(*PASSED_THROUGH)
    worker = Worker(
        client,
        task_queue=task_queue,
        workflows=WORKFLOWS,
        activities=activities,
        workflow_runner=WholeTasksOnly(SandboxedWorkflowRunner(restrictions=restrictions)),
        interceptors=[CaseInLogs(), CaseMetrics(), CalledOff(), RefuseMalformed()],
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
        deployment_config=deployment_config(chosen),
    )
    be_patient_with_workflows(worker)
    return worker


def be_patient_with_workflows(worker: Worker) -> None:
    """Thousands of signals that wait for a case come to it at once, and a busy machine needs more than the two seconds
    after which the SDK (temporalio 1.35.0) takes a workflow for blocked: such a case would fail its tasks for ever.
    The SDK has no setting for it but to switch the check off. Raises AttributeError if it is elsewhere by now.
    """
    inner: Any = worker._workflow_worker  # noqa: SLF001 - see above
    if not isinstance(inner._deadlock_timeout_seconds, int | None):  # noqa: SLF001
        raise TypeError("the SDK's deadlock detection is not what it was")
    inner._deadlock_timeout_seconds = _BLOCKED_AFTER  # noqa: SLF001


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
            async with self._observed():
                client = await self._unless_stopped(self._connected())
                cases, links = TemporalCases(client, self._settings.task_queue), self._settings.door.links
                intake = Intake(Delivery(client, self._settings.task_queue))
                async with (
                    recognition(self._settings, self._policies) as proofs,
                    build_activities(
                        self._systems,
                        self._notifications,
                        self._policies,
                        proofs,
                        links=links,
                        cases=cases,
                        watch=intake.accept,
                    ) as activities,
                ):
                    self._worker = case_worker(client, self._settings.task_queue, activities, self._settings.worker)
                    await self._work(self._worker, client)
        log.info("worker stopped")

    @asynccontextmanager
    async def _observed(self) -> AsyncIterator[None]:
        """The endpoint that says how this worker and what it depends on are doing."""
        fields = {name: getattr(self._systems, name) for name in type(self._systems).model_fields}
        systems = {name: field for name, field in fields.items() if isinstance(field, System)}
        async with system_checks(systems) as checks:
            health = Health({"worker": self._not_working, "temporal": self._no_temporal}, checks)
            async with health_endpoint(self._settings.observation.health_bind, health):
                yield

    async def _connected(self) -> Client:
        runtime = temporal_runtime(self._settings.observation.metrics_bind)
        patience = self._settings.worker.connect_for
        self._client = await connect(
            "worker", self._settings.encryption, patience=patience, runtime=runtime, retries=None
        )
        added = await ensure_search_attributes(self._client)
        if added:
            log.info("search attributes registered: %s", ", ".join(added))
        await ensure_schedules(self._client, self._settings.task_queue, recurring(self._settings))
        return self._client

    async def _work(self, worker: Worker, client: Client) -> None:
        """Run until the stop signal; then take no more, and let what runs finish or be told to."""
        running = asyncio.create_task(worker.run())
        stopping = asyncio.create_task(self._stop.wait())
        routing = asyncio.create_task(be_the_first(client, self._settings.worker))
        log.info(
            "worker started on task queue %s with policies %s, build %s",
            worker.task_queue,
            self._policies().version,
            self._settings.worker.build_id or "unversioned",
        )
        await asyncio.wait({running, stopping}, return_when=asyncio.FIRST_COMPLETED)
        stopping.cancel()
        routing.cancel()
        if not running.done():
            await self._drained(worker)
        await running

    async def _drained(self, worker: Worker) -> None:
        """No new work; calls under way finish, or are called off when their time is over and made again elsewhere."""
        drain_for = self._settings.worker.drain_for
        log.info("worker is stopping; calls under way may take %s to finish", drain_for)
        try:
            async with asyncio.timeout((drain_for + _CANCELLED_WITHIN).total_seconds()):
                await worker.shutdown()
        except TimeoutError:
            log.warning("calls under way could not be called off in time: their cases find out what became of them")
            leave(0)

    async def _not_working(self) -> str | None:
        if self._stop.is_set():
            return "is being stopped"
        return None if self._worker is not None and self._worker.is_running else "has not started yet"

    async def _no_temporal(self) -> str | None:
        return None if self._client is not None and await is_healthy(self._client) else "does not answer"

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
