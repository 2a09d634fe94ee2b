"""People and programs outside of Holdfast that try again until a part is back."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import TypeVar

import httpx
from temporalio.service import RPCError

T = TypeVar("T")

_AGAIN_AFTER = 0.5
_PATIENCE = 240.0
DOWN = (httpx.HTTPError, RPCError, RuntimeError, json.JSONDecodeError, KeyError)
"""What a part's outage looks like from outside: no answer, a wrong status, or none of the answer that was expected."""


async def undeterred(act: Callable[[], Awaitable[T]], down: tuple[type[Exception], ...] = DOWN) -> T:
    """The result of `act`, tried until it fails by none of `down`. Raises its error if that takes minutes."""
    deadline = asyncio.get_running_loop().time() + _PATIENCE
    while True:
        try:
            return await act()
        except down:
            if asyncio.get_running_loop().time() > deadline:
                raise
        await asyncio.sleep(_AGAIN_AFTER)


async def for_ever(act: Callable[[], Awaitable[None]]) -> None:
    """Do what has no end of its own, begun again whenever a part's outage ended it."""
    while True:
        try:
            await act()
        except DOWN:
            await asyncio.sleep(_AGAIN_AFTER)
