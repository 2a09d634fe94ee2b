"""Every effect that a service had, in order: what tests and auditors count."""

from __future__ import annotations

import json
import sqlite3
from datetime import UTC, datetime
from typing import Any

from pydantic import BaseModel

from sandbox.kernel.store import Store

_DDL = """CREATE TABLE IF NOT EXISTS ledger(
    seq INTEGER PRIMARY KEY AUTOINCREMENT, at TEXT NOT NULL, key TEXT, reference TEXT, operation TEXT NOT NULL,
    resource_id TEXT NOT NULL, order_id TEXT, client TEXT NOT NULL, detail TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS ledger_order ON ledger(order_id);
CREATE INDEX IF NOT EXISTS ledger_reference ON ledger(reference);"""


class Entry(BaseModel):
    """One effect. `key` is the Idempotency-Key it came with, `client` who caused it."""

    seq: int
    at: str
    key: str | None
    reference: str | None
    operation: str
    resource_id: str
    order_id: str | None
    client: str
    detail: dict[str, Any]


class Ledger:
    """The effects, appended in the transaction that has them and never changed."""

    def __init__(self, store: Store) -> None:
        self._store = store
        store.create(_DDL)

    def append(
        self,
        operation: str,
        resource_id: str,
        *,
        client: str,
        key: str | None = None,
        reference: str | None = None,
        order_id: str | None = None,
        detail: dict[str, Any] | None = None,
    ) -> None:
        """Write one effect down."""
        self._store.execute(
            "INSERT INTO ledger(at, key, reference, operation, resource_id, order_id, client, detail) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (
                datetime.now(UTC).isoformat(),
                key,
                reference,
                operation,
                resource_id,
                order_id,
                client,
                json.dumps(detail or {}, default=str),
            ),
        )

    def read(
        self, after: int = 0, limit: int = 100, *, order_id: str | None = None, reference: str | None = None
    ) -> list[Entry]:
        """Entries above sequence number `after`."""
        rows = self._store.rows(
            "SELECT * FROM ledger WHERE seq > ? AND (? IS NULL OR order_id = ?) AND (? IS NULL OR reference = ?) "
            "ORDER BY seq LIMIT ?",
            (after, order_id, order_id, reference, reference, limit),
        )
        return [_entry(row) for row in rows]


def _entry(row: sqlite3.Row) -> Entry:
    return Entry.model_validate({**dict(row), "detail": json.loads(row["detail"])})
