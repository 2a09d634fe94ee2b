# ruff: noqa: PLC0415 - a command imports only what it needs: rich is not for programs
"""`keys enrol`: sign in with single sign-on by the device-code flow (RFC 8628), and present a new key at the door."""

from __future__ import annotations

import asyncio
import sys
import time
from typing import Any

import httpx
import jwt

from domain.credential import ALGORITHM
from domain.enrolment import TYPE, Enrolment, Possession, id_token_digest
from domain.keys import PublicKey
from runtime.approvals.identity import checked_subject
from runtime.approvals.private_keys import PrivateKey, key_store
from runtime.approvals.refusals import ExitCode, Refused
from runtime.approvals.terminal_text import print_json, safe
from runtime.settings import OidcSettings, Settings
from runtime.single_sign_on import Provider, SignOnUnavailable, discover

_GRANT = "urn:ietf:params:oauth:grant-type:device_code"
_SCOPE = "openid profile email"
_INTERVAL, _SLOWER, _LONGEST = 5, 5, 1800
_ANSWER_WITHIN = 10.0
_NOBODY = "nobody-yet"
_BY_STATUS = {401: ExitCode.UNAUTHENTICATED, 403: ExitCode.FORBIDDEN, 503: ExitCode.UNAVAILABLE}


async def enrol(settings: Settings, actor: str | None, *, as_json: bool) -> None:
    """Make a key, sign in, have the key taken in, keep it. Raises Refused; the earlier key is untouched then."""
    identity, wanted = settings.identity, actor or settings.user
    if identity.oidc is None or identity.door_url is None:
        raise Refused(ExitCode.SETTINGS, "Enrolling needs identity.oidc and identity.door_url; they are not set.")
    store = key_store(identity)
    key = PrivateKey.new(checked_subject(wanted) if wanted else _NOBODY, int(time.time()))
    async with httpx.AsyncClient(trust_env=False, timeout=_ANSWER_WITHIN) as http:
        try:
            id_token = await _sign_in(http, identity.oidc, await discover(http, identity.oidc))
            presented = _presented(key, id_token, identity.audience, wanted)
            public = await _taken_in(http, identity.door_url, presented)
        except (httpx.HTTPError, SignOnUnavailable) as error:
            raise Refused(ExitCode.UNAVAILABLE, f"{error or type(error).__name__}.") from error
    where = store.write(public.sub, PrivateKey(key.key, public).text)
    if as_json:
        print_json({"key": public.model_dump(exclude_none=True), "kept_in": where})
        return
    from runtime.approvals import rendering

    out = rendering.console()
    out.print(rendering.line(("Enrolled", "bold green"), f": key {public.kid} of {public.sub}, kept in {where}"))


async def _sign_in(http: httpx.AsyncClient, oidc: OidcSettings, provider: Provider) -> str:
    """The ID token, once the person has confirmed the code in a browser, wherever that is."""
    if provider.device_authorization_endpoint is None:
        raise Refused(ExitCode.SETTINGS, f"{provider.issuer} offers no device-code flow.")
    asked = await http.post(provider.device_authorization_endpoint, data={"client_id": oidc.client_id, "scope": _SCOPE})
    flow = _document(asked)
    if asked.is_error or not {"device_code", "user_code", "verification_uri"} <= flow.keys():
        raise Refused(
            ExitCode.UNAVAILABLE, f"{provider.issuer} gives no code: {safe(flow.get('error', asked.status_code))}."
        )
    _say_where(flow)
    interval = _seconds(flow.get("interval"), _INTERVAL)
    deadline = time.monotonic() + min(_seconds(flow.get("expires_in"), _LONGEST), _LONGEST)
    while time.monotonic() < deadline:
        await asyncio.sleep(interval)
        form = {"grant_type": _GRANT, "device_code": str(flow["device_code"]), "client_id": oidc.client_id}
        answer = _document(await http.post(provider.token_endpoint, data=form))
        error = answer.get("error")
        if error is None and isinstance(answer.get("id_token"), str):
            return str(answer["id_token"])
        if error == "slow_down":
            interval += _SLOWER
        elif error != "authorization_pending":
            raise Refused(ExitCode.UNAUTHENTICATED, f"You are not signed in: {safe(error or 'no ID token came')}.")
    raise Refused(ExitCode.UNAUTHENTICATED, "The code has run out before it was confirmed.")


def _say_where(flow: dict[str, Any]) -> None:
    """On standard error, because standard output is for the answer."""
    complete = flow.get("verification_uri_complete")
    sys.stderr.write(f"Open {safe(flow['verification_uri'])} and enter the code {safe(flow['user_code'])}\n")
    if complete:
        sys.stderr.write(f"or open {safe(complete)}\n")
    sys.stderr.flush()


def _presented(key: PrivateKey, id_token: str, audience: str, wanted: str | None) -> Enrolment:
    digest = id_token_digest(id_token)
    signed = Possession(aud=audience, sub=wanted, id_token_sha256=digest, iat=int(time.time()))
    possession = jwt.encode(signed.model_dump(), key.key, algorithm=ALGORITHM, headers={"typ": TYPE})
    return Enrolment(id_token=id_token, x=key.public.x, possession=possession)


async def _taken_in(http: httpx.AsyncClient, door: str, presented: Enrolment) -> PublicKey:
    answer = await http.post(f"{door.rstrip('/')}/v1/keys", json=presented.model_dump())
    document = _document(answer)
    if answer.is_error:
        code = _BY_STATUS.get(answer.status_code, ExitCode.INVALID)
        raise Refused(code, f"The door does not take the key: {safe(document.get('detail', answer.status_code))}.")
    return PublicKey.model_validate(document)


def _document(answer: httpx.Response) -> dict[str, Any]:
    try:
        document = answer.json()
    except ValueError:
        return {}
    return document if isinstance(document, dict) else {}


def _seconds(value: object, otherwise: int) -> int:
    return value if isinstance(value, int) and value > 0 else otherwise
