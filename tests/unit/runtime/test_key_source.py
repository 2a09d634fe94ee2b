"""A key set that is down, slow, garbage, and back: what was good counts for a quarter of an hour, then nothing."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from domain.keys import KeySet, KeySetError, KeysUnavailable, PublicKey
from runtime.approvals.private_keys import PrivateKey
from runtime.development_keys import development_public_key
from runtime.key_source import KeySource, from_file, from_url

CARLA, CONRAD = (PrivateKey.new(name, 0).public for name in ("carla", "conrad"))
MINUTE = 60.0


def jwks(*keys: PublicKey) -> str:
    return json.dumps(KeySet.of(keys).document)


@dataclass
class Place:
    """Where a key set comes from, and the time."""

    text: str | Exception = field(default_factory=lambda: jwks(CARLA))
    now: float = 0.0
    asked: int = 0

    async def read(self) -> str:
        self.asked += 1
        if isinstance(self.text, Exception):
            raise self.text
        return self.text

    def source(self, reload_after: float = 30) -> KeySource:
        return KeySource(self.read, timedelta(seconds=reload_after), "here", lambda: self.now)


async def test_it_is_read_once_and_again_when_its_time_is_over() -> None:
    place = Place()
    source = place.source()
    assert (await source()).key(CARLA.kid) == CARLA
    assert (await source(CARLA.kid), place.asked) == (await source(), 1)
    place.text, place.now = jwks(CARLA, CONRAD), 31
    assert (await source()).key(CONRAD.kid) == CONRAD


async def test_a_key_that_is_not_known_is_looked_for_but_not_at_every_asking() -> None:
    place = Place()
    source = place.source()
    await source()
    place.text, place.now = jwks(CARLA, CONRAD), 6
    assert (await source(CONRAD.kid)).key(CONRAD.kid) == CONRAD
    for _ in range(1000):
        await source("a stranger's")
    assert place.asked == 2


async def test_a_revocation_counts_from_the_next_reading_on() -> None:
    place = Place()
    source = place.source()
    await source()
    place.text, place.now = jwks(CARLA.model_copy(update={"revoked_at": 7})), 31
    found = (await source()).key(CARLA.kid)
    assert found is not None
    assert found.revoked_at == 7


TROUBLES: dict[str, str | Exception] = {
    "down": httpx.ConnectError("refused"),
    "slow": TimeoutError(),
    "gone": FileNotFoundError("no such file"),
    "garbage": "<html>",
    "deep garbage": "[" * 200_000,
    "another document": '{"values": []}',
    "a private key": json.dumps({"keys": [CARLA.model_dump() | {"d": "secret"}]}),
    "a key twice": json.dumps({"keys": [CARLA.model_dump(), CARLA.model_dump()]}),
    "no key at all": json.dumps({"keys": [{"kty": "RSA", "kid": "a", "sub": "carla"}]}),
    "half a key": json.dumps({"keys": [CARLA.model_dump() | {"x": "AAAA"}]}),
    "a development key": jwks(CARLA, development_public_key("conrad")),
    "too much": " " * 1_000_001,
}


@pytest.mark.parametrize("trouble", TROUBLES.values(), ids=TROUBLES)
async def test_what_was_good_counts_for_a_quarter_of_an_hour_then_nothing_and_it_recovers(
    trouble: str | Exception,
) -> None:
    place = Place()
    source = place.source()
    await source()
    place.text = trouble
    for minutes in (1, 5, 14, 15):
        place.now = minutes * MINUTE
        assert (await source(CARLA.kid)).key(CARLA.kid) == CARLA
    place.now = 15 * MINUTE + 1
    with pytest.raises(KeysUnavailable, match="cannot be read from here"):
        await source(CARLA.kid)
    place.text, place.now = jwks(CARLA), 16 * MINUTE
    assert (await source(CARLA.kid)).key(CARLA.kid) == CARLA


async def test_what_was_never_read_is_not_available_and_is_not_asked_for_all_the_time() -> None:
    place = Place(text=TROUBLES["down"])
    source = place.source()
    for _ in range(50):
        with pytest.raises(KeysUnavailable):
            await source()
    assert place.asked == 1


async def test_while_somebody_looks_others_go_on_with_what_is_known() -> None:
    place, looking, go_on = Place(), asyncio.Event(), asyncio.Event()

    async def slow() -> str:
        if place.asked:
            looking.set()
            await go_on.wait()
        return await place.read()

    source = KeySource(slow, timedelta(seconds=30), "here", lambda: place.now)
    await source()
    place.now = 31
    waiting = asyncio.create_task(source())
    await looking.wait()
    assert (await asyncio.wait_for(source(CARLA.kid), 20)).key(CARLA.kid) == CARLA
    go_on.set()
    assert (await waiting).key(CARLA.kid) == CARLA


async def test_a_file_is_read(tmp_path: Path) -> None:
    file = tmp_path / "keys.json"
    file.write_text(jwks(CARLA))
    source = KeySource(from_file(file), timedelta(seconds=2), str(file))
    assert (await source()).digest == KeySet.of((CARLA,)).digest


@pytest.fixture
async def server() -> AsyncIterator[tuple[str, dict[str, bytes]]]:
    """A server of bytes: what it answers is what the test puts there."""
    answers = {"answer": b""}

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(answers["answer"])
        await writer.drain()
        if answers["answer"].endswith(b"\n"):
            await reader.read()
        writer.close()

    listening = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with listening:
        yield f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}/keys", answers


def http(status: str, body: bytes) -> bytes:
    return f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n".encode() + body


async def test_a_url_is_read_and_what_is_no_answer_is_none(
    server: tuple[str, dict[str, bytes]], monkeypatch: pytest.MonkeyPatch
) -> None:
    url, answers = server
    monkeypatch.setattr("runtime.key_source._ANSWER_WITHIN", 60.0)
    async with httpx.AsyncClient(trust_env=False, timeout=60) as client:
        read = from_url(client, url)
        answers["answer"] = http("200 OK", jwks(CARLA).encode())
        assert json.loads(await read())["keys"][0]["kid"] == CARLA.kid
        for wrong, error in (
            (http("500 Oh", b""), httpx.HTTPStatusError),
            (http("302 Found", b""), httpx.HTTPStatusError),
            (http("200 OK", b"\xff"), UnicodeDecodeError),
            (http("200 OK", b" " * 1_000_001), KeySetError),
            (b"SMTP ready", httpx.RemoteProtocolError),
        ):
            answers["answer"] = wrong
            with pytest.raises(error):
                await read()
        monkeypatch.setattr("runtime.key_source._ANSWER_WITHIN", 0.2)
        answers["answer"] = b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n"
        with pytest.raises(TimeoutError):
            await read()
