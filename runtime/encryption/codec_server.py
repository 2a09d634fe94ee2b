"""The codec server: the Temporal UI and CLI ask it to decrypt what a case says, for people who may see it.

It decrypts only. Encrypting would need the workflow's id, which neither of them tells. Programs show a bearer token;
a browser shows the token once and gets a cookie, which the UI sends along (its setting "include cross-origin
credentials"). The pages of one origin may ask, the Temporal UI's.
"""

from __future__ import annotations

import hmac
import json
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from urllib.parse import parse_qs

from fastapi import Depends, FastAPI, Request, Response
from fastapi.middleware.cors import CORSMiddleware
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse
from google.protobuf.json_format import MessageToDict, Parse, ParseError
from itsdangerous import BadData, URLSafeTimedSerializer
from temporalio.api.common.v1 import Payload, Payloads

from runtime.encryption.codec import ENCODING, Cipher, Unreadable, is_encrypted, tombstone, why_unreadable
from runtime.encryption.keyring import Keyring
from runtime.problems import Problem, install_problems
from runtime.request_body import BodyIncomplete, BodyTooLarge, read_body
from runtime.settings import CodecServerSettings

COOKIE = "holdfast_codec"
_BODY_LIMIT = 16 * 1024 * 1024
_FORM_LIMIT = 4096
_PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><title>Holdfast codec server</title>
<style>body{{font:16px system-ui;max-width:30rem;margin:3rem auto;padding:0 1rem}}</style>
<h1>Decrypting for the Temporal UI</h1><p>{text}</p>
<form method="post" action="/"><label>Token <input name="token" type="password" autocomplete="off" required></label>
<button>Let this browser in</button></form></html>"""
_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}


def build_codec_server(keyring: Keyring, namespace: str, settings: CodecServerSettings) -> FastAPI:
    """The application, for one namespace."""
    app = FastAPI(title="Holdfast codec server", openapi_url=None)
    access = _Access(settings)
    install_problems(app)
    _add_decoding(app, Cipher(keyring, namespace), namespace, access)
    _add_entrance(app, access)
    _keep_out_other_pages(app, settings.ui_origin)
    app.add_middleware(
        CORSMiddleware,
        allow_origins=[settings.ui_origin],
        allow_methods=["POST"],
        allow_headers=["content-type", "x-namespace", "authorization"],
        allow_credentials=True,
        max_age=600,
    )
    return app


class _Access:
    """Who may ask: holders of a token, and browsers that have shown one."""

    def __init__(self, settings: CodecServerSettings) -> None:
        self._tokens = settings.tokens
        self.seconds = int(settings.cookie_for.total_seconds())
        # signed by the tokens: when the one that was shown is taken away, so is the cookie
        self._serializers = [URLSafeTimedSerializer(token, salt=COOKIE) for token in self._tokens]

    def place_of(self, token: str) -> int | None:
        """Which of the tokens it is, in a time that does not tell how much of it was right."""
        found = [
            number for number, known in enumerate(self._tokens) if hmac.compare_digest(token.encode(), known.encode())
        ]
        return found[0] if found else None

    def cookie(self, place: int) -> str:
        """What a browser keeps that has shown the token at `place`."""
        return str(self._serializers[place].dumps("let in"))

    def admits(self, request: Request) -> bool:
        """Whether the request carries a token or a cookie that counts."""
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() == "bearer" and self.place_of(token) is not None:
            return True
        return any(self._knows(serializer, request.cookies.get(COOKIE, "")) for serializer in self._serializers)

    def _knows(self, serializer: URLSafeTimedSerializer, cookie: str) -> bool:
        try:
            serializer.loads(cookie, max_age=self.seconds)
        except BadData:
            return False
        return True


def _add_decoding(app: FastAPI, cipher: Cipher, namespace: str, access: _Access) -> None:
    def admitted(request: Request) -> None:
        if not access.admits(request):
            raise Problem(HTTPStatus.UNAUTHORIZED, "unauthenticated", "send a token of this server, or open / once")

    @app.post("/decode", dependencies=[Depends(admitted)])
    async def decode(request: Request) -> Response:
        """The payloads, readable; one that cannot be read says why in its place."""
        if request.headers.get("x-namespace", namespace) != namespace:
            raise Problem(HTTPStatus.NOT_FOUND, "unknown_namespace", f"this server has the keys of {namespace}")
        opened = Payloads(payloads=[_opened(cipher, payload) for payload in (await _sent(request)).payloads])
        return JSONResponse(MessageToDict(opened), headers=_HEADERS)

    @app.get("/healthz")
    async def alive() -> dict[str, str]:
        return {"status": "alive"}


def _add_entrance(app: FastAPI, access: _Access) -> None:
    @app.get("/")
    async def page(request: Request) -> Response:
        text = (
            "This browser may ask."
            if access.admits(request)
            else "Show the token once; then the Temporal UI can be read."
        )
        return HTMLResponse(_PAGE.format(text=text), headers=_HEADERS)

    @app.post("/")
    async def enter(request: Request) -> Response:
        form = parse_qs((await _body(request, _FORM_LIMIT)).decode("ascii", "replace"))
        place = access.place_of(form.get("token", [""])[0])
        if place is None:
            return HTMLResponse(_PAGE.format(text="That is no token."), HTTPStatus.UNAUTHORIZED, _HEADERS)
        answer = RedirectResponse("/", HTTPStatus.SEE_OTHER, _HEADERS)
        secure = request.url.scheme == "https" or request.headers.get("x-forwarded-proto") == "https"
        answer.set_cookie(
            COOKIE, access.cookie(place), max_age=access.seconds, httponly=True, samesite="strict", secure=secure
        )
        return answer


def _keep_out_other_pages(app: FastAPI, ui_origin: str) -> None:
    """CORS keeps other pages from reading an answer; this keeps them from asking."""

    @app.middleware("http")
    async def same_origin(request: Request, go_on: Callable[[Request], Awaitable[Response]]) -> Response:
        origin = request.headers.get("origin")
        own = f"{request.url.scheme}://{request.headers.get('host', '')}"
        if origin in (None, ui_origin, own, own.replace("http://", "https://", 1)):
            return await go_on(request)
        return Problem(HTTPStatus.FORBIDDEN, "foreign_origin", "pages of this origin may not ask").answer()


async def _sent(request: Request) -> Payloads:
    try:
        return Parse(await _body(request, _BODY_LIMIT), Payloads(), max_recursion_depth=10)
    except (ParseError, UnicodeDecodeError, RecursionError, ValueError) as error:
        raise Problem(HTTPStatus.BAD_REQUEST, "not_payloads", "send payloads as Temporal does") from error


async def _body(request: Request, limit: int) -> bytes:
    try:
        return await read_body(request, limit)
    except BodyTooLarge as error:
        raise Problem(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "too_large", f"at most {limit} bytes") from error
    except BodyIncomplete as error:
        raise Problem(HTTPStatus.REQUEST_TIMEOUT, "incomplete", "the body did not arrive") from error


def _opened(cipher: Cipher, payload: Payload) -> Payload:
    if not is_encrypted(payload):
        return payload
    try:
        return cipher.open(payload)
    except Unreadable as unreadable:
        why = why_unreadable(tombstone(unreadable.fault, payload))
        return Payload(metadata={ENCODING: b"json/plain"}, data=json.dumps(f"cannot be decrypted: {why}").encode())
