"""A house: an ERP with its stock and credit, spoken with through our ports, and looked at past them."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Protocol

import httpx

from activities.ports import CreditPort, ErpPort, PricingPort, StockPort

READS = ("search_read", ".read", ".search", "search_count", "get_preferences", "common.db.login")
"""Methods of Tryton that change nothing."""


class Killed(BaseException):
    """The worker was killed here: nothing after this point happens."""


@dataclass
class Ports:
    """One worker's connectors."""

    erp: ErpPort
    stock: StockPort
    credit: CreditPort
    pricing: PricingPort


class Workers:
    """Connectors that are shared as long as an event loop lives; opening one costs as much as ten calls."""

    def __init__(self, make: Callable[[httpx.AsyncBaseTransport | None], Ports]) -> None:
        self._make = make
        self._loop: asyncio.AbstractEventLoop | None = None
        self._ports: Ports | None = None

    def ports(self, transport: httpx.AsyncBaseTransport | None) -> Ports:
        """A worker's own if it has a network of its own."""
        if transport is not None:
            return self._make(transport)
        loop = asyncio.get_running_loop()
        if self._ports is None or self._loop is not loop:
            self._loop, self._ports = loop, self._make(None)
        return self._ports


class House(Protocol):
    """What a system has to show so that the contract can be tested on it."""

    name: str
    refuses: frozenset[str]
    """What it refuses for good, as `docs/connectors.md` says: operations of a port, or a special case of one."""

    def ports(self, transport: httpx.AsyncBaseTransport | None = None) -> Ports:
        """A worker's connectors: of one that reaches the system through `transport`, or of the one for everything."""
        ...

    def held_order(self) -> str:
        """A new order of ten and five of two lines, held for one reason. Answers with its id."""
        ...

    def other_order(self) -> str:
        """Another order of the same customer with the same lines, not released."""
        ...

    def meddle(self, order_id: str) -> None:
        """Somebody changes the order by hand."""
        ...

    def mend(self, order_id: str) -> None:
        """Somebody puts right by hand whatever the order is held for, and does not release it."""
        ...

    def owed(self, order_id: str) -> Decimal:
        """How many pieces the house would deliver for the order, whatever it was split into."""
        ...

    def set_aside(self, order_id: str) -> Decimal:
        """How many pieces are reserved for the order."""
        ...

    def released(self, order_id: str) -> int:
        """How often the order was released: by shipments, or by the ledger."""
        ...

    def is_cancelled(self, order_id: str) -> bool:
        """Whether it will never ship."""
        ...

    def words(self) -> dict[str, str]:
        """What things are called there."""
        ...

    def address(self) -> dict[str, str]:
        """What another process needs to build `ports` by itself."""
        ...


class Mortal(httpx.AsyncBaseTransport):
    """The network of a worker that is killed after its n-th write was committed, before it hears of it: nothing that it
    would do on its way out is done.
    """

    def __init__(self, writes: int) -> None:
        self._left = writes
        self._inner = httpx.AsyncHTTPTransport()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if self._left <= 0:
            raise Killed
        answer = await self._inner.handle_async_request(request)
        if is_write(request):
            self._left -= 1
            if self._left == 0:
                await answer.aclose()
                raise Killed
        return answer

    async def aclose(self) -> None:
        await self._inner.aclose()


class Cut(httpx.AsyncBaseTransport):
    """A network that breaks once: the n-th write was committed, and the worker, which lives, is told nothing."""

    def __init__(self, writes: int) -> None:
        self._left = writes
        self._inner = httpx.AsyncHTTPTransport()

    @property
    def has_broken(self) -> bool:
        """Whether there were so many writes."""
        return self._left <= 0

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        answer = await self._inner.handle_async_request(request)
        if is_write(request):
            self._left -= 1
            if self._left == 0:
                await answer.aclose()
                raise httpx.ReadError("cut", request=request)
        return answer

    async def aclose(self) -> None:
        await self._inner.aclose()


def is_write(request: httpx.Request) -> bool:
    """Whether it may change something."""
    if request.method != "POST":
        return False
    if not request.url.path.endswith("/rpc/"):
        return True
    method = json.loads(request.content)["method"]
    return not method.endswith(READS)
