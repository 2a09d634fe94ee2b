from __future__ import annotations

import asyncio
import json

import pytest
from fastapi.testclient import TestClient
from google.protobuf.json_format import MessageToDict, ParseDict
from httpx import Response
from pydantic import SecretStr
from temporalio.api.common.v1 import Payload, Payloads
from temporalio.converter import WorkflowSerializationContext

from runtime.encryption.codec import EncryptionCodec
from runtime.encryption.codec_server import COOKIE, build_codec_server
from runtime.encryption.keyring import Keyring, new_key
from runtime.settings import CodecServerSettings

UI = "https://temporal.example.com"
TOKEN, NEXT = "the-token-of-the-codec", "the-next-token-of-the-codec"
KEYS = Keyring.parse(new_key("ours"))
CASE = WorkflowSerializationContext(namespace="acme", workflow_id="order-exception/acme/SO-1")
PLAIN = Payload(metadata={"encoding": b"json/plain"}, data=b'"Zelda"')
BEARER = {"Authorization": f"Bearer {TOKEN}", "X-Namespace": "acme"}


def server(*tokens: str) -> TestClient:
    settings = CodecServerSettings(token=SecretStr(" ".join(tokens or (TOKEN, NEXT))), ui_origin=UI)
    return TestClient(build_codec_server(KEYS, "acme", settings), base_url="https://codec.example.com")


def sealed(keys: Keyring = KEYS) -> Payload:
    codec = EncryptionCodec(keys, "acme", accept_plain=True).with_context(CASE)
    return asyncio.run(codec.encode([PLAIN]))[0]


def ask(http: TestClient, *payloads: Payload, **headers: str) -> Response:
    body = MessageToDict(Payloads(payloads=payloads))
    response: Response = http.post("/decode", json=body, headers=headers)
    return response


def answered(response: Response) -> list[Payload]:
    assert response.status_code == 200, response.text
    return list(ParseDict(response.json(), Payloads()).payloads)


def test_a_program_with_a_token_reads_payloads_of_any_workflow() -> None:
    http = server()
    assert answered(ask(http, sealed(), PLAIN, **BEARER)) == [PLAIN, PLAIN]
    assert answered(ask(http, sealed(), **BEARER | {"Authorization": f"bearer {NEXT}"})) == [PLAIN]


def test_a_payload_of_an_unknown_key_says_so_in_its_place_and_the_others_are_read() -> None:
    strange = sealed(Keyring.parse(new_key("theirs")))
    first, second = answered(ask(server(), strange, sealed(), **BEARER))
    assert json.loads(first.data) == "cannot be decrypted: unknown key"
    assert second == PLAIN


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer wrong", f"Basic {TOKEN}", f"Bearer {TOKEN}x"])
def test_nobody_reads_without_a_token(header: str) -> None:
    response = ask(server(), sealed(), Authorization=header)
    assert response.status_code == 401
    assert "Zelda" not in response.text


def test_a_browser_shows_the_token_once_and_is_let_in_by_its_cookie() -> None:
    http = server()
    assert http.post("/", data={"token": "wrong"}).status_code == 401
    entered = http.post("/", data={"token": TOKEN}, follow_redirects=False)
    assert entered.status_code == 303
    cookie = entered.headers["set-cookie"]
    for flag in ("HttpOnly", "Secure", "SameSite=strict", "Max-Age=28800"):
        assert flag in cookie
    assert TOKEN not in cookie
    assert answered(ask(http, sealed(), Origin=UI)) == [PLAIN]
    assert "This browser may ask." in http.get("/").text


def test_a_cookie_is_good_as_long_as_the_token_that_made_it() -> None:
    http = server()
    http.post("/", data={"token": TOKEN})
    after = server(NEXT)
    after.cookies.set(COOKIE, http.cookies[COOKIE])
    assert ask(after, sealed()).status_code == 401


@pytest.mark.parametrize("cookie", ["", "x", "let in", "ImxldCBpbiI.aSl5Bg.forged"])
def test_a_cookie_that_was_made_up_lets_nobody_in(cookie: str) -> None:
    http = server()
    http.cookies.set(COOKIE, cookie)
    assert ask(http, sealed()).status_code == 401


def test_only_the_uis_pages_may_ask() -> None:
    http = server()
    allowed = http.options(
        "/decode",
        headers={
            "Origin": UI,
            "Access-Control-Request-Method": "POST",
            "Access-Control-Request-Headers": "content-type,x-namespace",
        },
    )
    assert allowed.headers["access-control-allow-origin"] == UI
    assert allowed.headers["access-control-allow-credentials"] == "true"
    assert ask(http, sealed(), **BEARER, Origin=UI).headers["access-control-allow-origin"] == UI
    for origin in (
        "https://evil.example.com",
        "null",
        "https://temporal.example.com.evil.example",
        "http://temporal.example.com",
    ):
        refused = ask(http, sealed(), **BEARER, Origin=origin)
        assert refused.status_code == 403
        assert "access-control-allow-origin" not in refused.headers
        preflight = http.options("/decode", headers={"Origin": origin, "Access-Control-Request-Method": "POST"})
        assert "access-control-allow-origin" not in preflight.headers


@pytest.mark.parametrize("body", [b"", b"{", b'{"payloads": 7}', b"\xff", b"[" * 99_999])
def test_what_are_no_payloads_is_refused(body: bytes) -> None:
    assert server().post("/decode", content=body, headers=BEARER).status_code == 400


def test_another_namespaces_payloads_are_not_for_this_server() -> None:
    assert ask(server(), sealed(), **BEARER | {"X-Namespace": "other"}).status_code == 404


def test_answers_are_kept_by_nobody() -> None:
    assert ask(server(), sealed(), **BEARER).headers["cache-control"] == "no-store"


def test_it_encrypts_nothing() -> None:
    assert server().post("/encode", json={"payloads": []}, headers=BEARER).status_code == 404
