"""TCP connections that can be cut: uvicorn does not tell an application which one a request came on."""

from __future__ import annotations

import asyncio

from fastapi import Request
from uvicorn.protocols.http.h11_impl import H11Protocol

_OPEN: dict[tuple[str, int], asyncio.Transport] = {}


class CuttableProtocol(H11Protocol):
    """HTTP/1.1 that remembers its connection by the caller's address."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Remember the connection."""
        super().connection_made(transport)
        if self.client is not None:
            _OPEN[self.client] = transport

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget it."""
        if self.client is not None:
            _OPEN.pop(self.client, None)
        super().connection_lost(exc)


def close_connection(request: Request) -> None:
    """Cut the connection that a request came on, with nothing said."""
    client = request.client
    transport = None if client is None else _OPEN.get((client.host, client.port))
    if transport is not None:
        transport.abort()


async def until_client_leaves(request: Request) -> None:
    """Say nothing until the caller gives up."""
    while (await request.receive())["type"] != "http.disconnect":
        pass
