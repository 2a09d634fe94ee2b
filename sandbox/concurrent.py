"""Doing one thing while others go on beside it."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


async def alongside(work: Coroutine[Any, Any, T], *others: Coroutine[Any, Any, None]) -> T:
    """The result of `work`. The others, which have no end of their own, go on as long; if one of them fails, everything
    is cancelled and its error is raised.
    """
    task = asyncio.ensure_future(work)
    beside = [asyncio.ensure_future(other) for other in others]
    try:
        done, _ = await asyncio.wait({task, *beside}, return_when=asyncio.FIRST_COMPLETED)
        if task not in done:
            for other in done:
                other.result()
        return await task
    finally:
        for pending in (task, *beside):
            pending.cancel()
        await asyncio.gather(task, *beside, return_exceptions=True)
