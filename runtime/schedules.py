"""What Temporal starts again and again by itself: the schedules of this installation, made by its workers.

Any number of workers may make the same schedule; it is one. A schedule that an operator has paused stays paused.
"""

from __future__ import annotations

import dataclasses
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from temporalio.client import (
    Client,
    Schedule,
    ScheduleActionStartWorkflow,
    ScheduleAlreadyRunningError,
    ScheduleIntervalSpec,
    ScheduleOverlapPolicy,
    SchedulePolicy,
    ScheduleSpec,
    ScheduleUpdate,
    ScheduleUpdateInput,
)
from temporalio.service import RPCError, RPCStatusCode

from domain.identifiers import WATCH, WATCH_TYPE
from domain.reconciliation import RECONCILIATION_TYPE
from runtime.settings import Settings

_NOT_FOR_US = (RPCStatusCode.PERMISSION_DENIED, RPCStatusCode.UNIMPLEMENTED)

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Recurring:
    """A workflow without arguments that is started every so often, never while its last run is under way.

    (Without arguments, because Temporal gives each run an id of its own, and what is encrypted is bound to an id.)
    """

    name: str
    workflow: str
    every: timedelta
    at_most: timedelta
    """A run that takes longer is ended, so that it does not keep the next ones from starting for ever."""
    summary: str

    def schedule_id(self, task_queue: str) -> str:
        """Two installations may share a namespace."""
        return f"{self.name}/{task_queue}"

    def schedule(self, task_queue: str) -> Schedule:
        """As Temporal is told."""
        return Schedule(
            action=ScheduleActionStartWorkflow(
                self.workflow,
                id=f"{self.name}/{task_queue}",
                task_queue=task_queue,
                execution_timeout=self.at_most,
                static_summary=self.summary,
            ),
            spec=ScheduleSpec(intervals=[ScheduleIntervalSpec(every=self.every)]),
            policy=SchedulePolicy(overlap=ScheduleOverlapPolicy.SKIP, catchup_window=timedelta(minutes=1)),
        )


def recurring(settings: Settings) -> tuple[Recurring, ...]:
    """The schedules that these settings ask for."""
    reconciliation = Recurring(
        name="reconciliation",
        workflow=RECONCILIATION_TYPE,
        every=settings.reconciliation.every,
        at_most=timedelta(hours=1),
        summary="Held orders against open cases",
    )
    if settings.systems is None or settings.systems.erp.connector != "tryton":
        return (reconciliation,)
    return (reconciliation, watch(settings.systems.tryton.poll_every))


def watch(every: timedelta) -> Recurring:
    """Looking at an ERP that sends no events. What it told so far is the result of its last run that succeeded."""
    return Recurring(
        name=WATCH,
        workflow=WATCH_TYPE,
        every=every,
        at_most=timedelta(minutes=15),
        summary="What is held in an ERP that does not tell",
    )


async def ensure_schedules(client: Client, task_queue: str, wanted: Sequence[Recurring]) -> None:
    """Have Temporal keep these schedules, as they are set now. The first run of a new one begins at once.

    Where we may not (a role without the right), a warning says so and the worker works without.
    """
    for one in wanted:
        try:
            await _ensure(client, task_queue, one)
        except RPCError as error:
            if error.status not in _NOT_FOR_US:
                raise
            log.warning("the schedule %s cannot be made: %s", one.schedule_id(task_queue), error.message)


async def _ensure(client: Client, task_queue: str, wanted: Recurring) -> None:
    schedule_id, schedule = wanted.schedule_id(task_queue), wanted.schedule(task_queue)
    try:
        await client.create_schedule(schedule_id, schedule, trigger_immediately=True)
    except ScheduleAlreadyRunningError:
        await client.get_schedule_handle(schedule_id).update(lambda known: _renewed(known, schedule))


def _renewed(known: ScheduleUpdateInput, wanted: Schedule) -> ScheduleUpdate | None:
    """What is said of it now, and nothing if that is what it is."""
    there = known.description.schedule
    if there.spec.intervals == wanted.spec.intervals and there.policy == wanted.policy:
        return None
    return ScheduleUpdate(dataclasses.replace(wanted, state=there.state))
