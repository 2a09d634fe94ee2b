from __future__ import annotations

import json
import uuid
from collections.abc import Iterator

import pytest
import requests

from sandbox.kernel.signing import signed_headers
from sandbox.temporal_server import TemporalServer
from tests.integration.contract.play import EXAMPLES, play
from tests.integration.door.stage import SIGNING, door


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with TemporalServer(tmp_path_factory.mktemp("temporal")) as server, door(server) as http:
        yield str(http.base_url)


def signed(request: requests.PreparedRequest) -> None:
    body = request.body or b""
    assert isinstance(body, bytes | str)
    content = body if isinstance(body, bytes) else body.encode()
    request.headers.update(signed_headers(SIGNING, uuid.uuid4().hex, content))


def unsigned(request: requests.PreparedRequest) -> None:
    request.headers.pop("webhook-signature", None)


@pytest.mark.parametrize("sign", [signed, unsigned])
def test_the_door_answers_as_its_description_says(url: str, sign: object) -> None:
    assert callable(sign)
    assert play(url, sign, 12 * EXAMPLES) == 1


def test_every_answer_to_a_stranger_is_a_problem_without_a_trace(url: str) -> None:
    for body in (b"", b"{", b"\x00\xff", json.dumps({"id": "x" * 60_000}).encode(), b"[" * 60_000):
        answer = requests.post(f"{url}/v1/events", data=body, timeout=30)
        assert 400 <= answer.status_code < 500
        assert answer.headers["content-type"] == "application/problem+json"
        assert "Traceback" not in answer.text
        assert ".py" not in answer.text
