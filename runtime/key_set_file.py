"""The key set as a file: keys are added and revoked in it, one writer at a time, and readers never see half of it."""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from domain.keys import KeySet, KeySetError, PublicKey


class UnknownKey(KeySetError):
    """No key, or more than one, has a name that begins like this."""


def read_key_set(file: Path) -> KeySet:
    """The key set of a file. Raises OSError and KeySetError."""
    try:
        return KeySet.parse(json.loads(file.read_text(encoding="utf-8")))
    except ValueError as error:
        raise error if isinstance(error, KeySetError) else KeySetError("it is not JSON") from None


def add_key(file: Path, key: PublicKey) -> KeySet:
    """Take a key in, in the place of the earlier ones of its owner, which are revoked at its own `iat`.

    The file is made if it is not there. Raises OSError and KeySetError.
    """

    def added(keys: tuple[PublicKey, ...]) -> tuple[PublicKey, ...]:
        earlier = [_ended(each, key.iat or 0) if each.sub == key.sub else each for each in keys if each.kid != key.kid]
        if any(each.kid == key.kid and each.revoked_at is not None for each in keys):
            raise KeySetError(f"key {key.kid} was revoked, and stays so: make a new one")
        return (*earlier, key)

    return _changed(file, added)


def revoke_key(file: Path, beginning: str, now: int) -> PublicKey:
    """End the key whose name begins so, at `now` in seconds since 1970. Raises UnknownKey, OSError and KeySetError."""
    found = [key for key in read_key_set(file).keys if key.kid.startswith(beginning)]
    if len(found) != 1:
        raise UnknownKey(f"{len(found) or 'no'} keys have a name that begins with {beginning[:64]!a}")
    kid = found[0].kid
    changed = _changed(file, lambda keys: tuple(_ended(key, now) if key.kid == kid else key for key in keys))
    return next(key for key in changed.keys if key.kid == kid)


def _ended(key: PublicKey, now: int) -> PublicKey:
    return key if key.revoked_at is not None else key.model_copy(update={"revoked_at": now})


def _changed(file: Path, change: Callable[[tuple[PublicKey, ...]], tuple[PublicKey, ...]]) -> KeySet:
    with _alone(file):
        keys = KeySet.of(change(read_key_set(file).keys if file.exists() else ()))
        fresh = file.with_name(f".{file.name}.{os.getpid()}")
        fresh.write_text(json.dumps(keys.document, indent=2) + "\n", encoding="utf-8")
        fresh.replace(file)
    return keys


@contextmanager
def _alone(file: Path) -> Iterator[None]:
    """Whoever else wants to change the file waits."""
    with file.with_name(f".{file.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
