"""Keys that everybody knows, for trying things out on one machine: each is made of its owner's name.

Whoever can read this can sign as anybody. So they count only where the environment is `dev` and Temporal is on this
machine; everywhere else a process that is told to use them does not start.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from domain.keys import KeySet, PublicKey
from runtime.setting_values import is_loopback
from runtime.settings import DEVELOPMENT, Environment, Settings
from runtime.settings_check import WrongSettings
from runtime.temporal import connection

if TYPE_CHECKING:
    from domain.policy.policy_set import PolicySet

_SEED = b"holdfast development key, worth nothing: "


def development_key(subject: str) -> Ed25519PrivateKey:
    """The private key of `subject`, known to everybody."""
    return Ed25519PrivateKey.from_private_bytes(hashlib.sha256(_SEED + subject.encode()).digest())


def development_public_key(subject: str) -> PublicKey:
    """The public half."""
    return PublicKey.of(development_key(subject).public_key().public_bytes_raw(), subject)


def is_development_key(key: PublicKey) -> bool:
    """Whether the private half is known to everybody."""
    return key.x == development_public_key(key.sub).x


def development_key_set(subjects: Iterable[str]) -> KeySet:
    """The keys of these people."""
    return KeySet.of(tuple(development_public_key(subject) for subject in subjects))


class DevelopmentKeys:
    """The development keys of everybody whom the policies of the moment know."""

    def __init__(self, policies: Callable[[], PolicySet]) -> None:
        self._policies = policies
        self._known: tuple[str, KeySet] | None = None

    async def __call__(self, kid: str | None = None) -> KeySet:  # noqa: ARG002 - nothing is to be found by looking again
        """The key set of this moment."""
        policies = self._policies()
        if self._known is None or self._known[0] != policies.version:
            self._known = (policies.version, development_key_set(policies.people))
        return self._known[1]


def may_use_development_keys(settings: Settings) -> bool:
    """Whether they count here. Raises WrongSettings if the Temporal profile cannot be read."""
    host = connection()["target_host"].removeprefix("http://").rpartition(":")[0].strip("[]")
    return settings.environment is Environment.DEV and is_loopback(host)


def refuse_development_keys(settings: Settings) -> None:
    """Raises WrongSettings if the settings name them where they do not count."""
    if settings.identity.is_development and not may_use_development_keys(settings):
        why = f"{DEVELOPMENT} keys are known to everybody; they count only in dev, with Temporal on this machine"
        raise WrongSettings([f"identity.keys: {why}. Name a key set of your own: a file or an https URL"])
