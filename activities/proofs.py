"""Recognising people: the signature under a request, the key it was made with, and what it was made for."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from domain.approvals.records import Evidence
from domain.approvals.refused import Refused
from domain.calls import AuthoriseRequest, CaseRef
from domain.credential import (
    ALGORITHM,
    ISSUER,
    Claims,
    check_binding,
    check_time,
    claims_of,
    header_of,
    unauthenticated,
)
from domain.keys import KeySet, KeysUnavailable, PublicKey
from domain.tasks import Refusal, TaskRequest

Keys = Callable[[str | None], Awaitable[KeySet]]
"""The key set of this moment. Told a key's name it looks again if it does not know it. Raises KeysUnavailable."""


class Proofs:
    """Verifies the proofs that are meant for `audience`, by the keys of this moment."""

    def __init__(self, keys: Keys, audience: str) -> None:
        self._keys = keys
        self._audience = audience

    async def check(self, asked: AuthoriseRequest, namespace: str) -> Evidence:
        """By what the sender is recognised. Raises Refused: UNAUTHENTICATED, STALE, INVALID, or UNAVAILABLE if the keys
        cannot be read.
        """
        keys, key, claims = await self._verified(asked.request, asked.now)
        check_binding(claims, asked, namespace)
        return Evidence(kid=key.kid, proof=asked.request.proof, key_set=keys.digest)

    async def screen(self, request: TaskRequest, case: CaseRef, now: datetime, namespace: str) -> None:
        """Refuse what need not be looked at more closely: no valid signature, or not for this task. Raises Refused."""
        _, _, claims = await self._verified(request, now)
        if (claims.namespace, claims.workflow_id, claims.task_id) != (namespace, case.workflow_id, request.task_id):
            raise unauthenticated("the proof was signed for another task")

    async def _verified(self, request: TaskRequest, now: datetime) -> tuple[KeySet, PublicKey, Claims]:
        header = header_of(request.credential)
        try:
            keys = await self._keys(header.kid)
        except KeysUnavailable as error:
            raise Refused(Refusal.UNAVAILABLE, f"{error}: nothing was recorded, try again later") from None
        key = keys.key(header.kid)
        if key is None:
            raise unauthenticated(f"key {header.kid[:16]!a} is not in the key set: enrol it, see approver.py keys")
        if key.revoked_at is not None:
            when = datetime.fromtimestamp(key.revoked_at, UTC)
            raise unauthenticated(f"key {key.kid[:16]} was revoked at {when:%Y-%m-%d %H:%M:%S}Z: enrol a new one")
        claims = claims_of(_signed_content(request.credential or "", key))
        if claims.iss != ISSUER or claims.aud != self._audience:
            raise unauthenticated(f"the proof is for {claims.aud[:64]!a}; here it must be for {self._audience!a}")
        if claims.sub != key.sub:
            raise unauthenticated("the key belongs to somebody else than the proof says")
        check_time(claims, now)
        return keys, key, claims


def _signed_content(credential: str, key: PublicKey) -> bytes:
    """What was signed, if it was signed with that key. Raises Refused."""
    try:
        public = Ed25519PublicKey.from_public_bytes(key.public_bytes)
        content: bytes = jwt.api_jws.decode(credential, public, algorithms=[ALGORITHM])
    except jwt.PyJWTError:
        raise unauthenticated("the signature does not fit: the proof was forged or changed on its way") from None
    return content
