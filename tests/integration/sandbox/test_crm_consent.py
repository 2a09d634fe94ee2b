from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from domain.facts.consent import CustomerAnswers
from sandbox.crm.service import build
from sandbox.kernel import Settings, in_thread
from tests.integration.sandbox.desk import TOKENS, Desk

REQUESTS = "/v1/consent-requests"


def question(reference: str = "r-1", seconds: float = 3600, **more: Any) -> dict[str, Any]:
    return {
        "reference": reference,
        "order_id": "SO-1",
        "customer_id": "C-1",
        "po_number": "PO-1",
        "question": "inventory_split",
        "subject": "May it come in parts?",
        "text": "We have most of it.",
        "choices": [{"choice": "AGREE", "label": "Yes"}, {"choice": "DECLINE", "label": "No"}],
        "answer_by": (datetime.now(UTC) + timedelta(seconds=seconds)).isoformat(),
    } | more


@pytest.fixture
def url() -> Iterator[str]:
    with in_thread(build(Settings(tokens=TOKENS))) as url:
        yield url


@pytest.fixture
def desk(url: str) -> Desk:
    return Desk(url)


def answer(desk: Desk, request: dict[str, Any], choice: str) -> tuple[int, dict[str, Any]]:
    response = desk.post(f"{REQUESTS}/{request['id']}/answer", {"choice": choice})
    return response.status_code, response.json()


def answers(desk: Desk) -> CustomerAnswers:
    return CustomerAnswers.model_validate(desk.seen("/v1/customer-answers", order_id="SO-1"))


def test_a_question_is_registered_once_and_told_with_the_order(desk: Desk) -> None:
    made = desk.made(REQUESTS, question())
    assert desk.post(REQUESTS, question()).status_code == 409
    (asked,) = answers(desk).answers
    assert (made["state"], asked.question, asked.choice, asked.answered_at) == ("OPEN", "inventory_split", None, None)
    assert not CustomerAnswers.model_validate(desk.seen("/v1/customer-answers", order_id="SO-2")).answers


def test_the_first_answer_counts_and_the_second_is_told_what_it_was(desk: Desk) -> None:
    made, before = desk.made(REQUESTS, question()), answers(desk).version
    assert answer(desk, made, "AGREE")[0] == 200
    assert answer(desk, made, "AGREE")[0] == 200
    status, problem = answer(desk, made, "DECLINE")
    assert (status, problem["code"], problem["answered"]) == (409, "already_answered", "AGREE")
    (asked,) = answers(desk).answers
    assert asked.choice == "AGREE"
    assert asked.answered_at is not None
    assert answers(desk).version != before
    assert desk.effects(order_id="SO-1") == ["consent-requests.create", "consent-requests.answer"]


def test_of_many_answers_at_the_same_time_one_counts(desk: Desk) -> None:
    made = desk.made(REQUESTS, question())
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda n: answer(desk, made, ("AGREE", "DECLINE")[n % 2])[0], range(8)))
    assert sorted(found) == [200] * 4 + [409] * 4
    assert desk.effects(order_id="SO-1").count("consent-requests.answer") == 1


def test_nobody_answers_what_was_withdrawn(desk: Desk) -> None:
    made = desk.made(REQUESTS, question())
    desk.made(f"{REQUESTS}/{made['id']}/cancel", {"reference": "u-1"})
    status, problem = answer(desk, made, "AGREE")
    assert (status, problem["code"]) == (409, "already_withdrawn")
    assert not answers(desk).answers


def test_an_answer_outlives_the_withdrawal_of_its_question(desk: Desk) -> None:
    made = desk.made(REQUESTS, question())
    answer(desk, made, "DECLINE")
    desk.made(f"{REQUESTS}/{made['id']}/cancel", {"reference": "u-1"})
    assert [asked.choice for asked in answers(desk).answers] == ["DECLINE"]


def test_a_late_answer_does_not_count(url: str, desk: Desk) -> None:
    made = desk.made(REQUESTS, question())
    Desk(url, "admin").let_pass(hours=1)
    assert desk.seen(f"{REQUESTS}/{made['id']}")["state"] == "EXPIRED"
    status, problem = answer(desk, made, "AGREE")
    assert (status, problem["code"]) == (409, "already_expired")
    assert [asked.choice for asked in answers(desk).answers] == [None]


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (question(seconds=-1), 409, "too_late"),
        (question(choices=[{"choice": "AGREE", "label": "Yes"}]), 422, "invalid_request"),
        (question(answer_by="2026-03-02T10:00:00"), 422, "invalid_request"),
    ],
)
def test_what_nobody_could_answer_is_not_asked(desk: Desk, body: dict[str, Any], status: int, code: str) -> None:
    refused = desk.post(REQUESTS, body)
    assert (refused.status_code, refused.json()["code"]) == (status, code)


def test_an_answer_that_was_not_offered_is_refused(desk: Desk) -> None:
    made = desk.made(REQUESTS, question())
    status, problem = answer(desk, made, "MAYBE")
    assert (status, problem["code"]) == (422, "unknown_choice")
