"""State that survives a restart: one SQLite connection in WAL mode, and documents kept in it as JSON."""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

Document = dict[str, Any]


class Store:
    """One database behind one lock. Never await inside a transaction: it would let another request into it."""

    def __init__(self, database: Path) -> None:
        if str(database) != ":memory:":
            database.parent.mkdir(parents=True, exist_ok=True)
        self._connection = sqlite3.connect(database, isolation_level=None, check_same_thread=False)
        self._connection.row_factory = sqlite3.Row
        self._lock = threading.RLock()
        self._depth = 0
        for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "busy_timeout=5000"):
            self._connection.execute(f"PRAGMA {pragma}")

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """All or nothing. One inside another belongs to the outer one."""
        with self._lock:
            if self._depth == 0:
                self._connection.execute("BEGIN IMMEDIATE")
            self._depth += 1
            try:
                yield self._connection
            except BaseException:
                self._depth -= 1
                if self._depth == 0:
                    self._connection.execute("ROLLBACK")
                raise
            self._depth -= 1
            if self._depth == 0:
                self._connection.execute("COMMIT")

    def create(self, ddl: str) -> None:
        """Make tables and indexes: `CREATE ... IF NOT EXISTS` statements."""
        with self._lock:
            self._connection.executescript(ddl)

    def execute(self, sql: str, parameters: Sequence[Any] = ()) -> sqlite3.Cursor:
        """One writing statement, inside the transaction that is open or one of its own."""
        with self.transaction() as connection:
            return connection.execute(sql, parameters)

    def rows(self, sql: str, parameters: Sequence[Any] = ()) -> list[sqlite3.Row]:
        """What a SELECT finds."""
        with self._lock:
            return self._connection.execute(sql, parameters).fetchall()

    def row(self, sql: str, parameters: Sequence[Any] = ()) -> sqlite3.Row | None:
        """The first row that a SELECT finds."""
        return next(iter(self.rows(sql, parameters)), None)

    def close(self) -> None:
        """Write everything down and let go of the file."""
        with self._lock:
            self._connection.close()


class Documents:
    """A table of JSON documents by id, in the order they came, searchable by the top-level fields in `indexed`."""

    def __init__(self, store: Store, table: str, indexed: Sequence[str] = ()) -> None:
        if not table.isidentifier() or not all(field.isidentifier() for field in indexed):
            raise ValueError(f"{table} and {list(indexed)} become SQL names: letters, digits and _ only")
        self._store = store
        self._table = table
        self._indexed = frozenset(indexed)
        store.create(
            f"CREATE TABLE IF NOT EXISTS {table}(seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT UNIQUE, body TEXT);"
        )
        for field in indexed:
            store.create(f"CREATE INDEX IF NOT EXISTS {table}_{field} ON {table}(json_extract(body, '$.{field}'));")

    def get(self, key: str) -> Document | None:
        """The document of that id."""
        row = self._store.row(f"SELECT body FROM {self._table} WHERE id = ?", (key,))  # noqa: S608 - checked names
        return None if row is None else _document(row)

    def put(self, key: str, document: Document) -> None:
        """Keep a document, in place of the one of that id."""
        self._store.execute(
            f"INSERT INTO {self._table}(id, body) VALUES (?, ?) "  # noqa: S608 - checked names
            "ON CONFLICT(id) DO UPDATE SET body = excluded.body",
            (key, json.dumps(document)),
        )

    def delete(self, key: str) -> None:
        """Forget a document."""
        self._store.execute(f"DELETE FROM {self._table} WHERE id = ?", (key,))  # noqa: S608 - checked names

    def find(self, *, after: int = 0, limit: int = -1, **fields: str | int | None) -> list[tuple[int, Document]]:
        """Documents with their sequence numbers above `after`, whose indexed fields equal those that are not None."""
        wanted = {name: value for name, value in fields.items() if value is not None}
        if not self._indexed.issuperset(wanted):
            raise ValueError(f"{self._table} is not indexed by {sorted(set(wanted) - self._indexed)}")
        conditions = "".join(f" AND json_extract(body, '$.{name}') = ?" for name in wanted)
        sql = f"SELECT seq, body FROM {self._table} WHERE seq > ?{conditions} ORDER BY seq LIMIT ?"  # noqa: S608
        return [(row["seq"], _document(row)) for row in self._store.rows(sql, (after, *wanted.values(), limit))]

    def all(self, **fields: str | int | None) -> list[Document]:
        """Every document whose indexed fields equal those given."""
        return [document for _, document in self.find(after=0, limit=-1, **fields)]


def _document(row: sqlite3.Row) -> Document:
    document: Document = json.loads(row["body"])
    return document
