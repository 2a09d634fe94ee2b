"""Signed, expiring links: whoever has one may answer one question to the customer, and nothing else."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from itsdangerous import BadData, URLSafeTimedSerializer
from pydantic import AwareDatetime, ValidationError

from domain.base import StrictModel

PATH = "/c"
_SALT = "holdfast.customer-question"
_SIGNER = {"key_derivation": "hmac", "digest_method": hashlib.sha256}
_LONGEST_TOKEN = 1000


class Target(StrictModel):
    """What a link is for: one question of one order, as long as it may be answered."""

    tenant: str
    order_id: str
    request_id: str
    expires_at: AwareDatetime


class LinkUnusable(Exception):
    """The link is not one of ours, or was changed on its way."""


class LinkExpired(Exception):
    """The link was ours; the time to answer is over."""


@dataclass(frozen=True)
class CustomerLinks:
    """The links of this installation. The first of `secrets` signs, all of them are accepted."""

    base_url: str
    secrets: Sequence[str] = field(repr=False)

    def link(self, target: Target) -> str:
        """The address of the page. Never to be logged: it is all that is needed to answer."""
        token = self._serializer.dumps(target.model_dump(mode="json"))
        return f"{self.base_url.rstrip('/')}{PATH}/{token}"

    def read(self, token: str, now: datetime) -> Target:
        """What a link is for. Raises LinkUnusable or LinkExpired."""
        try:
            content = self._serializer.loads(token if len(token) <= _LONGEST_TOKEN else "")
            target = Target.model_validate(content)
        except (BadData, ValidationError):
            raise LinkUnusable from None
        if target.expires_at.astimezone(UTC) <= now:
            raise LinkExpired
        return target

    @property
    def _serializer(self) -> URLSafeTimedSerializer:
        keys = list(reversed(self.secrets))  # the library signs with the last
        return URLSafeTimedSerializer(keys, salt=_SALT, signer_kwargs=_SIGNER)
