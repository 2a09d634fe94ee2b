"""A small system of record on a real socket, with bad days on demand. It knows no idempotency keys."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import uvicorn
from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse

from activities.connectors.http import SystemClient
from tests.unit.activities.patience import connector

TOKEN = "token-of-the-tests"
PIVOTS = {"release": "releases", "cancellation": "cancellations"}
VERSIONED = {"amendments", "cancellations", "releases"}


class SmallSystem:
    """Collections of effects with references, communications with a status, and documents to read."""

    def __init__(self) -> None:
        self.effects: dict[str, list[dict[str, Any]]] = {}
        self.documents: dict[str, Any] = {}
        self.requests: list[tuple[str, str, dict[str, str], Any]] = []
        self.bad_days: dict[str, list[str]] = {}
        """Method to what happens to its next requests; a number is a status to answer."""
        self.url = ""
        self.silent_over = 0
        """How many requests it has fallen silent over."""
        self.over = asyncio.Event()
        self.app = FastAPI()
        self.app.add_api_route("/v1/{path:path}", self._serve, methods=["GET", "POST"])

    def of(self, collection: str) -> list[dict[str, Any]]:
        """The effects in a collection."""
        return self.effects.setdefault(collection, [])

    def writes(self, path: str = "") -> list[Any]:
        """The bodies that were posted to a path."""
        return [body for method, at, _, body in self.requests if method == "POST" and path in at]

    def client(self, name: str = "credit") -> SystemClient:
        """A connector to it, which gives up when it has fallen silent."""
        return connector(name, self.url, TOKEN, lambda: self.silent_over)

    async def _serve(self, path: str, request: Request) -> Response:
        body = await request.json() if request.method == "POST" else None
        self.requests.append((request.method, path, dict(request.headers), body))
        plan = self.bad_days.get(request.method, [])
        today = plan.pop(0) if plan else ""
        if today == "hang":
            await self._silence()
        if today.isdecimal():
            return JSONResponse({"code": "fault_injected", "title": "Bad day"}, int(today), {"Retry-After": "7"})
        if today == "false duplicate":
            return JSONResponse({"code": "duplicate"}, 400, {"Location": f"/v1/{path}/1"})
        answer = self._answer(path, request, body)
        if today == "commit and hang":
            await self._silence()
        if today == "duplicate":
            return JSONResponse({"code": "duplicate"}, 400, {"Location": f"/v1/{path}/1"})
        return Response("<html>") if today == "gibberish" else answer

    async def _silence(self) -> None:
        self.silent_over += 1
        await self.over.wait()

    def _answer(self, path: str, request: Request, body: Any) -> Response:
        parts = path.split("/")
        if request.method == "GET" and path in self.documents:
            return JSONResponse(self.documents[path])
        if request.method == "GET":
            wanted = request.query_params.get("reference")
            return JSONResponse({"items": [one for one in self.of(parts[0]) if one["reference"] == wanted]})
        if parts[-1] == "cancel":
            return self._change(parts, {"status": "CANCELLED"})
        if parts[-1] == "status":
            return self._change(parts, body)
        return self._create(PIVOTS.get(parts[-1], parts[0]), body)

    def _create(self, collection: str, body: Any) -> Response:
        status = "REGISTERED" if collection == "communications" else "ACTIVE"
        effect = {"id": f"{collection}-{len(self.of(collection)) + 1}", "status": status, **body}
        if collection in VERSIONED:
            effect["order_version"] = 4
        self.of(collection).append(effect)
        return JSONResponse(effect, 201)

    def _change(self, parts: list[str], change: dict[str, str]) -> Response:
        effect = next(one for one in self.of(parts[0]) if one["id"] == parts[1])
        if change["status"] == "SENDING" and effect["status"] != "REGISTERED":
            return JSONResponse({"code": "already_sending"}, 409)
        effect.update(change)
        return JSONResponse(effect)


@asynccontextmanager
async def serving(system: SmallSystem) -> AsyncIterator[SmallSystem]:
    """The system on a free port. Callers may come before it has started: the socket listens already."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        system.url = f"http://127.0.0.1:{listening.getsockname()[1]}"
        server = uvicorn.Server(uvicorn.Config(system.app, log_level="error", timeout_graceful_shutdown=1))
        running = asyncio.create_task(server.serve(sockets=[listening]))
        yield system
        system.over.set()
        server.should_exit = True
        await running
