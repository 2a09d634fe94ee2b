"""Misbehaviour on demand: what real systems do on bad days, by operation, by count or by time."""

from __future__ import annotations

import asyncio
import itertools
import json
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from fastapi import Request, Response
from fastapi.routing import APIRoute
from pydantic import BaseModel, ConfigDict, Field

from sandbox.kernel.clock import Clock
from sandbox.kernel.connections import close_connection, until_client_leaves
from sandbox.kernel.problems import Problem

Handler = Callable[[Request], Awaitable[Response]]


class FaultKind(StrEnum):
    """Ways to fail."""

    ERROR = "ERROR"
    """Answer `status` (500) and do nothing."""
    DELAY = "DELAY"
    """Wait `delay_ms`, then do the work."""
    HANG = "HANG"
    """Do nothing and never answer."""
    COMMIT_THEN_TIMEOUT = "COMMIT_THEN_TIMEOUT"
    """Do the work and never answer; with `delay_ms`, close the connection after that."""
    STALE_ETAG = "STALE_ETAG"
    """A read shows the version before the present one; a write is refused as stale."""
    GARBAGE = "GARBAGE"
    """Do the work and answer 200 with a body that is not JSON."""
    RETRY_AFTER = "RETRY_AFTER"
    """Answer `status` (429) with Retry-After, and do nothing."""
    DROP = "DROP"
    """Close the connection and do nothing."""
    NO_IDEMPOTENCY = "NO_IDEMPOTENCY"
    """Do the work as a system that knows no idempotency keys and no unique references; goes with the other kinds."""


class Fault(BaseModel):
    """An order to misbehave: `operation` is `METHOD /v1/path-template` or `*`; it ends after `count` requests, or
    `seconds`, or when it is deleted.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    operation: str = "*"
    kind: FaultKind
    count: int | None = Field(default=None, ge=1)
    seconds: float | None = Field(default=None, gt=0)
    status: int | None = Field(default=None, ge=400, le=599)
    delay_ms: int = Field(default=0, ge=0)
    retry_after: float | None = Field(default=None, ge=0)

    def concerns(self, operation: str) -> bool:
        """Whether a request of that operation is to be spoilt; names of path parameters do not matter."""
        return self.operation == "*" or _template(self.operation) == _template(operation)


def _template(operation: str) -> str:
    return re.sub(r"\{[^}]*\}", "{}", operation.strip())


@dataclass
class ActiveFault:
    """A fault under way."""

    fault_id: str
    fault: Fault
    clock: Clock
    ends_at: float | None
    hits: int = 0

    @property
    def over(self) -> bool:
        """Whether it has spoilt enough."""
        spent = self.fault.count is not None and self.hits >= self.fault.count
        return spent or (self.ends_at is not None and self.clock.seconds() >= self.ends_at)

    def shown(self) -> dict[str, Any]:
        """For the list of faults."""
        left = None if self.ends_at is None else max(0.0, self.ends_at - self.clock.seconds())
        return {"id": self.fault_id, **self.fault.model_dump(mode="json"), "hits": self.hits, "seconds_left": left}


class Faults:
    """The faults of one service. They live in memory: a restart heals."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.silent_over = 0
        """How many requests nobody will be answered: whoever waits may give up."""
        self._active: list[ActiveFault] = []
        self._numbers = itertools.count(1)

    def add(self, fault: Fault) -> dict[str, Any]:
        """Begin to misbehave."""
        ends_at = None if fault.seconds is None else self._clock.seconds() + fault.seconds
        active = ActiveFault(f"fault-{next(self._numbers)}", fault, self._clock, ends_at)
        self._active.append(active)
        return active.shown()

    def shown(self) -> list[dict[str, Any]]:
        """The faults that are not over."""
        return [active.shown() for active in self._active if not active.over]

    def clear(self) -> None:
        """Behave again."""
        self._active.clear()

    def take(self, operation: str) -> Fault | None:
        """The fault that spoils this use of `operation`, counted: for protocols other than HTTP."""
        concerned = (active for active in self._active if not active.over and active.fault.concerns(operation))
        spoiler = next(concerned, None)
        if spoiler is None:
            return None
        spoiler.hits += 1
        return spoiler.fault

    async def around(self, operation: str, request: Request, handle: Handler) -> Response:
        """Serve a request, or fail to."""
        self._active = [active for active in self._active if not active.over]
        concerned = [active for active in self._active if active.fault.concerns(operation)]
        forgetful = next((active for active in concerned if active.fault.kind is FaultKind.NO_IDEMPOTENCY), None)
        if forgetful is not None:
            forgetful.hits += 1
            request.state.no_idempotency = True
        spoiler = next((active for active in concerned if active.fault.kind is not FaultKind.NO_IDEMPOTENCY), None)
        if spoiler is None:
            return await handle(request)
        spoiler.hits += 1
        return await _SPOIL[spoiler.fault.kind](spoiler.fault, request, handle)


