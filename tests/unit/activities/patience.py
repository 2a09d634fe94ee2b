"""Giving up on a system that has fallen silent: at that moment, so that no time decides a test that a busy machine may
not keep. That a connector gives up by itself after its time is a test of its own.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta

import httpx
from pydantic import SecretStr

from activities.connectors.http import SystemClient
from activities.connectors.settings import System

PATIENT = timedelta(seconds=60)
_LOOK_EVERY = 0.005
_TLS = ssl.create_default_context()
"""Made once: every new transport would load all certificates again, and none is needed here."""


class GivesUpOnSilence(httpx.AsyncBaseTransport):
    """Real connections. A request that makes `silences` grow, the number of those that the system has fallen silent
    over, ends as one does that was not answered in time.
    """

    def __init__(self, silences: Callable[[], int]) -> None:
        self._wire = httpx.AsyncHTTPTransport(verify=_TLS)
        self._silences = silences

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        before = self._silences()
        answer = asyncio.create_task(self._wire.handle_async_request(request))
        while not answer.done():
            await asyncio.wait([answer], timeout=_LOOK_EVERY)
            if self._silences() > before:
                answer.cancel()
                with suppress(asyncio.CancelledError):
                    await answer
                raise httpx.ReadTimeout("it has fallen silent", request=request)
        return await answer

    async def aclose(self) -> None:
        await self._wire.aclose()


def connector(name: str, url: str, token: str, silences: Callable[[], int] = lambda: 0) -> SystemClient:
    """Our connector to a system, as patient as a busy machine needs."""
    system = System(url=url, token=SecretStr(token), connect_within=PATIENT, answer_within=PATIENT)
    return SystemClient(name, system, GivesUpOnSilence(silences))
