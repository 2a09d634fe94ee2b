"""Enrolling a key: what is presented at the door together with the proof of who one is."""

from __future__ import annotations

import hashlib

from pydantic import Field

from domain.base import StrictModel

TYPE = "hold-enrolment+jwt"


class Possession(StrictModel):
    """What the new key itself signs, so that nobody enrols a key that he does not have. `iat` in seconds since 1970."""

    aud: str = Field(max_length=128)
    sub: str | None = Field(default=None, max_length=128)
    """Who the sender wants to be; none for whoever signed in."""
    id_token_sha256: str = Field(max_length=64)
    iat: int


class Enrolment(StrictModel):
    """The body of `POST /v1/keys`."""

    id_token: str = Field(min_length=1, max_length=16_384)
    x: str = Field(min_length=43, max_length=43)
    """The new public key, an Ed25519 point in base64url."""
    possession: str = Field(min_length=1, max_length=4096)
    """A compact JWS of a `Possession`, signed with the new key."""


def id_token_digest(id_token: str) -> str:
    """What binds the two parts of an enrolment together."""
    return hashlib.sha256(id_token.encode()).hexdigest()
