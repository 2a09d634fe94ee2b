"""A tiny HTTP endpoint for whoever watches over the process: /healthz (it runs) and /readyz (it does its work).

Both answer with JSON that says what is wrong, in words; only the status decides what is done about it.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from http import HTTPStatus

import httpx
from temporalio.client import Client

from activities.connectors.settings import System
from runtime.setting_values import host_and_port
from runtime.settings_check import WrongSettings
from runtime.temporal import is_healthy

_ANSWER_WITHIN = 5.0
_CHECK_WITHIN = 2.5
_FRESH_FOR = 5.0
Check = Callable[[], Awaitable[str | None]]
"""What is wrong, in a few words; None if nothing is."""
Answer = tuple[HTTPStatus, Mapping[str, object]]


class Health:
    """What a process depends on. Only what is `needed` keeps it from being ready; without a system of record, cases
    wait and say so, and neither a restart nor another process would help.
    """

    def __init__(self, needed: Mapping[str, Check], systems: Mapping[str, Check] | None = None) -> None:
        self._needed = dict(needed)
        self._systems = dict(systems or {})
        self._wrong: dict[str, str] = {}
        self._looked_at: float | None = None
        self._looking = asyncio.Lock()

    async def ready(self) -> Answer:
        """200 or 503, and what is wrong."""
        await self._look()
        is_ready = not self._needed.keys() & self._wrong.keys()
        status = HTTPStatus.OK if is_ready else HTTPStatus.SERVICE_UNAVAILABLE
        return status, self._body("ready" if is_ready else "not ready")

    def alive(self) -> Answer:
        """200, and what was wrong when that was last looked at: nothing outside can have the process restarted."""
        return HTTPStatus.OK, self._body("alive")

    def _body(self, status: str) -> dict[str, object]:
        """`checked` names everything that is looked at, so that its absence in `wrong` says something."""
        return {"status": status, "wrong": self._wrong, "checked": [*self._needed, *self._systems]}

    async def _look(self) -> None:
        """At everything, side by side. What a process itself knows is always fresh, the systems' state for seconds."""
        async with self._looking:
            now = asyncio.get_running_loop().time()
            stale = self._looked_at is None or now - self._looked_at > _FRESH_FOR
            names = [*self._needed, *(self._systems if stale else ())]
            checks = self._needed | self._systems
            found = await asyncio.gather(*(_checked(checks[name]) for name in names))
            fresh = dict(zip(names, found, strict=True))
            kept = {name: wrong for name, wrong in self._wrong.items() if name not in fresh}
            self._wrong = kept | {name: wrong for name, wrong in fresh.items() if wrong is not None}
            self._looked_at = now if stale else self._looked_at


def temporal_check(client: Client) -> Check:
    """A check for Temporal."""

    async def answers() -> str | None:
        return None if await is_healthy(client) else "does not answer"

    return answers


@asynccontextmanager
async def system_checks(systems: Mapping[str, System]) -> AsyncIterator[dict[str, Check]]:
    """A check for each system: whether anything answers at its address. Any answer below 500 is one."""
    async with httpx.AsyncClient(timeout=_CHECK_WITHIN) as http:

        def check(system: System) -> Check:
            async def answers() -> str | None:
                try:
                    response = await http.get(system.url)
                except httpx.HTTPError as error:
                    return f"does not answer ({type(error).__name__})"
                return f"answers {response.status_code}" if response.is_server_error else None

            return answers

        yield {name: check(system) for name, system in systems.items()}


@asynccontextmanager
async def health_endpoint(bind: str | None, health: Health) -> AsyncIterator[None]:
    """Answer at `bind` (nowhere if None) while the block lasts. Raises WrongSettings if that is not possible."""
    if bind is None:
        yield
        return

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError, TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            async with asyncio.timeout(_ANSWER_WITHIN):
                head = await reader.readuntil(b"\r\n\r\n")
                writer.write(_response(*await _answer(head, health)))
                await writer.drain()
        writer.close()

    host, port = host_and_port(bind)
    try:
        server = await asyncio.start_server(answer, host, port)
    except OSError as error:
        raise WrongSettings([f"observation.health_bind {bind} cannot be used: {error.strerror}"]) from error
    async with server:
        yield


async def _checked(check: Check) -> str | None:
    try:
        async with asyncio.timeout(_CHECK_WITHIN):
            return await check()
    except TimeoutError:
        return f"no answer within {_CHECK_WITHIN:g} s"


async def _answer(head: bytes, health: Health) -> Answer:
    method, _, rest = head.partition(b" ")
    path = rest.partition(b" ")[0].partition(b"?")[0]
    if method not in (b"GET", b"HEAD"):
        return HTTPStatus.METHOD_NOT_ALLOWED, {}
    if path == b"/healthz":
        return health.alive()
    if path == b"/readyz":
        return await health.ready()
    return HTTPStatus.NOT_FOUND, {}


def _response(status: HTTPStatus, body: Mapping[str, object]) -> bytes:
    content = json.dumps(body or {"status": status.phrase.lower()}).encode() + b"\n"
    head = f"HTTP/1.1 {status.value} {status.phrase}\r\nContent-Type: application/json\r\n"
    return f"{head}Content-Length: {len(content)}\r\nConnection: close\r\n\r\n".encode() + content