class FaultyRoute(APIRoute):
    """A route that fails when its service was told to."""

    def get_route_handler(self) -> Callable[[Request], Any]:
        """The endpoint, with the faults around it."""
        handle = super().get_route_handler()
        template = self.path_format

        async def serve(request: Request) -> Response:
            faults: Faults = request.app.state.service.faults
            return await faults.around(f"{request.method} {template}", request, handle)

        return serve


async def _error(fault: Fault, request: Request, _: Handler) -> Response:
    raise Problem(fault.status or 500, "fault_injected", f"{request.url.path} fails on demand")


async def _delay(fault: Fault, request: Request, handle: Handler) -> Response:
    await asyncio.sleep(fault.delay_ms / 1000)
    return await handle(request)


async def _hang(_: Fault, request: Request, __: Handler) -> Response:
    return await _silence(request)


async def _commit_then_time_out(fault: Fault, request: Request, handle: Handler) -> Response:
    await handle(request)
    if fault.delay_ms:
        await asyncio.sleep(fault.delay_ms / 1000)
        close_connection(request)
    return await _silence(request)


async def _silence(request: Request) -> Response:
    faults: Faults = request.app.state.service.faults
    faults.silent_over += 1
    await until_client_leaves(request)
    return Response(status_code=504)


async def _drop(_: Fault, request: Request, __: Handler) -> Response:
    close_connection(request)
    await until_client_leaves(request)
    return Response(status_code=504)


async def _retry_after(fault: Fault, request: Request, _: Handler) -> Response:
    seconds = 1 if fault.retry_after is None else fault.retry_after
    raise Problem(
        fault.status or 429,
        "try_later",
        f"{request.url.path} is busy on demand: try again in {seconds:g} s",
        headers={"Retry-After": f"{seconds:g}"},
    )


async def _garbage(_: Fault, request: Request, handle: Handler) -> Response:
    await handle(request)
    return Response('{"items": [{"id": "<html>Bad gatew', media_type="application/json")


async def _stale_etag(_: Fault, request: Request, handle: Handler) -> Response:
    if request.method != "GET":
        raise Problem(412, "stale_version", "the version is stale on demand: read it again")
    response = await handle(request)
    shown = re.fullmatch(r'"v(\d+)"', response.headers.get("etag", ""))
    if shown is None:
        return response
    earlier = int(shown[1]) - 1
    body = {**json.loads(bytes(response.body)), "version": earlier}
    return Response(json.dumps(body), response.status_code, {"ETag": f'"v{earlier}"'}, "application/json")


_SPOIL: dict[FaultKind, Callable[[Fault, Request, Handler], Awaitable[Response]]] = {
    FaultKind.ERROR: _error,
    FaultKind.DELAY: _delay,
    FaultKind.HANG: _hang,
    FaultKind.COMMIT_THEN_TIMEOUT: _commit_then_time_out,
    FaultKind.STALE_ETAG: _stale_etag,
    FaultKind.GARBAGE: _garbage,
    FaultKind.RETRY_AFTER: _retry_after,
    FaultKind.DROP: _drop,
}
