"""Signed requests for tests: by development keys, and in every way in which a proof can be wrong."""

from __future__ import annotations

import time
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from domain.credential import ALGORITHM, ISSUER, TYPE, Binding
from domain.money import Money
from domain.tasks import TaskRequest
from runtime.approvals.private_keys import PrivateKey
from runtime.approvals.signing import Signer
from runtime.development_keys import development_key, development_public_key

NAMESPACE = "default"
AUDIENCE = "holdfast"
NOTHING = Money.zero("USD")


def binding(request: TaskRequest, workflow_id: str, option: str | None = None, amount: Money = NOTHING) -> Binding:
    """What an honest proof of the request is bound to."""
    return Binding.of(request, NAMESPACE, workflow_id, option, amount)


def forged(
    bound: Binding,
    subject: str,
    *,
    key: Ed25519PrivateKey | bytes | None = None,
    algorithm: str = ALGORITHM,
    head: dict[str, Any] | None = None,
    at: float | None = None,
    life: int = 120,
    **claims: Any,
) -> str:
    """A credential; honest unless told otherwise."""
    now = int(time.time() if at is None else at)
    content = {"iss": ISSUER, "sub": subject, "aud": AUDIENCE, "iat": now, "exp": now + life, "jti": f"test-{now:020}"}
    signing = development_key(subject) if key is None else key
    kid = development_public_key(subject).kid
    return jwt.encode(
        content | bound.model_dump(mode="json") | claims,
        signing,
        algorithm=algorithm,
        headers={"typ": TYPE, "kid": kid} | (head or {}),
    )


def signed(request: TaskRequest, workflow_id: str = "", option: str | None = None, **more: Any) -> TaskRequest:
    """The request with a proof by its actor's development key."""
    amount = more.pop("amount", NOTHING)
    credential = forged(binding(request, workflow_id, option, amount), request.actor, **more)
    return request.model_copy(update={"credential": credential})


def dev_signer(subject: str, **more: Any) -> Signer:
    """Signs as `approver.py` does with a development key."""
    key = PrivateKey(development_key(subject), development_public_key(subject))
    return Signer(key, AUDIENCE, NAMESPACE, **more)
