"""Signed messages at the door: who may send, what a copy does, and what is refused before it is read."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from runtime.signatures import signature, signing_key
from sandbox.kernel.signing import new_secret, signed_headers
from sandbox.temporal_server import TemporalServer
from tests.integration.door.stage import NEXT_SIGNING, SIGNING, an_order, door, event

JSON = {"Content-Type": "application/json"}


@pytest.fixture(scope="module")
def strangers(http: httpx.Client) -> Iterator[httpx.Client]:
    """A client without a token."""
    with httpx.Client(base_url=http.base_url, timeout=15) as client:
        yield client


def body_of(content: dict[str, Any]) -> bytes:
    return json.dumps(content).encode()


def send(http: httpx.Client, body: bytes, message_id: str, secret: str = SIGNING) -> httpx.Response:
    return http.post("/v1/events", content=body, headers=JSON | signed_headers(secret, message_id, body))


def refusal(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


@pytest.mark.parametrize("secret", [SIGNING, NEXT_SIGNING], ids=["now", "next"])
def test_a_message_signed_by_either_live_secret_is_taken(strangers: httpx.Client, secret: str) -> None:
    assert send(strangers, body_of(event(order_id=an_order())), uuid.uuid4().hex, secret).status_code == 202


def test_the_same_message_again_is_answered_with_its_cases_and_another_body_is_a_conflict(
    strangers: httpx.Client,
) -> None:
    body, message_id = body_of(event(order_id=an_order())), uuid.uuid4().hex
    first, again = send(strangers, body, message_id), send(strangers, body, message_id)
    assert (first.status_code, again.status_code) == (202, 200)
    assert again.json() == {"disposition": "duplicate", "cases": first.json()["cases"]}
    other = body_of(event(order_id=an_order()))
    assert refusal(send(strangers, other, message_id)) == (409, "message_id_reused")


def test_a_message_that_was_refused_may_be_corrected_under_its_id(strangers: httpx.Client) -> None:
    message_id = uuid.uuid4().hex
    assert send(strangers, b"{}", message_id).status_code == 422
    assert send(strangers, body_of(event(order_id=an_order())), message_id).status_code == 202


def test_a_replay_after_five_minutes_is_refused(strangers: httpx.Client) -> None:
    body, timestamp = body_of(event(order_id=an_order())), str(int(time.time()) - 301)
    headers = {
        "webhook-id": "old",
        "webhook-timestamp": timestamp,
        "webhook-signature": signature(signing_key(SIGNING), "old", timestamp, body),
    }
    assert refusal(strangers.post("/v1/events", content=body, headers=JSON | headers)) == (401, "unauthenticated")


def test_a_secret_that_is_not_the_doors_opens_nothing_even_with_a_token(http: httpx.Client) -> None:
    body = body_of(event(order_id=an_order()))
    assert refusal(send(http, body, "m", new_secret())) == (401, "unauthenticated")


@pytest.mark.parametrize("size", [65_537, 2_200_000, 5_000_000])
def test_what_is_too_large_for_temporal_is_refused_at_the_door(strangers: httpx.Client, size: int) -> None:
    body = body_of(event(order_id=an_order(), detail="x" * size))
    assert refusal(send(strangers, body, uuid.uuid4().hex)) == (413, "too_large")


WEIRD = [
    "SO-1' OR 'a'='a",
    'SO-1"',
    "SO\\1",
    "SO-1\x00",
    "SO-1\nSO-2",
    "\u202eSO-1",
    "SO-\U0001f600",
    "\x1b[31mSO-1",
    "S" * 1001,
    "../SO-1",
    "",
    " ",
]


@pytest.mark.parametrize("name", ["order_id", "tenant", "customer_id", "item", "warehouse"])
@pytest.mark.parametrize("value", WEIRD)
def test_an_id_that_could_be_taken_for_something_else_never_gets_in(
    strangers: httpx.Client, name: str, value: str
) -> None:
    content = event(order_id=an_order())
    content["data"][name] = value
    answer = send(strangers, body_of(content), uuid.uuid4().hex)
    assert refusal(answer) == (422, "invalid_event")
    assert not value.strip() or value not in answer.text


@pytest.mark.parametrize("value", WEIRD)
def test_ids_of_events_may_be_anything_short_and_make_one_case(strangers: httpx.Client, value: str) -> None:
    content = event(order_id=an_order(), id=value + uuid.uuid4().hex)
    answers = [send(strangers, body_of(content), uuid.uuid4().hex) for _ in range(2)]
    expected = [422, 422] if len(value) > 200 else [202, 200]
    assert [answer.status_code for answer in answers] == expected


def test_a_sender_that_sends_too_much_is_told_when_to_come_back(temporal: TemporalServer) -> None:
    with door(temporal, {"HOLDFAST_DOOR__RATE": "1"}) as slow:
        with ThreadPoolExecutor(30) as at_once:
            answers = [*at_once.map(lambda _: send(slow, b"{}", uuid.uuid4().hex), range(60))]
        refused = [answer for answer in answers if answer.status_code == 429]
        assert refused
        assert {refusal(answer) for answer in refused} == {(429, "too_many")}
        assert all(int(answer.headers["Retry-After"]) >= 1 and answer.json()["retryable"] for answer in refused)
        assert slow.post("/v1/events", content=b"{}", headers=JSON).status_code == 422, "another sender waits too"
