"""A tiny HTTP endpoint for whoever watches over the process: /healthz (it runs) and /readyz (it does its work)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from http import HTTPStatus

from runtime.settings import host_and_port
from runtime.settings_check import WrongSettings

_ANSWER_WITHIN = 5.0
Check = Callable[[], Awaitable[bool]]


@asynccontextmanager
async def health_endpoint(bind: str | None, ready: Check) -> AsyncIterator[None]:
    """Answer at `bind` (nowhere if None) while the block lasts. Raises WrongSettings if that is not possible."""
    if bind is None:
        yield
        return

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError, TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            async with asyncio.timeout(_ANSWER_WITHIN):
                head = await reader.readuntil(b"\r\n\r\n")
                writer.write(_response(await _status(head, ready)))
                await writer.drain()
        writer.close()

    host, port = host_and_port(bind)
    try:
        server = await asyncio.start_server(answer, host, port)
    except OSError as error:
        raise WrongSettings([f"observation.health_bind {bind} cannot be used: {error.strerror}"]) from error
    async with server:
        yield


async def _status(head: bytes, ready: Check) -> HTTPStatus:
    method, _, rest = head.partition(b" ")
    path = rest.partition(b" ")[0].partition(b"?")[0]
    if method not in (b"GET", b"HEAD"):
        return HTTPStatus.METHOD_NOT_ALLOWED
    if path == b"/healthz":
        return HTTPStatus.OK
    if path == b"/readyz":
        return HTTPStatus.OK if await ready() else HTTPStatus.SERVICE_UNAVAILABLE
    return HTTPStatus.NOT_FOUND


def _response(status: HTTPStatus) -> bytes:
    body = status.phrase.encode() + b"\n"
    head = f"HTTP/1.1 {status.value} {status.phrase}\r\nContent-Type: text/plain\r\nContent-Length: {len(body)}\r\n"
    return head.encode() + b"Connection: close\r\n\r\n" + body
