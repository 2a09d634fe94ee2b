"""Putting one's name to a request: every request is signed anew when it is sent, with one's own key."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable

import jwt

from domain.case import Case
from domain.credential import ALGORITHM, ISSUER, TYPE, Binding, Claims
from domain.stake import at_stake, choice_of
from domain.tasks import Task, TaskRequest
from runtime.approvals.private_keys import PrivateKey, key_store, private_key_of
from runtime.development_keys import development_key, development_public_key, may_use_development_keys
from runtime.settings import Settings

LIFE = 120
"""Seconds that a proof of ours is valid: it is sent at once, and signed anew when it is sent again."""


class Signer:
    """Signs for one person, for one installation and namespace. `clock` is in seconds since 1970."""

    def __init__(self, key: PrivateKey, audience: str, namespace: str, clock: Callable[[], float] = time.time) -> None:
        self._key = key
        self._audience = audience
        self._namespace = namespace
        self._clock = clock

    @property
    def subject(self) -> str:
        """Whose name it is."""
        return self._key.public.sub

    def sign(self, case: Case, task: Task, request: TaskRequest) -> TaskRequest:
        """The request with its proof: bound to this task as it is in `case`."""
        option = choice_of(task, request)
        binding = Binding.of(request, self._namespace, case.ref.workflow_id, option, at_stake(case, task, option))
        return request.model_copy(update={"credential": self.credential(binding, request.actor)})

    def credential(self, binding: Binding, subject: str) -> str:
        """The compact JWS of what is bound."""
        now = int(self._clock())
        claims = Claims(
            iss=ISSUER,
            sub=subject,
            aud=self._audience,
            iat=now,
            exp=now + LIFE,
            jti=str(uuid.uuid4()),
            **binding.model_dump(),
        )
        return jwt.encode(
            claims.model_dump(mode="json"),
            self._key.key,
            algorithm=ALGORITHM,
            headers={"typ": TYPE, "kid": self._key.public.kid},
        )


def signer_for(settings: Settings, subject: str, namespace: str) -> Signer:
    """Who signs for `subject` here. Raises Refused (UNAUTHENTICATED) if there is no key."""
    identity = settings.identity
    if identity.is_development and may_use_development_keys(settings):
        key = PrivateKey(development_key(subject), development_public_key(subject))
    else:
        key = private_key_of(subject, key_store(identity))
    return Signer(key, identity.audience, namespace)
