"""Where a person's private key is: a file that nobody else can read, or the operating system's keyring."""

from __future__ import annotations

import importlib
import json
import os
import stat
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import quote

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from pydantic import ValidationError

from domain.keys import PublicKey, decoded, encoded
from runtime.approvals.refusals import ExitCode, Refused
from runtime.settings import IdentitySettings

_SERVICE = "holdfast"
_OTHERS = stat.S_IRWXG | stat.S_IRWXO


class PrivateKey:
    """A key and whose it is."""

    def __init__(self, key: Ed25519PrivateKey, public: PublicKey) -> None:
        self.key = key
        self.public = public

    @classmethod
    def new(cls, subject: str, now: int) -> PrivateKey:
        """A fresh key of `subject`; `now` in seconds since 1970.

        Its id does not begin with a dash, as one in 64 would: `keys revoke` would take it for an option.
        """
        while True:
            key = Ed25519PrivateKey.generate()
            public = PublicKey.of(key.public_key().public_bytes_raw(), subject, now)
            if not public.kid.startswith("-"):
                return cls(key, public)

    @property
    def text(self) -> str:
        """The key as JWK, with its private part: for the store only."""
        return json.dumps(self.public.model_dump(exclude_none=True) | {"d": encoded(self.key.private_bytes_raw())})

    @classmethod
    def parse(cls, text: str, subject: str) -> PrivateKey:
        """The key in a store's text. Raises ValueError if it is none, or somebody else's."""
        document = json.loads(text)
        public = PublicKey.model_validate(document)
        key = Ed25519PrivateKey.from_private_bytes(decoded(document["d"]))
        if public.sub != subject or key.public_key().public_bytes_raw() != public.public_bytes:
            raise ValueError("it does not belong together")
        return cls(key, public)


class KeyStore(Protocol):
    """Keeps one private key a person."""

    where: str

    def read(self, subject: str) -> str | None:
        """What is kept for `subject`. Raises Refused if it must not be used."""
        ...

    def write(self, subject: str, text: str) -> str:
        """Keep it, in the place of an earlier one; the answer says where."""
        ...


class KeyFiles:
    """A directory of files of mode 0600."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory.expanduser()
        self.where = str(self._directory)

    def _file(self, subject: str) -> Path:
        return self._directory / f"{quote(subject, safe='@')}.jwk"

    def read(self, subject: str) -> str | None:
        """See KeyStore. A file that others may read is not used: it may not be a secret any more."""
        file = self._file(subject)
        try:
            if file.stat().st_mode & _OTHERS:
                raise Refused(
                    ExitCode.UNAUTHENTICATED,
                    f"{file} can be read by others, so it proves nothing.",
                    f"If nobody has read it: chmod 600 {file}. Else have it revoked and make a new one.",
                )
            return file.read_text(encoding="utf-8")
        except FileNotFoundError:
            return None
        except (OSError, UnicodeDecodeError) as error:
            raise Refused(ExitCode.SETTINGS, f"The key in {file} cannot be read: {error}.") from error

    def write(self, subject: str, text: str) -> str:
        """See KeyStore."""
        file = self._file(subject)
        try:
            self._directory.mkdir(mode=0o700, parents=True, exist_ok=True)
            fresh = file.with_suffix(f".{os.getpid()}")
            with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as out:
                out.write(text)
            fresh.replace(file)
        except OSError as error:
            raise Refused(ExitCode.SETTINGS, f"The key cannot be kept in {file}: {error.strerror}.") from error
        return str(file)


class Keyring:
    """The operating system's keyring, by the library of that name."""

    where = "the keyring"

    def __init__(self) -> None:
        try:
            self._keyring: Any = importlib.import_module("keyring")
        except ImportError as error:
            raise Refused(
                ExitCode.SETTINGS,
                "identity.keyring needs the library keyring.",
                "Install it (pip install holdfast[keyring]), or keep keys in files: identity.keyring = false.",
            ) from error

    def read(self, subject: str) -> str | None:
        """See KeyStore."""
        try:
            kept: str | None = self._keyring.get_password(_SERVICE, subject)
        except self._keyring.errors.KeyringError as error:
            raise Refused(ExitCode.SETTINGS, f"The keyring cannot be read: {error}.") from error
        return kept

    def write(self, subject: str, text: str) -> str:
        """See KeyStore."""
        try:
            self._keyring.set_password(_SERVICE, subject, text)
        except self._keyring.errors.KeyringError as error:
            raise Refused(ExitCode.SETTINGS, f"The keyring does not take the key: {error}.") from error
        return self.where


def key_store(identity: IdentitySettings) -> KeyStore:
    """The store that the settings name."""
    return Keyring() if identity.keyring else KeyFiles(identity.private_keys)


def private_key_of(subject: str, store: KeyStore) -> PrivateKey:
    """The key of `subject`. Raises Refused (UNAUTHENTICATED) if there is none that can be used."""
    text = store.read(subject)
    if text is None:
        raise Refused(
            ExitCode.UNAUTHENTICATED,
            f"{subject} has no key in {store.where}, so nothing can be signed.",
            "Make one and have it enrolled: approver.py keys new, or keys enrol. See docs/approvals.md.",
        )
    try:
        return PrivateKey.parse(text, subject)
    except (ValidationError, ValueError, KeyError, TypeError) as error:
        raise Refused(ExitCode.UNAUTHENTICATED, f"What {store.where} has for {subject} is no key of theirs.") from error
