"""Events become cases: which event concerns which case, and that each is handed over once."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from temporalio.common import MetricMeter

from domain.base import Model, digest
from domain.calls import CaseRef
from domain.events import CloudEvent, EventType, OrderEvent
from domain.exception_types import ExceptionType
from domain.identifiers import checked_key, workflow_id
from runtime.delivery import Delivery, NoCase
from runtime.temporal import TemporalUnavailable

_REMEMBERED = 20_000
_REMEMBERED_FOR = 300.0
"""Seconds. Later, the same event is no redelivery but somebody who wants the order looked at again."""
_SIGNALS_AT_A_TIME = 16
_PLAUSIBLE_YEARS = range(1970, 2200)
_PLAUSIBLE_DIGITS = 18


class Disposition(StrEnum):
    """What became of an event."""

    ACCEPTED = "accepted"
    """It started a case."""
    JOINED = "joined"
    """It was handed to the running case or cases that it concerns."""
    DUPLICATE = "duplicate"
    """This process had just handed it over. A copy that reaches a running case by another door is dropped there."""
    NO_CASE = "no-case"
    """No running case is concerned: nothing to do."""


class Accepted(Model):
    """Temporal has the event, as far as a case wants it."""

    disposition: Disposition
    cases: tuple[str, ...] = ()

    @property
    def workflow_id(self) -> str | None:
        """The case, or the first of several."""
        return self.cases[0] if self.cases else None


class Undeliverable(ValueError):
    """The event is well-formed but says not enough, or nothing plausible: the sender must correct it."""


class EventIdReused(ValueError):
    """Another event had the same source and id: one of the two would be lost."""


@dataclass
class _Handover:
    digest: str
    task: asyncio.Task[Accepted]
    begun_at: float

    @property
    def is_fresh(self) -> bool:
        return not self.task.done() or asyncio.get_running_loop().time() - self.begun_at < _REMEMBERED_FOR


class Intake:
    """The way in for every event, whichever door it came by. `answer_within` is how long a sender is kept waiting."""

    def __init__(
        self,
        delivery: Delivery,
        answer_within: timedelta = timedelta(seconds=8),
        meter: MetricMeter = MetricMeter.noop,
    ) -> None:
        self._delivery = delivery
        self._answer_within = answer_within.total_seconds()
        self._events = meter.create_counter("holdfast_events", "Events taken at the door")
        self._handovers: OrderedDict[tuple[str, str], _Handover] = OrderedDict()

    async def accept(self, event: CloudEvent) -> Accepted:
        """What became of `event`, once Temporal has acknowledged it.

        Raises Undeliverable, EventIdReused, or TemporalUnavailable: then it was perhaps not recorded, and sending it
        again is right and harmless.
        """
        key, content = (event.source, event.id), digest(event)
        known = self._handovers.get(key)
        known = known if known is not None and known.is_fresh else None
        if known is not None and known.digest != content:
            raise EventIdReused(f"event id {event.id!a} was used before for another event: give each its own")
        handover = known or self._begin(key, content, event)
        try:
            async with asyncio.timeout(self._answer_within):
                # shielded: a sender that hangs up does not stop what another copy of the event waits for
                accepted = await asyncio.shield(handover.task)
        except TimeoutError as error:
            raise TemporalUnavailable(f"Temporal did not acknowledge within {self._answer_within:g} s") from error
        if known is not None and accepted.disposition is not Disposition.NO_CASE:
            accepted = Accepted(disposition=Disposition.DUPLICATE, cases=accepted.cases)
        self._events.add(1, {"type": str(event.type), "disposition": str(accepted.disposition)})
        return accepted

    def _begin(self, key: tuple[str, str], content: str, event: CloudEvent) -> _Handover:
        task = asyncio.create_task(self._hand_over(_plausible(event)))
        handover = _Handover(content, task, asyncio.get_running_loop().time())
        self._handovers.pop(key, None)
        self._handovers[key] = handover
        task.add_done_callback(lambda done: self._settle(key, done))
        return handover

    def _settle(self, key: tuple[str, str], task: asyncio.Task[Accepted]) -> None:
        """Remember for a while what was taken; forget what was not, so that it is tried again."""
        taken = not task.cancelled() and task.exception() is None
        if not taken or task.result().disposition is Disposition.NO_CASE:
            self._handovers.pop(key, None)
        while self._handovers and self._may_forget(next(iter(self._handovers.values()))):
            self._handovers.popitem(last=False)

    def _may_forget(self, oldest: _Handover) -> bool:
        return oldest.task.done() and (len(self._handovers) > _REMEMBERED or not oldest.is_fresh)

    async def _hand_over(self, event: CloudEvent) -> Accepted:
        order_event = OrderEvent.of(event)
        if event.data.order_id is None:
            return await self._hand_to_all(await self._concerned(event), order_event)
        case = _case_of(event.data.tenant, event.data.order_id)
        if event.type is EventType.HOLD_PLACED:
            started = await self._delivery.start_or_join(case, order_event)
            return _taken(Disposition.ACCEPTED if started else Disposition.JOINED, case.workflow_id)
        return await self._hand_to_all([case.workflow_id], order_event)

    async def _concerned(self, event: CloudEvent) -> list[str]:
        """The running cases of a fact that names no order."""
        if event.type is EventType.PAYMENT_RECEIVED and event.data.customer_id is not None:
            condition = f"CustomerId = '{checked_key(event.data.customer_id, 'customer id')}'"
        elif event.type is EventType.STOCK_RECEIVED:
            condition = f"ExceptionType = '{ExceptionType.INVENTORY_SHORTFALL}'"
        else:
            wanted = (
                "data.order_id or data.customer_id" if event.type is EventType.PAYMENT_RECEIVED else "data.order_id"
            )
            raise Undeliverable(f"{event.type} needs {wanted}: without it nobody knows whom it concerns")
        return await self._delivery.running(checked_key(event.data.tenant, "tenant"), condition)

    async def _hand_to_all(self, cases: list[str], event: OrderEvent) -> Accepted:
        """Signal each case. If one cannot be reached the whole is tried again; the others drop the copy."""
        at_a_time = asyncio.Semaphore(_SIGNALS_AT_A_TIME)

        async def hand(case: str) -> str | None:
            async with at_a_time:
                try:
                    await self._delivery.signal(case, event)
                except NoCase:
                    return None
                return case

        handed = await asyncio.gather(*(hand(case) for case in cases), return_exceptions=True)
        for outcome in handed:
            if isinstance(outcome, BaseException):
                raise outcome
        taken = [outcome for outcome in handed if isinstance(outcome, str)]
        return _taken(Disposition.JOINED, *taken) if taken else _taken(Disposition.NO_CASE)


def _taken(disposition: Disposition, *cases: str) -> Accepted:
    return Accepted(disposition=disposition, cases=cases)


def _case_of(tenant: str, order_id: str) -> CaseRef:
    return CaseRef(tenant=tenant, order_id=order_id, workflow_id=workflow_id(tenant, order_id))


def _plausible(event: CloudEvent) -> CloudEvent:
    """The event itself. Raises Undeliverable for times and amounts that no database takes."""
    applied = event.data.hold.applied_at if event.data.hold else event.time
    if any(moment.year not in _PLAUSIBLE_YEARS for moment in (event.time, applied)):
        raise Undeliverable("the event's time or data.hold.applied_at is not plausible: use RFC 3339 in UTC")
    if event.data.amount is not None and abs(event.data.amount.amount.adjusted()) > _PLAUSIBLE_DIGITS:
        raise Undeliverable("data.amount is not plausible")
    return event
