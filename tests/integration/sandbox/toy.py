"""The smallest service that uses all of the kernel, and a receiver of events."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from fastapi import Response
from fastapi.responses import JSONResponse

from sandbox.kernel import (
    Cancellation,
    Document,
    Documents,
    Problem,
    Service,
    Settings,
    Write,
    WriteBody,
    WriteRequest,
    etag,
    require_match,
)
from sandbox.kernel.writes import Answer
from tests.integration.sandbox.desk import TOKENS


class LoanBody(WriteBody):
    order_id: str
    copies: int


def toy_settings(database: Path = Path(":memory:"), **more: Any) -> Settings:
    return Settings(database=database, tokens=TOKENS, **more)


def build(settings: Settings) -> Service:
    """A library of one book: loans take copies off the shelf, and a shelf has a version."""
    service = Service("toy", settings, title="Toy")
    shelf = Documents(service.store, "shelf")
    if shelf.get("book") is None:
        shelf.put("book", {"copies": 10, "version": 1})

    def move(copies: int) -> Document:
        book = shelf.get("book") or {}
        if book["copies"] < copies:
            raise Problem(409, "all_lent", "there are not so many copies")
        changed = {"copies": book["copies"] - copies, "version": book["version"] + 1}
        shelf.put("book", changed)
        return {"left": changed["copies"]}

    def lend(_: WriteRequest, body: LoanBody, __: str) -> Document:
        return move(body.copies)

    def take_back(_: WriteRequest, loan: Document, __: Cancellation) -> Document:
        return move(-loan["copies"])

    service.collection("loans", LoanBody, "loan", on_create=lend, on_cancel=take_back)

    @service.v1.get("/shelf/{name}")
    async def read(name: str) -> Response:
        book = shelf.get(name) or {}
        return JSONResponse(book, headers={"ETag": etag(book["version"])})

    @service.v1.post("/shelf/{name}/dusting")
    async def dust(name: str, write: Write) -> Response:
        def effect() -> Answer:
            book = shelf.get(name) or {}
            require_match(write.if_match, book["version"])
            shelf.put(name, book | {"version": book["version"] + 1})
            write.record("shelf.dust", name)
            return Answer({"version": book["version"] + 1}, 200)

        return write.once(effect)

    @service.admin.post("/news")
    async def publish(body: dict[str, Any]) -> dict[str, str]:
        with service.store.transaction():
            return {"id": service.webhooks.publish("toy.news", body, subject="book", caused_by="holdfast")}

    return service


class Receiver:
    """Takes events over HTTP. While `refusing` is above zero it answers 503 and counts down."""

    def __init__(self) -> None:
        self.url = ""
        self.refusing = 0
        self.attempts: list[tuple[str, dict[str, Any]]] = []
        self.taken: list[dict[str, Any]] = []

    def of_type(self, event_type: str) -> list[dict[str, Any]]:
        """As they happened: deliveries overtake each other."""
        return sorted((event for event in self.taken if event["type"] == event_type), key=lambda event: event["time"])

    def answer(self, authorization: str, event: dict[str, Any]) -> int:
        self.attempts.append((authorization, event))
        if self.refusing:
            self.refusing -= 1
            return 503
        self.taken.append(event)
        return 202


def events_url(port: int) -> str:
    """Where a receiver that listens on that port takes events."""
    return f"http://127.0.0.1:{port}/events"


@contextmanager
def receiving(port: int = 0) -> Iterator[Receiver]:
    """A receiver that listens."""
    receiver = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            event = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(receiver.answer(self.headers["Authorization"], event))
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
    receiver.url = events_url(server.server_port)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    try:
        yield receiver
    finally:
        server.shutdown()
        server.server_close()
