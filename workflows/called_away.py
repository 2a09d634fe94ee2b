"""Waiting in a task that may be called away: its cancellation must not get lost.

It gets lost in three places. An activity's result may come in the same activation as the signal that led to the
cancellation; then the SDK hands over the result and takes the cancellation back. It does so, too, while a signal to
another workflow is under way: such a signal is sent by a task of its own. And before Python 3.12
`asyncio.wait_for` prefers what it waited for. Nobody cancels twice: the task would go on beside those who called it
away, and they would wait for its end, for ever if it asks a person (decision 24).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import timedelta
from typing import Any, TypeVar

from temporalio import workflow

T = TypeVar("T")


async def result_of(started: workflow.ActivityHandle[T]) -> T:
    """What a read or a computation answers. Whoever is called away goes at once, and has it cancelled."""
    try:
        await workflow.wait([started])
    except asyncio.CancelledError:
        started.add_done_callback(_heard)
        started.cancel()
        raise
    return started.result()


async def outcome_of(started: workflow.ActivityHandle[T]) -> T:
    """What a write answers, which must be known also by whoever is called away meanwhile: he goes at his next wait."""
    called_away = False
    while not started.done():
        try:
            await workflow.wait([started])
        except asyncio.CancelledError:
            called_away = True
            started.cancel()
    if called_away and (task := asyncio.current_task()):
        task.cancel()
    return started.result()


async def until(condition: Callable[[], bool], within: timedelta, summary: str) -> bool:
    """Whether the condition came true `within` that time, which the history shows as a timer with this summary."""
    try:
        await workflow.wait_condition(condition, timeout=within, timeout_summary=summary)
    except TimeoutError:
        in_time = False
    else:
        in_time = True
    if (task := asyncio.current_task()) and task.cancelling():
        raise asyncio.CancelledError
    return in_time


def _heard(over: asyncio.Future[Any]) -> None:
    """A failure that nobody waits for any more is none that asyncio should complain of."""
    if not over.cancelled():
        over.exception()
