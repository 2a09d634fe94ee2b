"""How this worker recognises people, by its settings."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import httpx

from activities.proofs import Proofs
from domain.keys import KeysUnavailable
from domain.policy.policy_set import PolicySet
from runtime.development_keys import DevelopmentKeys, refuse_development_keys
from runtime.key_source import KeySource, from_file, from_url
from runtime.settings import Settings
from runtime.settings_check import WrongSettings

_LOOK_AT_FILE = timedelta(seconds=2)


@asynccontextmanager
async def recognition(settings: Settings, policies: Callable[[], PolicySet]) -> AsyncIterator[Proofs]:
    """What verifies proofs, for as long as the block lasts.

    Raises WrongSettings for development keys where they do not count, and for a file that is no key set. A URL may be
    down: then nobody can decide until it is back.
    """
    refuse_development_keys(settings)
    identity = settings.identity
    if identity.is_development:
        yield Proofs(DevelopmentKeys(policies), identity.audience)
    elif identity.keys_url is not None:
        async with httpx.AsyncClient(trust_env=False, follow_redirects=False) as client:
            read = from_url(client, identity.keys_url)
            yield Proofs(KeySource(read, identity.reload_after, identity.keys_url), identity.audience)
    else:
        source = KeySource(from_file(Path(identity.keys)), _LOOK_AT_FILE, identity.keys)
        try:
            await source()
        except KeysUnavailable as error:
            raise WrongSettings([f"identity.keys: {error}; the log says why"]) from error
        yield Proofs(source, identity.audience)
