"""The public keys by which approvers are recognised: a JWKS whose keys name their owner in `sub`."""

from __future__ import annotations

import hashlib
from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Literal

from pydantic import Field, ValidationError, field_validator

from domain.base import Model, digest

LARGEST = 1_000_000
"""Characters of a key set."""
_ED25519_BYTES = 32


class KeySetError(ValueError):
    """What was read is not a key set that can be used; the message says why and quotes no key."""


class KeysUnavailable(Exception):
    """The key set cannot be read, and what was last read is too old to be trusted."""


class PublicKey(Model):
    """A key as JWK (RFC 8037). `iat` and `revoked_at` are seconds since 1970; `revoked_at` ends it for good."""

    kty: Literal["OKP"] = "OKP"
    crv: Literal["Ed25519"] = "Ed25519"
    x: str
    kid: str = Field(min_length=1, max_length=128)
    sub: str = Field(min_length=1, max_length=128)
    use: Literal["sig"] = "sig"
    alg: Literal["EdDSA"] = "EdDSA"
    iat: int | None = None
    revoked_at: int | None = None

    @field_validator("x")
    @classmethod
    def _is_a_point(cls, x: str) -> str:
        if len(decoded(x)) != _ED25519_BYTES:
            raise ValueError("is not the x of an Ed25519 key")
        return x

    @property
    def public_bytes(self) -> bytes:
        """The key itself, 32 bytes."""
        return decoded(self.x)

    @classmethod
    def of(cls, public: bytes, subject: str, iat: int | None = None) -> PublicKey:
        """The key of `subject`, named by its thumbprint (RFC 7638)."""
        x = encoded(public)
        required = f'{{"crv":"Ed25519","kty":"OKP","x":"{x}"}}'
        return cls(x=x, kid=encoded(hashlib.sha256(required.encode()).digest()), sub=subject, iat=iat)


class KeySet(Model):
    """All keys of an installation, the revoked ones included."""

    keys: tuple[PublicKey, ...]
    digest: str

    @classmethod
    def of(cls, keys: tuple[PublicKey, ...]) -> KeySet:
        """A set of keys. Raises KeySetError if two have one name."""
        names = [key.kid for key in keys]
        twice = next((name for name in names if names.count(name) > 1), None) if len(set(names)) < len(names) else None
        if twice is not None:
            raise KeySetError(f"key {twice} is there twice")
        ordered = sorted(keys, key=lambda key: key.kid)
        return cls(keys=tuple(ordered), digest=digest([key.model_dump() for key in ordered]))

    @classmethod
    def parse(cls, document: object) -> KeySet:
        """The set in the JSON of a JWKS. Raises KeySetError."""
        listed = document.get("keys") if isinstance(document, dict) else None
        if not isinstance(listed, list):
            raise KeySetError('it is no JWKS: an object with a list "keys" is expected')
        return cls.of(tuple(_key(number, jwk) for number, jwk in enumerate(listed, 1)))

    def key(self, kid: str) -> PublicKey | None:
        """The key of that name, revoked or not."""
        return next((key for key in self.keys if key.kid == kid), None)

    @property
    def document(self) -> dict[str, object]:
        """The JWKS."""
        return {"keys": [key.model_dump(exclude_none=True) for key in self.keys]}


def _key(number: int, jwk: object) -> PublicKey:
    if isinstance(jwk, dict) and "d" in jwk:
        raise KeySetError(f"key {number} is a private one: take it out, and revoke it, because it has been seen")
    try:
        return PublicKey.model_validate(jwk)
    except ValidationError as error:
        found = error.errors(include_input=False, include_url=False)[0]
        raise KeySetError(f"key {number}: {'.'.join(map(str, found['loc'])) or 'it'}: {found['msg']}") from None


def encoded(data: bytes) -> str:
    """Base64url without padding."""
    return urlsafe_b64encode(data).rstrip(b"=").decode("ascii")


def decoded(text: str) -> bytes:
    """The bytes of base64url without padding. Raises ValueError."""
    if not text.isascii():
        raise ValueError("is not base64url")
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))
