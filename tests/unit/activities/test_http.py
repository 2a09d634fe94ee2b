from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import httpx
import pytest
from pydantic import SecretStr

from activities.connectors.errors import SystemCallFailed
from activities.connectors.http import CallContext, SystemClient
from activities.connectors.settings import System
from domain.exception_types import IntegrationErrorKind as Kind
from domain.facts.account import Account
from tests.unit.activities.system import SmallSystem

CONTEXT = CallContext(order_id="SO-1", operation="crm.account", correlation_id="acme/SO-1:5:1")
ACCOUNT = {"customer_id": "C-1", "segment": "A", "version": "4"}
Answer = Callable[[httpx.Request], httpx.Response]


class Answers:
    """Answers one request after the other, and keeps them."""

    def __init__(self, *answers: httpx.Response | Exception) -> None:
        self.requests: list[httpx.Request] = []
        self._answers = list(answers)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        answer = self._answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


def client(answers: Answer) -> SystemClient:
    system = System(url="http://crm.test/api", token=SecretStr("s3cret"))
    return SystemClient("crm", system, httpx.MockTransport(answers))


async def read(answers: Answer) -> Account:
    return await client(answers).read(CONTEXT, "/v1/accounts/C-1", Account)


async def write(answers: Answer) -> Account:
    return await client(answers).write(CONTEXT, "/v1/accounts", Account, {"a": 1}, key="hf-1", if_match='"v3"')


async def failure_of(answers: Answer, call: Callable[[Answer], object] = read) -> SystemCallFailed:
    with pytest.raises(SystemCallFailed) as caught:
        await call(answers)  # type: ignore[misc]
    return caught.value


async def test_a_read_says_who_asks_and_what_for() -> None:
    answers = Answers(httpx.Response(200, json=ACCOUNT))
    account = await read(answers)
    assert account == Account(customer_id="C-1", segment="A", version="4")
    (request,) = answers.requests
    assert request.url == "http://crm.test/api/v1/accounts/C-1"
    assert request.headers["Authorization"] == "Bearer s3cret"
    assert request.headers["X-Correlation-Id"] == "acme/SO-1:5:1"
    assert "Idempotency-Key" not in request.headers


async def test_a_write_carries_its_key_and_the_version_it_rests_on() -> None:
    answers = Answers(httpx.Response(201, json=ACCOUNT))
    await write(answers)
    (request,) = answers.requests
    assert request.headers["Idempotency-Key"] == "hf-1"
    assert request.headers["If-Match"] == '"v3"'


@pytest.mark.parametrize("blip", [httpx.ConnectError("refused"), httpx.RemoteProtocolError("dropped")])
async def test_a_read_survives_one_blip(blip: Exception) -> None:
    answers = Answers(blip, httpx.Response(200, json=ACCOUNT))
    assert (await read(answers)).segment == "A"
    assert len(answers.requests) == 2


async def test_a_read_is_sent_twice_at_most() -> None:
    answers = Answers(httpx.ConnectError("refused"), httpx.ConnectError("refused"))
    failure = await failure_of(answers)
    assert failure.kind is Kind.TRANSIENT
    assert len(answers.requests) == 2


@pytest.mark.parametrize(
    ("blip", "kind"),
    [
        (httpx.ConnectError("refused"), Kind.TRANSIENT),
        (httpx.RemoteProtocolError("dropped"), Kind.UNKNOWN_OUTCOME),
        (httpx.ReadTimeout("slow"), Kind.UNKNOWN_OUTCOME),
    ],
)
async def test_a_write_is_sent_once(blip: Exception, kind: Kind) -> None:
    answers = Answers(blip)
    assert (await failure_of(answers, write)).kind is kind
    assert len(answers.requests) == 1


async def test_a_slow_read_is_not_repeated_here() -> None:
    answers = Answers(httpx.ReadTimeout("slow"))
    assert (await failure_of(answers)).kind is Kind.TRANSIENT


async def test_a_system_that_does_not_answer_is_given_up_after_its_time(system: SmallSystem) -> None:
    """On a real connection, over which nothing comes: a slower machine changes nothing."""
    system.bad_days["GET"] = ["hang"]
    hasty = SystemClient("crm", System(url=system.url, answer_within=timedelta(seconds=0.2)))
    with pytest.raises(SystemCallFailed, match="ReadTimeout") as caught:
        await hasty.read(CONTEXT, "/v1/accounts/C-1", Account)
    assert caught.value.kind is Kind.TRANSIENT


async def test_gibberish_passes_but_an_answer_of_another_shape_does_not() -> None:
    assert (await failure_of(Answers(httpx.Response(200, content=b'{"items": ["<html>')))).kind is Kind.TRANSIENT
    failure = await failure_of(Answers(httpx.Response(200, json={**ACCOUNT, "segment": "jane@private.example"})))
    assert failure.kind is Kind.POISON
    assert "segment" in failure.message
    assert "jane" not in failure.message
    assert failure.__cause__ is None


async def test_a_write_answered_with_gibberish_may_have_happened() -> None:
    assert (await failure_of(Answers(httpx.Response(201, content=b"<html>")), write)).kind is Kind.UNKNOWN_OUTCOME
    assert (await failure_of(Answers(httpx.Response(201, json={})), write)).kind is Kind.UNKNOWN_OUTCOME


async def test_a_refusal_keeps_what_a_program_and_a_person_need_and_nothing_personal() -> None:
    problem = {"code": "try_later", "title": "Too\x1b[31m busy", "detail": "jane@private.example is locked"}
    answers = Answers(httpx.Response(429, json=problem, headers={"Retry-After": "7"}))
    failure = await failure_of(answers)
    assert failure.retry_after == timedelta(seconds=7)
    assert "429 try_later Too[31m busy" in failure.message
    assert "jane" not in failure.message
    assert "s3cret" not in failure.message
