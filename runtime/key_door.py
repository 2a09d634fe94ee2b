"""Where approvers enrol keys: whoever has signed in with single sign-on, and has the key, is taken into the key set.

The door keeps the key set in a file, and serves it, so that workers elsewhere can read it by https.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from http import HTTPStatus
from pathlib import Path

import httpx
import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse
from pydantic import ValidationError

from domain.credential import ALGORITHM, LONGEST_LIFE, SKEW
from domain.enrolment import TYPE, Enrolment, Possession, id_token_digest
from domain.keys import KeySet, KeySetError, PublicKey, decoded
from domain.policy.policy_set import PolicySet
from runtime.key_set_file import add_key, read_key_set
from runtime.problems import Problem
from runtime.request_body import BodyIncomplete, BodyTooLarge, read_body
from runtime.settings import IdentitySettings, OidcSettings
from runtime.single_sign_on import SignOnRefused, SignOnUnavailable, subject_of

_BODY_LIMIT = 32_768

log = logging.getLogger(__name__)


class KeyDoor:
    """Takes keys into the key set in `file`. `clock` is in seconds since 1970."""

    def __init__(
        self,
        identity: IdentitySettings,
        oidc: OidcSettings,
        policies: Callable[[], PolicySet],
        http: httpx.AsyncClient,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._file = Path(identity.keys)
        self._audience = identity.audience
        self._oidc = oidc
        self._policies = policies
        self._http = http
        self._clock = clock

    def known(self) -> KeySet:
        """The key set as it is. Raises Problem."""
        try:
            return read_key_set(self._file) if self._file.exists() else KeySet.of(())
        except (OSError, KeySetError) as error:
            log.error("the key set %s cannot be read: %s", self._file, error)  # noqa: TRY400 - the sentence says it all
            raise _unavailable("the key set cannot be read") from error

    async def enrol(self, asked: Enrolment) -> PublicKey:
        """The key as it was taken in; the earlier ones of its owner are revoked. Raises Problem."""
        wanted = self._possession(asked)
        try:
            subject = await subject_of(self._http, self._oidc, asked.id_token)
        except SignOnUnavailable as error:
            raise _unavailable(str(error)) from error
        except SignOnRefused as error:
            raise Problem(HTTPStatus.UNAUTHORIZED, "unauthenticated", str(error)) from error
        if wanted.sub not in (None, subject):
            raise Problem(HTTPStatus.FORBIDDEN, "somebody_else", f"you have signed in as {subject}")
        if self._policies().person(subject) is None:
            raise Problem(HTTPStatus.FORBIDDEN, "nobody_we_know", f"people.csv has nobody called {subject}")
        key = PublicKey.of(decoded(asked.x), subject, int(self._clock()))
        try:
            await asyncio.to_thread(add_key, self._file, key)
        except (OSError, KeySetError) as error:
            log.error("key %s cannot be taken in: %s", key.kid, error)  # noqa: TRY400 - the sentence says it all
            raise _unavailable("the key set cannot be changed") from error
        log.info("key %s was enrolled for %s", key.kid, subject)
        return key

    def _possession(self, asked: Enrolment) -> Possession:
        """What the new key has signed. Raises Problem if it does not belong to this very enrolment."""
        try:
            public = Ed25519PublicKey.from_public_bytes(decoded(asked.x))
            if jwt.get_unverified_header(asked.possession).get("typ") != TYPE:
                raise _not_possessed()
            signed = Possession.model_validate_json(
                jwt.api_jws.decode(asked.possession, public, algorithms=[ALGORITHM])
            )
        except (jwt.PyJWTError, ValidationError, ValueError):
            raise _not_possessed() from None
        now, skew = self._clock(), SKEW.total_seconds()
        fresh = now - LONGEST_LIFE.total_seconds() <= signed.iat <= now + skew
        if signed.aud != self._audience or signed.id_token_sha256 != id_token_digest(asked.id_token) or not fresh:
            raise _not_possessed()
        return signed


def add_keys(app: FastAPI, keys: KeyDoor) -> None:
    """The two routes."""

    @app.get("/v1/keys", responses={503: {"description": "The key set cannot be read"}})
    async def known() -> Response:
        """The key set (JWKS). Public keys are no secret; whose they are stands in `sub`."""
        found = await asyncio.to_thread(keys.known)
        return JSONResponse(
            found.document, headers={"Cache-Control": "no-cache"}, media_type="application/jwk-set+json"
        )

    @app.post(
        "/v1/keys",
        status_code=HTTPStatus.CREATED,
        openapi_extra={"requestBody": {"required": True, "content": {"application/json": {"schema": _schema()}}}},
    )
    async def enrol(request: Request) -> Response:
        """Take in a key, with an ID token of the company's single sign-on and a proof that the sender has the key."""
        key = await keys.enrol(_parsed(await _body(request)))
        return JSONResponse(key.model_dump(exclude_none=True), HTTPStatus.CREATED)


def _schema() -> dict[str, object]:
    return Enrolment.model_json_schema()


async def _body(request: Request) -> bytes:
    try:
        return await read_body(request, _BODY_LIMIT)
    except BodyTooLarge as error:
        detail = f"an enrolment may have {_BODY_LIMIT} bytes"
        raise Problem(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "too_large", detail) from error
    except BodyIncomplete as error:
        raise Problem(HTTPStatus.REQUEST_TIMEOUT, "incomplete", "the body did not arrive") from error


def _parsed(body: bytes) -> Enrolment:
    try:
        return Enrolment.model_validate_json(body)
    except ValidationError as error:
        raise Problem(HTTPStatus.UNPROCESSABLE_ENTITY, "invalid", "the body is no enrolment") from error


def _not_possessed() -> Problem:
    detail = "the proof of possession is not of this key, this token and this moment"
    return Problem(HTTPStatus.UNAUTHORIZED, "not_possessed", detail)


def _unavailable(detail: str) -> Problem:
    return Problem(HTTPStatus.SERVICE_UNAVAILABLE, "unavailable", detail, headers={"Retry-After": "30"})
