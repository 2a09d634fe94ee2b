"""Calls as the workflow makes them, and a system to make them to."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from typing import TypeVar

import pytest
from pydantic import JsonValue
from temporalio.testing import ActivityEnvironment

from domain.calls import CaseRef, StepCall, UndoCall
from tests.unit.activities.system import SmallSystem, serving

CASE = CaseRef(tenant="acme", order_id="SO-1", workflow_id="order-exception/acme/SO-1")

Argument = TypeVar("Argument")
Result = TypeVar("Result")


@pytest.fixture
async def system() -> AsyncIterator[SmallSystem]:
    async with serving(SmallSystem()) as small:
        yield small


async def run(
    function: Callable[[Argument], Awaitable[Result]],
    argument: Argument,
    *,
    attempt: int = 1,
    operation: str = "credit.release",
) -> Result:
    """Run an activity as Temporal would."""
    environment = ActivityEnvironment()
    environment.info = replace(environment.info, attempt=attempt, activity_type=operation)
    return await environment.run(function, argument)


def step(*, may_have_happened: bool = False, order_version: int = 3, **arguments: JsonValue) -> StepCall:
    """A step of a plan for SO-1."""
    return StepCall(
        case=CASE,
        order_version=order_version,
        step_id="release",
        arguments=arguments,
        idempotency_key="hf-1",
        reason="inside the tolerance",
        decided_by="system:policy",
        may_have_happened=may_have_happened,
    )


UNDO = UndoCall(
    case=CASE, step_id="release", reference="hf-1", idempotency_key="hf-1-undo", reason="a later step failed"
)
