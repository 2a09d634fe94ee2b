"""When things are due, by the policies of this moment."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from temporalio import activity
from temporalio.exceptions import ApplicationError

from domain.approvals.refused import Refused
from domain.base import Model
from domain.business_time import ClosedForGood
from domain.calls import (
    CaseRef,
    DeadlineRequest,
    ExtendRequest,
    OutagePolicy,
    Paused,
    PauseRequest,
    ProceedRequest,
    Resumed,
    ResumeRequest,
)
from domain.exception_types import IntegrationErrorKind
from domain.policy import pausing
from domain.policy.policy_set import PolicySet
from domain.policy.schedules import PolicyGap, outage_policy, resumed, schedule
from domain.policy.table import InputError
from domain.tasks import Deadlines

Answer = TypeVar("Answer", bound=Model)


class DeadlineActivities:
    """Every public method is the activity of its name."""

    def __init__(self, policies: Callable[[], PolicySet]) -> None:
        self._policies = policies

    @activity.defn(name="deadlines.schedule")
    async def schedule(self, request: DeadlineRequest) -> Deadlines:
        """Reminders, escalations and expiry of a question."""
        try:
            return schedule(request, self._policies())
        except (PolicyGap, InputError, ClosedForGood) as error:
            raise _undecided(f"order {request.case.order_id}: {error}") from error

    @activity.defn(name="deadlines.resume")
    async def resume(self, request: ResumeRequest) -> Resumed:
        """When a case is due whose customer was waited for."""
        try:
            return resumed(request, self._policies())
        except ClosedForGood as error:
            raise _undecided(f"order {request.case.order_id}: {error}") from error

    @activity.defn(name="deadlines.pause")
    async def pause(self, request: PauseRequest) -> Paused:
        """Stop the clock of a question. INVALID if that was done too often."""
        return self._clock(request.case, lambda policy: pausing.pause(request, policy))

    @activity.defn(name="deadlines.proceed")
    async def proceed(self, request: ProceedRequest) -> Deadlines:
        """Let it go on with what was left on it."""
        return self._clock(request.case, lambda policy: pausing.proceed(request, policy))

    @activity.defn(name="deadlines.extend")
    async def extend(self, request: ExtendRequest) -> Deadlines:
        """Put its expiry off."""
        return self._clock(request.case, lambda policy: pausing.extend(request, policy))

    def _clock(self, case: CaseRef, answer: Callable[[PolicySet], Answer]) -> Answer:
        try:
            return answer(self._policies())
        except Refused as refused:
            raise ApplicationError(str(refused), type=refused.refusal.value, non_retryable=True) from None
        except (InputError, ClosedForGood) as error:
            raise _undecided(f"order {case.order_id}: {error}") from error

    @activity.defn(name="deadlines.outage_policy")
    async def outage_policy(self, system: str) -> OutagePolicy:
        """When a system's silence becomes a person's business, and whose."""
        try:
            return outage_policy(system, self._policies())
        except (PolicyGap, InputError) as error:
            raise _undecided(f"system {system}: {error}") from error


def _undecided(message: str) -> ApplicationError:
    return ApplicationError(message, type=IntegrationErrorKind.VALIDATION.value, non_retryable=True)
