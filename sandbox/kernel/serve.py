"""Serve a service: in this process until it is told to stop, or in a thread for tests."""

from __future__ import annotations

import asyncio
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import uvicorn

from sandbox.kernel.connections import CuttableProtocol
from sandbox.kernel.service import Service

SHUTDOWN_SECONDS = 2
KEEP_ALIVE_SECONDS = 75
"""Longer than any client keeps an idle connection, so that none is closed just as a request is sent on it."""
START_SECONDS = 60


class _Server(uvicorn.Server):
    """uvicorn that says when it is ready."""

    def __init__(self, service: Service, ready: Callable[[], None]) -> None:
        super().__init__(
            uvicorn.Config(
                service.app,
                http=CuttableProtocol,
                loop="asyncio",
                ws="none",
                log_level="warning",
                access_log=False,
                timeout_keep_alive=KEEP_ALIVE_SECONDS,
                timeout_graceful_shutdown=SHUTDOWN_SECONDS,
            )
        )
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, then say so."""
        await super().startup(sockets)
        if self.started:
            self._ready()


def serve(service: Service, host: str, port: int, ready: Callable[[str], None]) -> None:
    """Serve until SIGTERM or SIGINT; `ready` gets the address. Port 0 takes a free one."""
    for stop in (signal.SIGTERM, signal.SIGINT):
        signal.signal(stop, _already_stopping)
    listener = _listen(host, port)
    server = _Server(service, lambda: ready(_url(listener)))
    asyncio.run(server.serve(sockets=[listener]))


@contextmanager
def in_thread(service: Service, port: int = 0) -> Iterator[str]:
    """The address of the service, served by a thread of this process."""
    listener = _listen("127.0.0.1", port)
    ready = threading.Event()
    server = _Server(service, ready.set)
    thread = threading.Thread(target=lambda: asyncio.run(server.serve(sockets=[listener])), daemon=True)
    thread.start()
    try:
        if not ready.wait(START_SECONDS):
            raise TimeoutError(f"{service.name} did not start in {START_SECONDS} s")
        yield _url(listener)
    finally:
        server.should_exit = True
        thread.join(SHUTDOWN_SECONDS + START_SECONDS)


def _listen(host: str, port: int) -> socket.socket:
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind((host, port))
    return listener


def _url(listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    return f"http://{host}:{port}"


def _already_stopping(*_: object) -> None:
    """Uvicorn raises the signal again once it has stopped; that must not kill the process."""
