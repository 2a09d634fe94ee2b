"""The public keys of this moment, from a file or a URL: kept for a while when they cannot be read, and then no more."""

from __future__ import annotations

import asyncio
import json
import logging
import time
from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path

import httpx

from domain.keys import LARGEST, KeySet, KeySetError, KeysUnavailable
from runtime.development_keys import is_development_key

TRUSTED_FOR = timedelta(minutes=15)
"""How long the last good key set counts when it cannot be read again."""
AGAIN_AFTER = timedelta(seconds=5)
"""How often it is tried at most while that fails, and how often an unknown key makes us look again."""
_ANSWER_WITHIN = 3.0

Read = Callable[[], Awaitable[str]]

log = logging.getLogger(__name__)


class KeySource:
    """Called, it answers with the key set that holds now. Raises KeysUnavailable: no keys, no decision.

    `clock` counts seconds.
    """

    def __init__(
        self, read: Read, reload_after: timedelta, where: str, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._read = read
        self._reload_after = reload_after.total_seconds()
        self._where = where
        self._clock = clock
        self._keys: KeySet | None = None
        self._read_at = float("-inf")
        self._tried_at = float("-inf")
        self._reading = asyncio.Lock()

    async def __call__(self, kid: str | None = None) -> KeySet:
        """The key set. If it does not have `kid`, it is first looked for once more."""
        if self._is_due(kid):
            await self._look(kid)
        if self._keys is None or self._clock() - self._read_at > TRUSTED_FOR.total_seconds():
            raise KeysUnavailable(f"the keys of approvers cannot be read from {self._where}")
        return self._keys

    def _is_due(self, kid: str | None) -> bool:
        now = self._clock()
        unknown = self._keys is None or (kid is not None and self._keys.key(kid) is None)
        old = now - self._read_at >= self._reload_after
        return (old or unknown) and now - self._tried_at >= min(self._reload_after, AGAIN_AFTER.total_seconds())

    async def _look(self, kid: str | None) -> None:
        if self._reading.locked() and self._keys is not None and self._keys.key(kid or "") is not None:
            return  # what is known will do while somebody else looks
        async with self._reading:
            if not self._is_due(kid):
                return
            self._tried_at = self._clock()
            try:
                self._keys = _key_set(await self._read())
            except (KeySetError, OSError, UnicodeDecodeError, httpx.HTTPError, TimeoutError) as error:
                log.error(  # noqa: TRY400 - the sentence says it all
                    "the key set of %s cannot be used: %s", self._where, _said(error)
                )
                return
            self._read_at = self._clock()


def _key_set(text: str) -> KeySet:
    if len(text) > LARGEST:
        raise KeySetError(f"it has more than {LARGEST} characters")
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        raise KeySetError("it is not JSON") from None
    keys = KeySet.parse(document)
    public = [key.kid for key in keys.keys if key.revoked_at is None and is_development_key(key)]
    if public:
        raise KeySetError(f"key {public[0]} is a development key, which everybody can sign with: take it out")
    return keys


def _said(error: Exception) -> str:
    return str(error) or type(error).__name__


def from_file(path: Path) -> Read:
    """Reads a file."""

    async def read() -> str:
        return await asyncio.to_thread(path.read_text, encoding="utf-8")

    return read


def from_url(client: httpx.AsyncClient, url: str) -> Read:
    """Reads what `url` answers, in full within seconds."""

    async def read() -> str:
        async with asyncio.timeout(_ANSWER_WITHIN), client.stream("GET", url) as response:
            response.raise_for_status()
            body = b""
            async for part in response.aiter_bytes():
                body += part
                if len(body) > LARGEST:
                    raise KeySetError(f"it has more than {LARGEST} bytes")
            return body.decode("utf-8")

    return read
