# ruff: noqa: PLC0415 - a command imports only what it needs: rich is not for programs
"""The keys of approvers: made, shown, taken in and revoked."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path

import httpx

from domain.keys import KeySet, KeySetError, PublicKey
from domain.policy.problem import PolicyError
from runtime.approvals.identity import checked_subject
from runtime.approvals.private_keys import KeyStore, PrivateKey, key_store, private_key_of
from runtime.approvals.refusals import ExitCode, Refused
from runtime.approvals.terminal_text import print_json
from runtime.key_set_file import UnknownKey, add_key, read_key_set, revoke_key
from runtime.settings import Settings

_ANSWER_WITHIN = 5.0


@dataclass(frozen=True)
class NewKey:
    """What `keys new` is told."""

    actor: str | None
    replace: bool = False
    publish: bool = False
    key_set: Path | None = None


async def new(settings: Settings, wanted: NewKey, *, as_json: bool) -> None:
    """Make a key. Raises Refused (CONFLICT) if there is one already."""
    subject = checked_subject(wanted.actor or settings.user)
    store = key_store(settings.identity)
    file = _key_set_file(settings, wanted.key_set) if wanted.publish else None
    key = made_key(subject, store, replace=wanted.replace)
    if file is not None:
        with _explained(file):
            add_key(file, key.public)
    where = store.write(subject, key.text)
    _say_new(key.public, where, file, as_json=as_json)


def made_key(subject: str, store: KeyStore, *, replace: bool) -> PrivateKey:
    """A fresh key that is kept nowhere yet. Raises Refused (CONFLICT) if there is one that must not be lost."""
    if not replace and store.read(subject) is not None:
        raise Refused(
            ExitCode.CONFLICT,
            f"{subject} has a key in {store.where} already.",
            "Use it, or make another in its place with --replace and have the old one revoked.",
        )
    return PrivateKey.new(subject, int(time.time()))


def _say_new(public: PublicKey, where: str, published: Path | None, *, as_json: bool) -> None:
    jwk = public.model_dump(exclude_none=True)
    if as_json:
        print_json({"key": jwk, "kept_in": where, "published_in": str(published) if published else None})
        return
    from runtime.approvals import rendering
    from runtime.approvals.terminal_text import json_text

    out = rendering.console()
    out.print(rendering.line(("New key", "bold green"), f" {public.kid} of {public.sub}, kept in {where}"))
    if published is not None:
        out.print(rendering.line(f"  added to {published}; workers know it within seconds"))
        return
    out.print(rendering.line("  whoever keeps the key set adds this to its keys:"))
    out.print(json_text(jwk), soft_wrap=True)


async def show(settings: Settings, actor: str | None, *, as_json: bool) -> None:
    """Print one's own key, if a name is given, and the key set."""
    subject = actor or settings.user
    own = _own(settings, checked_subject(subject)) if subject else None
    known = await _known(settings)
    if as_json:
        keys = [key.model_dump(exclude_none=True) for key in known.keys]
        print_json({"own": own.model_dump(exclude_none=True) if own else None, "keys": keys, "digest": known.digest})
        return
    from runtime.approvals import rendering

    rendering.print_keys(rendering.console(), own, known)


def _own(settings: Settings, subject: str) -> PublicKey | None:
    from runtime.development_keys import development_public_key, may_use_development_keys

    if settings.identity.is_development and may_use_development_keys(settings):
        return development_public_key(subject)
    store = key_store(settings.identity)
    return private_key_of(subject, store).public if store.read(subject) is not None else None


async def _known(settings: Settings) -> KeySet:
    """The key set of the settings. Raises Refused (UNAVAILABLE), and WrongSettings if they name none of one's own."""
    identity = settings.identity
    if identity.is_development:
        from runtime.development_keys import development_key_set, refuse_development_keys
        from runtime.policy_files import load_policies

        refuse_development_keys(settings)
        try:
            return development_key_set(load_policies(*settings.policies).people)
        except PolicyError as error:
            raise Refused(ExitCode.SETTINGS, f"The people of the policies cannot be read: {error}.") from error
    if identity.keys_url is None:
        with _explained(Path(identity.keys)):
            return read_key_set(Path(identity.keys))
    try:
        async with httpx.AsyncClient(trust_env=False, timeout=_ANSWER_WITHIN) as client:
            answer = await client.get(identity.keys_url)
            answer.raise_for_status()
            return KeySet.parse(answer.json())
    except (httpx.HTTPError, ValueError) as error:
        raise Refused(ExitCode.UNAVAILABLE, f"The key set of {identity.keys_url} cannot be read: {error}.") from error


async def revoke(settings: Settings, kid: str, key_set: Path | None, *, as_json: bool) -> None:
    """End a key in the file of the key set."""
    file = _key_set_file(settings, key_set)
    with _explained(file):
        ended = revoke_key(file, kid, int(time.time()))
    if as_json:
        print_json({"key": ended.model_dump(exclude_none=True), "key_set": str(file)})
        return
    from runtime.approvals import rendering

    out = rendering.console()
    out.print(rendering.line(("Revoked", "bold green"), f": key {ended.kid} of {ended.sub}, in {file}"))


def _key_set_file(settings: Settings, named: Path | None) -> Path:
    if named is not None:
        return named
    identity = settings.identity
    if identity.is_development or identity.keys_url is not None:
        raise Refused(
            ExitCode.INVALID,
            f"The key set ({identity.keys}) is no file that could be changed here: name one with --key-set.",
        )
    return Path(identity.keys)


class _explained:  # noqa: N801 - used as the statement `with _explained(file)`
    """What goes wrong with the file of the key set, in plain words."""

    def __init__(self, file: Path) -> None:
        self._file = file

    def __enter__(self) -> None:
        """Nothing yet."""

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        """Raise Refused for what a person can put right."""
        if isinstance(error, UnknownKey):
            raise Refused(
                ExitCode.NOT_FOUND, f"{error} in {self._file}.", "List them: approver.py keys list."
            ) from error
        if isinstance(error, OSError):
            raise Refused(ExitCode.SETTINGS, f"The key set {self._file}: {error.strerror}.") from error
        if isinstance(error, KeySetError):
            raise Refused(ExitCode.SETTINGS, f"The key set {self._file}: {error}.") from error
