"""A caller of a sandbox service, as one of its clients, and waiting without sleeping."""

from __future__ import annotations

import ssl
import time
import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any, TypeVar

import httpx

T = TypeVar("T")

TOKENS = {"admin": "token-of-admin", "holdfast": "token-of-holdfast", "erp": "token-of-erp"}
_POLL_SECONDS = 0.02
PATIENCE = 60.0
"""Seconds until a test gives up on a service, on a machine that has other things to do."""
_TLS = ssl.create_default_context()
"""Made once: every new client would load all certificates again, and none is needed here."""
ANYBODY = httpx.Client(timeout=PATIENCE, trust_env=False, verify=_TLS)
"""A caller without a token."""


class Desk:
    """One client of one service."""

    def __init__(self, url: str, client: str = "holdfast", timeout: float | httpx.Timeout = PATIENCE) -> None:
        headers = {"Authorization": f"Bearer {TOKENS[client]}"}
        self.http = httpx.Client(base_url=url, headers=headers, timeout=timeout, trust_env=False, verify=_TLS)

    def get(self, path: str, **params: Any) -> httpx.Response:
        return self.http.get(path, params=params)

    def post(self, path: str, body: Any, *, key: str | None = None, if_match: str | None = None) -> httpx.Response:
        headers = {"Idempotency-Key": key or uuid.uuid4().hex}
        if if_match is not None:
            headers["If-Match"] = if_match
        return self.http.post(path, json=body, headers=headers)

    def made(self, path: str, body: Any, **how: Any) -> dict[str, Any]:
        """The answer to a write that must succeed."""
        response = self.post(path, body, **how)
        assert response.status_code in (200, 201), response.text
        answer: dict[str, Any] = response.json()
        return answer

    def seen(self, path: str, **params: Any) -> dict[str, Any]:
        """The answer to a read that must succeed."""
        response = self.get(path, **params)
        assert response.status_code == 200, response.text
        answer: dict[str, Any] = response.json()
        return answer

    def effects(self, **params: Any) -> list[str]:
        """The operations in the ledger."""
        return [entry["operation"] for entry in self.seen("/v1/ledger", **params)["items"]]

    def fault(self, kind: str, operation: str = "*", **fault: Any) -> None:
        """Have the service misbehave; only the administrator may."""
        self.made("/admin/faults", {"kind": kind, "operation": operation, **fault})

    def let_pass(self, **span: float) -> None:
        """Have so much time pass for the service at once; only the administrator may."""
        self.made("/admin/clock", {"seconds": timedelta(**span).total_seconds()})


def figures(*values: Any) -> list[Any]:
    """Decimals and other values, to compare with plain numbers."""
    return list(values)


def eventually(look: Callable[[], T], *, within: float = PATIENCE) -> T:
    """What `look` sees as soon as that is something; fails after `within` seconds."""
    deadline = time.monotonic() + within
    while not (seen := look()):
        assert time.monotonic() < deadline, f"still {seen!r} after {within} s"
        time.sleep(_POLL_SECONDS)
    return seen
