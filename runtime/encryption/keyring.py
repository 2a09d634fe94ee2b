"""The keys that cases are encrypted with: the first encrypts, all decrypt.

A key is written `id:secret`, the secret being 32 bytes in URL-safe base64; several are separated by white space. The id
stands beside every payload that the key encrypted, so it says nothing secret: a month is a good one.
"""

from __future__ import annotations

import base64
import binascii
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field

KEY_BYTES = 32
"""AES-256."""
_KEY_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,31}", re.ASCII)


class WrongKeys(ValueError):
    """Keys that cannot be used. The message names them by place or id and repeats no secret."""


@dataclass(frozen=True)
class Keyring:
    """Keys by id, in the order written."""

    keys: Mapping[str, bytes] = field(repr=False)

    @classmethod
    def parse(cls, text: str) -> Keyring:
        """The keys of a setting or file. Raises WrongKeys."""
        keys: dict[str, bytes] = {}
        for place, written in enumerate(text.split(), start=1):
            key_id, secret = _parsed(place, written)
            if key_id in keys:
                raise WrongKeys(f"key {key_id} is there twice: each needs an id of its own")
            keys[key_id] = secret
        if not keys:
            raise WrongKeys("there is no key in it")
        return cls(keys)

    @property
    def first(self) -> str:
        """The id of the key that encrypts."""
        return next(iter(self.keys))

    def without(self, key_id: str) -> Keyring:
        """The same keys less one."""
        return Keyring({known: secret for known, secret in self.keys.items() if known != key_id})


def new_key(key_id: str) -> str:
    """A fresh key as it is written in a keyring. Raises WrongKeys for an id that cannot be one."""
    if not _KEY_ID.fullmatch(key_id):
        raise WrongKeys(f"{key_id[:40]!a} cannot be a key's id: up to 32 letters, digits, . _ and - only")
    return f"{key_id}:{base64.urlsafe_b64encode(secrets.token_bytes(KEY_BYTES)).decode()}"


def _parsed(place: int, written: str) -> tuple[str, bytes]:
    key_id, colon, encoded = written.partition(":")
    if not (colon and _KEY_ID.fullmatch(key_id)):
        raise WrongKeys(f"key number {place} does not have the form id:secret")
    try:
        secret = base64.b64decode(encoded.encode("ascii"), altchars=b"-_", validate=True)
    except (binascii.Error, UnicodeEncodeError):
        raise WrongKeys(f"the secret of key {key_id} is not URL-safe base64") from None
    if len(secret) != KEY_BYTES:
        raise WrongKeys(f"the secret of key {key_id} has {len(secret)} bytes instead of {KEY_BYTES}")
    return key_id, secret
