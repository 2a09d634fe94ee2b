"""Holds that have a cause in common with those of other orders: they wait for one answer, and do not ask each."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta

from temporalio import workflow
from temporalio.common import RetryPolicy
from temporalio.exceptions import ActivityError, TemporalError

from domain.assessment import Assessment, Cause
from domain.calls import AssessRequest
from domain.case import Case, CaseState, ExceptionCase
from domain.cause import CauseSettled, Concern, Joined, Joining, Left, Settlement
from domain.money import Money
from domain.order import Order
from workflows import board
from workflows.called_away import result_of, until
from workflows.failures import failure_of
from workflows.journal import record

POLICY = "system:policy"
_ANSWER_WITHIN = timedelta(seconds=10)
_UNTIL_IT_WORKS = RetryPolicy(initial_interval=timedelta(seconds=1), maximum_interval=timedelta(seconds=30))


def common_cause(exception: ExceptionCase, assessment: Assessment) -> Cause | None:
    """The cause that the question is to be put with; None if there is none, or it was settled without helping here."""
    cause = assessment.cause
    if assessment.ask is None or cause is None or cause.key in exception.causes:
        return None
    return cause


class Causes:
    """What the holds of one case have in common with those of others."""

    def __init__(self, case: Case) -> None:
        self._case = case

    async def wait_for_answer(self, exception: ExceptionCase, cause: Cause, joining: Callable[[], Joining]) -> None:
        """Join those whom the cause concerns, and wait until it is settled, or as long as policy says."""
        if exception.awaited_cause != cause:
            await self.leave(exception, "another cause was found")
            try:
                await self._join(exception, cause, joining())
            except ActivityError as error:
                self._go_alone(exception, cause, failure_of(error).message)
                return
        remaining = exception.wait_ends[cause.key] - workflow.now()
        await until(
            lambda: cause.key in exception.causes,
            max(remaining, timedelta(0)),
            f"{exception.hold_id}: common answer about {cause.key}",
        )
        if cause.key not in exception.causes:
            exception.causes[cause.key] = Settlement.SEPARATELY
            await self.leave(exception, "the common answer took too long")
        exception.awaited_cause = None

    def _go_alone(self, exception: ExceptionCase, cause: Cause, why: str) -> None:
        """The cause's workflow cannot be reached for a reason that does not pass: no reason to wait."""
        exception.causes[cause.key] = Settlement.SEPARATELY
        record(self._case, POLICY, "on its own", f"{exception.hold_id}: {why}")

    async def _join(self, exception: ExceptionCase, cause: Cause, joining: Joining) -> None:
        joined = await join(joining)
        exception.awaited_cause = cause
        exception.cause_workflow = joined.workflow_id
        exception.wait_ends[cause.key] = workflow.now() + joined.alone_after
        record(self._case, POLICY, "one of several", f"{exception.hold_id}: {cause.title}; see {joined.workflow_id}")
        board.show(self._case, CaseState.WAITING)

    async def leave(self, exception: ExceptionCase, why: str) -> None:
        """Wait for the common answer no longer. A cause that is settled already needs not be told."""
        if exception.awaited_cause is None:
            return
        exception.awaited_cause = None
        record(self._case, POLICY, "on its own again", f"{exception.hold_id}: {why}")
        left = Left(key=f"{self._case.ref.order_id}/{exception.hold_id}", reason=why)
        await workflow.wait([leave(exception.cause_workflow, left)])

    def settle(self, settled: CauseSettled) -> None:
        """The common answer is there: whoever waited for it looks at its facts again."""
        for exception in self._case.in_order:
            if exception.awaited_cause is not None and exception.awaited_cause.key == settled.key:
                exception.causes[settled.key] = settled.settlement
                exception.awaited_cause = None
                if settled.settlement is Settlement.MENDED:
                    exception.waited_for.append(f"cause {settled.key}")
                exception.facts.clear()
                exception.assessed_version = 0
        for outage in self._case.outages.values():
            if outage.cause == settled.key:
                outage.settled = settled.settlement
        who = settled.decision.decided_by if settled.decision else POLICY
        record(self._case, who, f"cause {settled.settlement.lower()}", f"{settled.workflow_id}: {settled.reason}")


async def join(joining: Joining) -> Joined:
    """Tell the cause's workflow, which the first one starts. Raises ActivityError if that fails for good."""
    return await result_of(
        workflow.start_activity(
            "causes.join",
            joining,
            result_type=Joined,
            start_to_close_timeout=_ANSWER_WITHIN,
            retry_policy=_UNTIL_IT_WORKS,
            summary=f"{joining.concern.hold_id} has the cause {joining.cause.key}",
        )
    )


def leave(workflow_id: str, left: Left) -> asyncio.Task[None]:
    """Tell the cause's workflow that one waits no longer; it may have closed meanwhile.

    In a task of its own: whoever waits for it and is called away goes, and the word is sent all the same.
    """
    return asyncio.create_task(_say(workflow_id, left))


async def _say(workflow_id: str, left: Left) -> None:
    with suppress(TemporalError):
        await workflow.get_external_workflow_handle(workflow_id).signal("concern_left", left)


def joining(
    case: Case, order: Order, exception: ExceptionCase, assessment: Assessment, question: AssessRequest
) -> Joining:
    """What the cause has to know about a hold. The assessment names a cause and a role."""
    if assessment.cause is None or assessment.ask is None:
        raise RuntimeError(f"hold {exception.hold_id} has no cause in common with others")
    fix = assessment.option(assessment.cause.fix)
    if fix is None:
        raise RuntimeError(f"hold {exception.hold_id} is not offered {assessment.cause.fix}")
    return Joining(
        cause=assessment.cause,
        concern=Concern(
            case=case.ref,
            hold_id=exception.hold_id,
            amount=_at_least_nothing(fix.amount),
            order_value=order.value,
            requester=order.entered_by,
            changed_by=order.changed_by,
            service_level=order.service_level,
            joined_at=workflow.now(),
        ),
        exception_type=exception.exception_type,
        role=fix.role or assessment.ask.role,
        fix=fix,
        question=question,
    )


def _at_least_nothing(amount: Money) -> Money:
    """A share that is in our favour takes nothing off the others'."""
    return max(amount, Money.zero(amount.currency))
