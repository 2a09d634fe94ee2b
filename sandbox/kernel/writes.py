"""Writes that happen once: the Idempotency-Key, the stored answer and the effect share one transaction."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import Depends, Header, Request
from fastapi.responses import JSONResponse

from sandbox.kernel.access import Client
from sandbox.kernel.problems import Problem
from sandbox.kernel.store import Store

if TYPE_CHECKING:
    from sandbox.kernel.service import Service

KEPT_FOR = timedelta(days=7)

_DDL = """CREATE TABLE IF NOT EXISTS answers(
    client TEXT, key TEXT, fingerprint TEXT NOT NULL, status INTEGER NOT NULL, headers TEXT NOT NULL,
    body TEXT NOT NULL, at TEXT NOT NULL, PRIMARY KEY (client, key));
CREATE INDEX IF NOT EXISTS answers_at ON answers(at);"""


@dataclass(frozen=True)
class Answer:
    """What a write answers; kept and given again to whoever repeats the request."""

    body: dict[str, Any]
    status: int = 201
    headers: dict[str, str] = field(default_factory=dict)

    def response(self, *, replayed: bool = False) -> JSONResponse:
        """The HTTP response."""
        headers = {**self.headers, "Idempotency-Replayed": "true"} if replayed else self.headers
        return JSONResponse(self.body, self.status, headers)


def prepare_answers(store: Store) -> None:
    """Make the table of stored answers, and forget the old ones."""
    store.create(_DDL)
    store.execute("DELETE FROM answers WHERE at < ?", ((datetime.now(UTC) - KEPT_FOR).isoformat(),))


@dataclass(frozen=True)
class WriteRequest:
    """One write by one client. Only success is kept: a refused write may be sent again under the same key."""

    service: Service
    client: str
    key: str | None
    if_match: str | None
    fingerprint: str
    honours_keys: bool
    """False while the fault NO_IDEMPOTENCY plays a system that knows no keys and no unique references."""

    def earlier(self) -> JSONResponse | None:
        """The stored answer, if this write was made before. Raises Problem 422 if its key was used for another."""
        if not self.honours_keys:
            return None
        row = self.service.store.row("SELECT * FROM answers WHERE client = ? AND key = ?", (self.client, self.key))
        if row is None:
            return None
        if row["fingerprint"] != self.fingerprint:
            raise Problem(422, "idempotency_key_reused", f"key {self.key} was used for another request: make a new key")
        answer = Answer(json.loads(row["body"]), row["status"], json.loads(row["headers"]))
        return answer.response(replayed=True)

    def once(self, effect: Callable[[], Answer]) -> JSONResponse:
        """Run `effect` unless this write was made before, and keep its answer. All of it is one transaction."""
        with self.service.store.transaction():
            earlier = self.earlier()
            if earlier is not None:
                return earlier
            answer = effect()
            self._keep(answer)
        return answer.response()

    def _keep(self, answer: Answer) -> None:
        if not self.honours_keys:
            return
        self.service.store.execute(
            "INSERT INTO answers(client, key, fingerprint, status, headers, body, at) VALUES (?, ?, ?, ?, ?, ?, ?)",
            (
                self.client,
                self.key,
                self.fingerprint,
                answer.status,
                json.dumps(answer.headers),
                json.dumps(answer.body),
                datetime.now(UTC).isoformat(),
            ),
        )

    def record(
        self,
        operation: str,
        resource_id: str,
        *,
        reference: str | None = None,
        order_id: str | None = None,
        detail: dict[str, Any] | None = None,
    ) -> None:
        """Enter an effect of this write in the ledger."""
        self.service.ledger.append(
            operation,
            resource_id,
            client=self.client,
            key=self.key,
            reference=reference,
            order_id=order_id,
            detail=detail,
        )


async def _write_request(
    request: Request,
    client: Client,
    idempotency_key: Annotated[str | None, Header(max_length=200)] = None,
    if_match: Annotated[str | None, Header(max_length=100)] = None,
) -> WriteRequest:
    honours_keys = not getattr(request.state, "no_idempotency", False)
    if honours_keys and not idempotency_key:
        raise Problem(400, "idempotency_key_required", "send an Idempotency-Key that is the same for every repetition")
    return WriteRequest(
        service=request.app.state.service,
        client=client,
        key=idempotency_key,
        if_match=if_match,
        fingerprint=_fingerprint(request, await request.body()),
        honours_keys=honours_keys,
    )


def _fingerprint(request: Request, body: bytes) -> str:
    try:
        canonical = json.dumps(json.loads(body or b"null"), sort_keys=True).encode()
    except ValueError:
        canonical = body
    return hashlib.sha256(b"\n".join((request.method.encode(), request.url.path.encode(), canonical))).hexdigest()


Write = Annotated[WriteRequest, Depends(_write_request)]
"""Makes an endpoint a write: it then needs an Idempotency-Key, and may look at If-Match."""
