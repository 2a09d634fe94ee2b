"""An HTTP application as a process that ends in order."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from fastapi import FastAPI

from runtime.setting_values import host_and_port


class _Server(uvicorn.Server):
    """Ends with exit code 0 when told to; the original would raise the signal once more."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self.handle_exit, number, None)
        yield


def http_server(app: FastAPI, bind: str) -> uvicorn.Server:
    """A server for `app` at `host:port`, without an access log: addresses may be secrets."""
    host, port = host_and_port(bind)
    return _Server(
        uvicorn.Config(
            app,
            host=host,
            port=port,
            log_config=None,
            access_log=False,
            timeout_graceful_shutdown=10,
            server_header=False,
        )
    )
