"""The questions that a workflow must not answer itself: pure rules on recorded answers, by activities."""

from __future__ import annotations

from datetime import timedelta
from typing import TypeVar

from pydantic import BaseModel
from temporalio import workflow
from temporalio.common import RetryPolicy
from temporalio.exceptions import ActivityError, ApplicationError

from domain.assessment import Assessment
from domain.calls import (
    AssessRequest,
    Authorisation,
    AuthoriseRequest,
    DeadlineRequest,
    ExtendRequest,
    OutagePolicy,
    Paused,
    PauseRequest,
    ProceedRequest,
    Recheck,
    RecheckRequest,
    Resumed,
    ResumeRequest,
    Screened,
    ScreenRequest,
)
from domain.case import Case
from domain.cause import CauseTerms, CauseTermsRequest
from domain.tasks import Deadlines
from workflows.called_away import result_of
from workflows.failures import JudgementRefused

Answer = TypeVar("Answer", bound=BaseModel)

_UNTIL_IT_WORKS = RetryPolicy(initial_interval=timedelta(seconds=1), maximum_interval=timedelta(seconds=30))
_ONCE = RetryPolicy(maximum_attempts=1)
_NOT_WORTH_IT = workflow.ActivityCancellationType.ABANDON
"""A computation that nobody waits for any more is over before a cancellation would reach it."""


async def _judge(
    activity: str, argument: object, answer: type[Answer], summary: str, retry_policy: RetryPolicy = _UNTIL_IT_WORKS
) -> Answer:
    """The answer. Raises JudgementRefused: a local activity's failure comes bare, or wrapped in an ActivityError."""
    ask = workflow.start_local_activity if _nothing_else_goes_on() else workflow.start_activity
    asked = ask(
        activity,
        argument,
        result_type=answer,
        start_to_close_timeout=timedelta(seconds=10),
        retry_policy=retry_policy,
        cancellation_type=_NOT_WORTH_IT,
        summary=summary,
    )
    try:
        return await result_of(asked)
    except (ActivityError, ApplicationError) as error:
        raise _refused(error) from error


def _nothing_else_goes_on() -> bool:
    """Whether the case is on its straight way: one hold, and nobody was asked, waited for, or told anything yet.

    Then a local activity is right, and cheap. Where something else can end while it runs (a call, a timer, an update),
    a replay may resolve it on the other side of that, and the case would stand still (decision 14).
    """
    case: Case = workflow.instance().case()
    alone = case.order is not None and len(case.exceptions) == 1
    return alone and not (case.asked or case.outages or case.pending_notices or case.customer_waits or case.news)


def _refused(error: ActivityError | ApplicationError) -> JudgementRefused:
    cause = error.cause if isinstance(error, ActivityError) else error
    if isinstance(cause, ApplicationError):
        return JudgementRefused(cause.type or "", cause.message)
    return JudgementRefused("", str(cause or error))


async def assess(request: AssessRequest) -> Assessment:
    """Options for one exception, by the policies of this moment. JudgementRefused if the input does not fit."""
    return await _judge("assessment.assess", request, Assessment, f"Options for {request.exception_type}")


async def recheck(request: RecheckRequest) -> Recheck:
    """Whether what was decided still stands on the facts as they are now."""
    return await _judge("assessment.recheck", request, Recheck, f"Does {request.approved.code} still stand")


async def deadlines(request: DeadlineRequest) -> Deadlines:
    """Reminders, escalations and expiry of a question, in business time."""
    return await _judge("deadlines.schedule", request, Deadlines, f"Deadlines for {request.role}")


async def resume(request: ResumeRequest) -> Resumed:
    """By when the case is due, now that the customer was waited for."""
    return await _judge("deadlines.resume", request, Resumed, "Due time without the customer's")


async def pause(request: PauseRequest) -> Paused:
    """Until when the clock of a question may stand still. JudgementRefused, whose kind is the refusal, if not."""
    return await _judge("deadlines.pause", request, Paused, "How long to wait for information", _ONCE)


async def proceed(request: ProceedRequest) -> Deadlines:
    """The deadlines of a question whose clock stood still."""
    return await _judge("deadlines.proceed", request, Deadlines, "Deadlines after the pause")


async def extend(request: ExtendRequest) -> Deadlines:
    """The deadlines of a question that is put off."""
    return await _judge("deadlines.extend", request, Deadlines, "Deadlines put off", _ONCE)


async def outage_policy(system: str) -> OutagePolicy:
    """When a system's silence becomes a person's business, and whose."""
    return await _judge("deadlines.outage_policy", system, OutagePolicy, f"How long to bear with {system}")


async def cause_terms(request: CauseTermsRequest) -> CauseTerms:
    """How long orders with one cause are gathered, how many are worth a common question, and whose it is."""
    return await _judge("causes.terms", request, CauseTerms, f"Who decides about {request.amount} of {request.system}")


async def screen(request: ScreenRequest) -> Screened:
    """Which of many signalled requests are proven at all."""
    return await _judge("authorisation.screen", request, Screened, f"Screen {len(request.requests)} signalled requests")


async def authorise(request: AuthoriseRequest) -> Authorisation:
    """May this actor do this now. JudgementRefused, whose kind is the refusal, if not."""
    summary = f"May {request.request.actor} {request.request.action} {request.task_id}"
    return await _judge("authorisation.authorise", request, Authorisation, summary, _ONCE)
