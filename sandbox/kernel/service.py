"""A service of the sandbox: its state, its routes, its background work, and the application made of them."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from functools import cached_property
from typing import Any

import httpx
from fastapi import APIRouter, Depends, FastAPI
from fastapi_offline import FastAPIOffline

from sandbox.kernel.access import admin_only, authenticated
from sandbox.kernel.administration import administration, health, ledger_page
from sandbox.kernel.clock import Clock
from sandbox.kernel.collection import BeforeCancel, Body, Collection, OnCancel, OnCreate, nothing_more
from sandbox.kernel.faults import Faults, FaultyRoute
from sandbox.kernel.ledger import Ledger
from sandbox.kernel.problems import DESCRIBED, describe_problems, install_problems
from sandbox.kernel.settings import Settings
from sandbox.kernel.store import Store
from sandbox.kernel.webhooks import Webhooks
from sandbox.kernel.writes import prepare_answers

Work = Callable[[], Awaitable[None]]

PEER_SECONDS = 20.0
"""How long another service may take: an answer that is late counts as none, so no less than a busy machine needs."""

_log = logging.getLogger(__name__)


class Service:
    """Declare routes on `v1` (any client) and `admin` (the administrator), then serve `app`."""

    def __init__(self, name: str, settings: Settings, *, title: str) -> None:
        self.name = name
        self.title = title
        self.settings = settings
        self.store = Store(settings.database)
        self.ledger = Ledger(self.store)
        self.addresses: dict[str, str] = {}
        """Where it listens besides HTTP, by protocol; said when it starts."""
        self.clock = Clock()
        self.faults = Faults(self.clock)
        self.webhooks = Webhooks(self.store, f"/sandbox/{name}", settings.subscribers)
        self.v1 = APIRouter(prefix="/v1", route_class=FaultyRoute, dependencies=[Depends(authenticated)])
        self.admin = APIRouter(prefix="/admin", dependencies=[Depends(admin_only)], tags=["admin"])
        self._work: list[Work] = [self.webhooks.deliver]
        self._peers: dict[str, httpx.AsyncClient] = {}
        prepare_answers(self.store)

    def collection(
        self,
        name: str,
        body: type[Body],
        prefix: str,
        *,
        on_create: OnCreate[Body] = nothing_more,
        on_cancel: OnCancel = nothing_more,
        before_cancel: BeforeCancel | None = None,
        indexed: Sequence[str] = (),
    ) -> Collection[Body]:
        """Add a kind of write resource at `/v1/{name}`; its ids begin with `prefix`. The service itself can look for
        resources by `reference`, `order_id`, `status` and the fields in `indexed`.
        """
        return Collection(
            self,
            name,
            body,
            prefix,
            on_create=on_create,
            on_cancel=on_cancel,
            before_cancel=before_cancel,
            indexed=indexed,
        )

    def background(self, work: Work) -> None:
        """Do this from start to stop; when it fails it is logged and begun again."""
        self._work.append(work)

    def peer(self, name: str) -> httpx.AsyncClient | None:
        """The client of another service, as the settings say where it is; None if they do not."""
        settings = self.settings.peers.get(name)
        if settings is not None and name not in self._peers:
            self._peers[name] = httpx.AsyncClient(
                base_url=settings.url,
                headers={"Authorization": f"Bearer {settings.token}"},
                timeout=PEER_SECONDS,
                trust_env=False,
            )
        return self._peers.get(name)

    @cached_property
    def app(self) -> FastAPI:
        """The application, with every route declared so far."""
        app = FastAPIOffline(title=self.title, version="1", lifespan=self._lifespan, responses=DESCRIBED)
        app.state.service = self
        install_problems(app)
        app.include_router(health(self))
        app.include_router(ledger_page(self))
        app.include_router(self.v1)
        app.include_router(self.admin)
        app.include_router(administration(self))
        describe_problems(app)
        return app

    @asynccontextmanager
    async def _lifespan(self, _: FastAPI) -> AsyncIterator[None]:
        tasks = [asyncio.create_task(_for_ever(work)) for work in self._work]
        try:
            yield
        finally:
            await self._stop(tasks)

    async def _stop(self, tasks: list[asyncio.Task[None]]) -> None:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for client in self._peers.values():
            await client.aclose()
        self.store.close()


async def _for_ever(work: Callable[[], Any]) -> None:
    while True:
        try:
            await work()
        except Exception:  # noqa: BLE001 - whatever it was, the service goes on
            _log.exception("background work failed; it begins again in a second")
        await asyncio.sleep(1)
