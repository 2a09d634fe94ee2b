"""What a failed call means for the case."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from temporalio.exceptions import ActivityError, ApplicationError
from temporalio.exceptions import TimeoutError as CallTimedOut

from domain.exception_types import IntegrationErrorKind
from domain.tasks import Decision


@dataclass(frozen=True)
class Failure:
    """Why a call failed: `kind` says what can be done about it, `retry_after` when to ask again."""

    kind: IntegrationErrorKind
    message: str
    retry_after: timedelta | None = None

    @property
    def passes(self) -> bool:
        """Whether trying again can help."""
        return self.kind.passes


class CallRefused(Exception):
    """A system refused a call for good; `failure` says why."""

    def __init__(self, activity: str, failure: Failure) -> None:
        super().__init__(f"{activity}: {failure.message}")
        self.activity = activity
        self.failure = failure


class JudgementRefused(Exception):
    """A pure rule refused its input; `kind` is the error's type, `message` says why."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.kind = kind
        self.message = message


class FactsMoved(Exception):
    """The world is not as the decision assumed: look again before doing anything more."""


class Contradicted(FactsMoved):
    """A system refused what its own answers had promised. Looking again may help; many times over it will not."""


class DecidedAnew(Exception):
    """What an earlier plan of ours did to the order makes a later decision void: that one is taken again, on the order
    as it is now, and nothing is undone for it.
    """


class PlanAbandoned(Exception):
    """A person gave up a plan half-way."""

    def __init__(self, hold_id: str, decision: Decision) -> None:
        super().__init__(f"the plan for hold {hold_id} was given up by {decision.decided_by}")
        self.hold_id = hold_id
        self.decision = decision


def failure_of(error: ActivityError) -> Failure:
    """The failure behind an activity's error. A worker that died leaves a time-out: the outcome is not known."""
    cause = error.cause
    if isinstance(cause, ApplicationError):
        kind = IntegrationErrorKind.__members__.get(cause.type or "", IntegrationErrorKind.POISON)
        return Failure(kind=kind, message=cause.message, retry_after=cause.next_retry_delay)
    if isinstance(cause, CallTimedOut):
        return Failure(kind=IntegrationErrorKind.UNKNOWN_OUTCOME, message="no answer in time")
    return Failure(kind=IntegrationErrorKind.POISON, message=str(cause or error))
