"""Reading what a stranger sends: never more of it than allowed, and not for longer than it is worth."""

from __future__ import annotations

import asyncio

from fastapi import Request
from starlette.requests import ClientDisconnect

_READ_WITHIN = 10.0


class BodyTooLarge(Exception):
    """More was sent than is allowed."""


class BodyIncomplete(Exception):
    """The body did not arrive in time, or the sender hung up."""


async def read_body(request: Request, limit: int) -> bytes:
    """The body, of at most `limit` bytes. Raises BodyTooLarge or BodyIncomplete."""
    body = bytearray()
    try:
        async with asyncio.timeout(_READ_WITHIN):
            async for chunk in request.stream():
                body += chunk
                if len(body) > limit:
                    raise BodyTooLarge
    except (TimeoutError, ClientDisconnect) as error:
        raise BodyIncomplete from error
    return bytes(body)
