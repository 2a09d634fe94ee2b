from __future__ import annotations

import json
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from sandbox.temporal_server import TemporalServer
from tests.integration.door.stage import PATIENCE, ROOT, SAID_WITHIN, an_order, door, environment_for, event


def test_the_webhook_takes_an_event_once(http: httpx.Client) -> None:
    content = event(order_id=an_order())

    first, second = (http.post("/v1/events", json=content) for _ in range(2))

    assert (first.status_code, first.json()["disposition"]) == (202, "accepted")
    assert (second.status_code, second.json()["disposition"]) == (200, "duplicate")
    assert first.json()["cases"] == second.json()["cases"]


def test_the_webhook_takes_the_media_type_of_cloudevents(http: httpx.Client) -> None:
    body = json.dumps(event(order_id=an_order())).encode()
    answer = http.post(
        "/v1/events", content=body, headers={"Content-Type": "application/cloudevents+json; charset=utf-8"}
    )
    assert answer.status_code == 202


JSON = {"Content-Type": "application/json"}


@pytest.mark.parametrize(
    ("body", "headers", "status", "code"),
    [
        (b"{", JSON, 400, "not_json"),
        (b"", JSON, 400, "not_json"),
        (b"\xff\xfe", JSON, 400, "not_json"),
        (b'{"id": "\\ud800"}', JSON, 400, "not_json"),
        (b"[" * 60_000, JSON, 400, "not_json"),
        (b"null", JSON, 422, "invalid_event"),
        (b"[]", JSON, 422, "invalid_event"),
        (b'{"specversion": "1.0"}', JSON, 422, "invalid_event"),
        (json.dumps(event(order_id="x' OR 'a'='a")).encode(), JSON, 422, "invalid_event"),
        (json.dumps(event(order_id="SO-1\u0000")).encode(), JSON, 422, "invalid_event"),
        (json.dumps(event(order_id="\u202eSO-1")).encode(), JSON, 422, "invalid_event"),
        (json.dumps(event(order_id="S" * 1001)).encode(), JSON, 422, "invalid_event"),
        (json.dumps(event(order_id="SO-1", colour="red")).encode(), JSON, 422, "invalid_event"),
        (json.dumps(event("made_up", order_id="SO-1")).encode(), JSON, 422, "invalid_event"),
        (json.dumps(event(order_id="SO-1", order_version=10**400)).encode(), JSON, 422, "invalid_event"),
        (json.dumps(event("order_changed")).encode(), JSON, 422, "undeliverable"),
        (b"a" * 65_537, JSON, 413, "too_large"),
        (b"a" * 5_000_000, JSON, 413, "too_large"),
        (b"{}", {"Content-Type": "text/plain"}, 415, "unsupported_media_type"),
        (b"{}", {}, 415, "unsupported_media_type"),
        (b"{}", JSON | {"Content-Encoding": "gzip"}, 415, "unsupported_media_type"),
        (b"{}", JSON | {"Authorization": "Bearer wrong"}, 401, "unauthenticated"),
        (b"{}", JSON | {"Authorization": "Bearer \u00e4".encode()}, 401, "unauthenticated"),
        (b"{}", JSON | {"Authorization": "Basic eDp5"}, 401, "unauthenticated"),
    ],
)
def test_the_webhook_refuses_with_a_reason_and_never_with_an_error_of_its_own(
    http: httpx.Client, body: bytes, headers: dict[str, Any], status: int, code: str
) -> None:
    answer = http.post("/v1/events", content=body, headers=headers)

    assert answer.headers["content-type"] == "application/problem+json"
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.json()["correlation_id"]


def test_a_refusal_says_where_the_fault_is_and_repeats_nothing(http: httpx.Client) -> None:
    answer = http.post("/v1/events", json=event(order_id="Jane Doe's order"))

    assert [fault["pointer"] for fault in answer.json()["errors"]] == ["/data/order_id"]
    assert "Jane" not in answer.text


def test_a_body_that_grows_beyond_the_limit_is_cut_off(http: httpx.Client) -> None:
    def endless() -> Iterator[bytes]:
        for _ in range(200):
            yield b" " * 1024

    assert http.post("/v1/events", content=endless(), headers=JSON).status_code == 413


def test_an_unknown_path_is_a_problem_too(http: httpx.Client) -> None:
    assert http.get("/v1/nothing").headers["content-type"] == "application/problem+json"
    assert http.delete("/v1/events").status_code == 405


def test_the_description_of_the_door_has_the_event(http: httpx.Client) -> None:
    document = http.get("/openapi.json").json()

    body = document["paths"]["/v1/events"]["post"]["requestBody"]
    assert body["content"]["application/cloudevents+json"]["schema"]["$ref"] == "#/components/schemas/CloudEvent"
    text = json.dumps(document)
    references = {part.split('"')[0] for part in text.split('"#/components/schemas/')[1:]}
    assert references <= document["components"]["schemas"].keys()
    page = http.get("/docs").text
    sources = re.findall(r'(?:src|href)="([^"]+)"', page)
    assert sources
    assert all(source.startswith("/") for source in sources), "the page needs the outside world"
    assert all(http.get(source).is_success for source in sources)
    assert http.get("/openapi.json").json() == document


def test_with_temporal_down_the_webhook_asks_to_come_back_and_then_takes_the_event(tmp_path: Path) -> None:
    server = TemporalServer(tmp_path)
    with door(server) as http:
        content = event(order_id=an_order())
        started = time.monotonic()
        refused = http.post("/v1/events", json=content)
        assert time.monotonic() - started < SAID_WITHIN
        assert (refused.status_code, refused.json()["code"]) == (503, "temporal_unavailable")
        assert refused.json()["retryable"]
        assert int(refused.headers["Retry-After"]) > 0
        not_ready = http.get("/readyz")
        assert (not_ready.status_code, not_ready.json()["wrong"]) == (503, {"temporal": "does not answer"})
        assert (alive := http.get("/healthz")).status_code == 200
        assert alive.json()["wrong"] == not_ready.json()["wrong"]
        with server:
            deadline = time.monotonic() + PATIENCE
            while (answer := http.post("/v1/events", json=content)).status_code == 503:
                assert time.monotonic() < deadline
            assert (answer.status_code, answer.json()["disposition"]) == (202, "accepted")
            assert http.get("/readyz").status_code == 200


def test_the_door_does_not_open_without_a_token(temporal: TemporalServer) -> None:
    done = subprocess.run(
        [sys.executable, "starter.py", "serve"],
        cwd=ROOT,
        env=environment_for(temporal),
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert done.returncode == 2
    assert "door.token" in done.stderr
