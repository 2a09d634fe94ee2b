"""Events for others: CloudEvents, kept in an outbox until their receiver has taken them."""

from __future__ import annotations

import asyncio
import json
import logging
import random
import sqlite3
import time
import uuid
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import httpx

from sandbox.kernel.settings import Subscriber
from sandbox.kernel.signing import PREFIX, signed_headers
from sandbox.kernel.store import Store

FIRST_PAUSE = 0.2
LONGEST_PAUSE = 5.0
AT_ONCE = 8
_TAKEN_WITHIN = 30.0
"""Seconds. An event that a busy receiver takes later than that comes twice."""

_DDL = """CREATE TABLE IF NOT EXISTS subscribers(url TEXT PRIMARY KEY, secret TEXT NOT NULL, client TEXT);
CREATE TABLE IF NOT EXISTS outbox(
    seq INTEGER PRIMARY KEY AUTOINCREMENT, url TEXT NOT NULL, event TEXT NOT NULL, attempts INTEGER NOT NULL DEFAULT 0,
    next_at REAL NOT NULL DEFAULT 0, delivered_at TEXT);
CREATE INDEX IF NOT EXISTS outbox_due ON outbox(next_at) WHERE delivered_at IS NULL;"""

_log = logging.getLogger(__name__)


class Webhooks:
    """Publishes in the transaction that made the event, and delivers at least once, with back-off, across restarts."""

    def __init__(self, store: Store, source: str, subscribers: Sequence[Subscriber]) -> None:
        self._store = store
        self._source = source
        self._loop: asyncio.AbstractEventLoop | None = None
        self._news = asyncio.Event()
        store.create(_DDL)
        for subscriber in subscribers:
            self.subscribe(subscriber)

    def subscribe(self, subscriber: Subscriber) -> None:
        """Send events there from now on."""
        self._store.execute(
            "INSERT INTO subscribers(url, secret, client) VALUES (?, ?, ?) "
            "ON CONFLICT(url) DO UPDATE SET secret = excluded.secret, client = excluded.client",
            (subscriber.url, subscriber.secret, subscriber.client),
        )

    def subscribers(self) -> list[str]:
        """Where events are sent."""
        return [row["url"] for row in self._store.rows("SELECT url FROM subscribers ORDER BY url")]

    def unsubscribe(self) -> None:
        """Send events nowhere, and drop those under way."""
        with self._store.transaction() as connection:
            connection.execute("DELETE FROM subscribers")
            connection.execute("DELETE FROM outbox WHERE delivered_at IS NULL")

    def publish(
        self, event_type: str, data: dict[str, Any], *, subject: str | None = None, caused_by: str | None = None
    ) -> str:
        """Put an event in the outbox, inside the transaction that is open. Returns the event's id.

        `caused_by` is the client whose doing it was, if that need not be told of it.
        """
        event = {
            "specversion": "1.0",
            "id": str(uuid.uuid4()),
            "source": self._source,
            "type": event_type,
            "time": datetime.now(UTC).isoformat(),
            "subject": subject,
            "datacontenttype": "application/json",
            "data": data,
        }
        self._store.execute(
            "INSERT INTO outbox(url, event) SELECT url, ? FROM subscribers WHERE client IS NULL OR client IS NOT ?",
            (json.dumps(event), caused_by),
        )
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._news.set)
        return str(event["id"])

    def undelivered(self) -> int:
        """How many events nobody has taken yet."""
        row = self._store.row("SELECT count(*) AS waiting FROM outbox WHERE delivered_at IS NULL")
        return 0 if row is None else int(row["waiting"])

    async def deliver(self) -> None:
        """Deliver for ever: the service's background work."""
        self._loop = asyncio.get_running_loop()
        async with httpx.AsyncClient(timeout=_TAKEN_WITHIN, trust_env=False) as http:
            while True:
                self._news.clear()
                due = self._due()
                await asyncio.gather(*(self._attempt(http, row) for row in due))
                if not due:
                    await self._pause()

    def _due(self) -> list[sqlite3.Row]:
        return self._store.rows(
            "SELECT outbox.*, secret FROM outbox JOIN subscribers USING (url) "
            "WHERE delivered_at IS NULL AND next_at <= ? ORDER BY seq LIMIT ?",
            (time.time(), AT_ONCE),
        )

    async def _pause(self) -> None:
        row = self._store.row("SELECT min(next_at) AS next_at FROM outbox WHERE delivered_at IS NULL")
        next_at = None if row is None else row["next_at"]
        timeout = None if next_at is None else max(0.01, next_at - time.time())
        try:
            await asyncio.wait_for(self._news.wait(), timeout)
        except TimeoutError:
            return

    async def _attempt(self, http: httpx.AsyncClient, row: sqlite3.Row) -> None:
        body = row["event"].encode()
        headers = {"Content-Type": "application/cloudevents+json"} | _credentials(row["secret"], body)
        try:
            response = await http.post(row["url"], content=body, headers=headers)
            taken, why = response.is_success, f"status {response.status_code}"
        except httpx.HTTPError as error:
            taken, why = False, type(error).__name__
        if taken:
            now = datetime.now(UTC).isoformat()
            self._store.execute("UPDATE outbox SET delivered_at = ? WHERE seq = ?", (now, row["seq"]))
        else:
            self._later(row, why)

    def _later(self, row: sqlite3.Row, why: str) -> None:
        pause = min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** min(row["attempts"], 10)) * random.uniform(0.8, 1.2)  # noqa: S311
        _log.warning("event %s was not taken by %s (%s), next try in %.1f s", row["seq"], row["url"], why, pause)
        self._store.execute(
            "UPDATE outbox SET attempts = attempts + 1, next_at = ? WHERE seq = ?", (time.time() + pause, row["seq"])
        )


def _credentials(secret: str, body: bytes) -> dict[str, str]:
    """A signature that is good for minutes, under the event's own id; or the token that a receiver wants instead."""
    if secret.startswith(PREFIX):
        return signed_headers(secret, str(json.loads(body)["id"]), body)
    return {"Authorization": f"Bearer {secret}"}
