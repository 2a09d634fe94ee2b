"""The company's single sign-on, as far as enrolling a key needs it: OpenID Connect discovery and ID tokens."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import jwt
from pydantic import ValidationError

from domain.base import Model
from runtime.setting_values import HttpsUrl
from runtime.settings import OidcSettings

_ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"]
"""Public-key signatures only: with a shared secret whoever can check a token could make one."""
_FRESH = timedelta(minutes=10)
_SKEW = timedelta(seconds=30)
_LARGEST = 1_000_000


class SignOnUnavailable(Exception):
    """The provider did not answer, or not as one does."""


class SignOnRefused(Exception):
    """The token proves nothing here; the message says why and quotes nothing of it."""


class Provider(Model):
    """What the provider says about itself."""

    issuer: str
    jwks_uri: HttpsUrl
    token_endpoint: HttpsUrl
    device_authorization_endpoint: HttpsUrl | None = None


async def discover(http: httpx.AsyncClient, settings: OidcSettings) -> Provider:
    """The provider of the settings. Raises SignOnUnavailable."""
    url = settings.issuer.rstrip("/") + "/.well-known/openid-configuration"
    try:
        provider = Provider.model_validate(await _json(http, url))
    except ValidationError as error:
        raise SignOnUnavailable(f"{url} does not describe an OpenID provider with https addresses") from error
    if provider.issuer != settings.issuer:
        raise SignOnUnavailable(f"{url} speaks for another issuer than identity.oidc.issuer")
    return provider


async def subject_of(http: httpx.AsyncClient, settings: OidcSettings, id_token: str) -> str:
    """Whom a fresh ID token of ours is about. Raises SignOnRefused and SignOnUnavailable."""
    provider = await discover(http, settings)
    keys = await _json(http, provider.jwks_uri)
    try:
        claims = jwt.decode(
            id_token,
            _key(keys, jwt.get_unverified_header(id_token)),
            algorithms=_ALGORITHMS,
            audience=settings.client_id,
            issuer=settings.issuer,
            leeway=_SKEW,
            options={"require": ["exp", "iat", "iss", "aud", "sub"]},
        )
    except jwt.PyJWTError as error:
        raise SignOnRefused(f"the ID token is not valid here: {type(error).__name__}") from None
    if _age(claims) > _FRESH:
        raise SignOnRefused("the ID token is too old: sign in again")
    subject = claims.get(settings.subject_claim)
    if not isinstance(subject, str) or not subject:
        raise SignOnRefused(f"the ID token has no claim {settings.subject_claim}")
    return subject


def _key(keys: Any, header: dict[str, Any]) -> jwt.PyJWK:
    """The provider's key that the token names."""
    for key in jwt.PyJWKSet.from_dict(keys).keys:
        if key.key_id == header.get("kid") and key.public_key_use in (None, "sig"):
            return key
    raise jwt.InvalidKeyError


def _age(claims: dict[str, Any]) -> timedelta:
    return datetime.now(UTC) - datetime.fromtimestamp(int(claims["iat"]), UTC)


async def _json(http: httpx.AsyncClient, url: str) -> Any:
    try:
        answer = await http.get(url)
        answer.raise_for_status()
        if len(answer.content) > _LARGEST:
            raise SignOnUnavailable(f"{url} answers with too much")
        return answer.json()
    except (httpx.HTTPError, ValueError) as error:
        raise SignOnUnavailable(f"{url} cannot be read: {type(error).__name__}") from error
