"""A small OpenID provider on this machine: discovery, device-code flow (RFC 8628), signed ID tokens."""

from __future__ import annotations

import secrets
import threading
import time
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

import jwt
import uvicorn
from cryptography.hazmat.primitives.asymmetric import ec
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse
from jwt.algorithms import ECAlgorithm

from sandbox.processes import HOST, free_ports
from tests.integration.approver.stage import PATIENCE
from tests.integration.processes import eventually

CLIENT = "holdfast-approver"


@dataclass
class Flow:
    """One attempt to sign in."""

    user_code: str
    subject: str | None = None
    denied: bool = False
    polls: int = 0


@dataclass
class Provider:
    """The provider, and what a test wants of it."""

    port: int = field(default_factory=lambda: free_ports(1)[0])
    flows: dict[str, Flow] = field(default_factory=dict)
    claims: dict[str, Any] = field(default_factory=dict)
    """What an ID token says otherwise than it should."""
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    signing_key: ec.EllipticCurvePrivateKey | None = None

    @property
    def issuer(self) -> str:
        """Its address."""
        return f"http://{HOST}:{self.port}"

    def confirm(self, subject: str) -> None:
        """Somebody signs in and confirms every code that is waiting."""
        for flow in self.flows.values():
            flow.subject = flow.subject or subject

    def deny(self) -> None:
        """Somebody says no."""
        for flow in self.flows.values():
            flow.denied = True

    def id_token(self, subject: str, **changed: Any) -> str:
        """An ID token about `subject`."""
        now = int(time.time())
        claims = {"iss": self.issuer, "aud": CLIENT, "sub": f"id-{subject}", "preferred_username": subject}
        claims |= {"iat": now, "exp": now + 300}  # type: ignore[dict-item]
        content = {name: value for name, value in (claims | self.claims | changed).items() if value is not None}
        return jwt.encode(content, self.signing_key or self.key, algorithm="ES256", headers={"kid": "p1"})

    def app(self) -> FastAPI:
        """What it answers."""
        app = FastAPI()

        @app.get("/.well-known/openid-configuration")
        def discovery() -> dict[str, str]:
            return {
                "issuer": self.issuer,
                "jwks_uri": f"{self.issuer}/keys",
                "token_endpoint": f"{self.issuer}/token",
                "device_authorization_endpoint": f"{self.issuer}/device",
            }

        @app.get("/keys")
        def keys() -> dict[str, Any]:
            jwk = ECAlgorithm.to_jwk(self.key.public_key(), as_dict=True)
            return {"keys": [jwk | {"kid": "p1", "use": "sig", "alg": "ES256"}]}

        @app.post("/device")
        async def device(request: Request) -> dict[str, Any]:
            form = await _form(request)
            assert (form["client_id"], "openid" in form["scope"].split()) == (CLIENT, True)
            code, user_code = secrets.token_urlsafe(16), secrets.token_hex(4).upper()
            self.flows[code] = Flow(user_code)
            page = f"{self.issuer}/activate"
            return {
                "device_code": code,
                "user_code": user_code,
                "verification_uri": page,
                "verification_uri_complete": f"{page}?code={user_code}",
                "expires_in": 60,
                "interval": 1,
            }

        @app.post("/token")
        async def token(request: Request) -> JSONResponse:
            form = await _form(request)
            assert form["grant_type"] == "urn:ietf:params:oauth:grant-type:device_code"
            device_code = form["device_code"]
            flow = self.flows.get(device_code, Flow("", denied=True))
            flow.polls += 1
            if flow.denied:
                self.flows.pop(device_code, None)
                return JSONResponse({"error": "access_denied"}, 400)
            if flow.subject is None:
                return JSONResponse({"error": "authorization_pending"}, 400)
            del self.flows[device_code]
            return JSONResponse({"id_token": self.id_token(flow.subject), "token_type": "Bearer", "access_token": "-"})

        return app


async def _form(request: Request) -> dict[str, str]:
    return dict(parse_qsl((await request.body()).decode()))


class Served:
    """An application on a port of this machine, until the block ends."""

    def __init__(self, app: FastAPI, port: int) -> None:
        self._server = uvicorn.Server(uvicorn.Config(app, host=HOST, port=port, log_level="error"))
        self._thread = threading.Thread(target=self._server.run, daemon=True)

    def __enter__(self) -> None:
        self._thread.start()
        assert eventually(lambda: self._server.started, PATIENCE)

    def __exit__(self, *_: object) -> None:
        self._server.should_exit = True
        self._thread.join(PATIENCE)
