from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from sandbox.kernel import in_thread
from tests.integration.sandbox.desk import ANYBODY, Desk
from tests.integration.sandbox.toy import build, toy_settings

LOAN = {"reference": "r-1", "order_id": "SO-1", "copies": 2}


@pytest.fixture
def url() -> Iterator[str]:
    with in_thread(build(toy_settings())) as url:
        yield url


@pytest.fixture
def desk(url: str) -> Desk:
    return Desk(url)


def copies(desk: Desk) -> int:
    return int(desk.seen("/v1/shelf/book")["copies"])


def test_a_repeated_write_gets_the_stored_answer_and_has_one_effect(desk: Desk) -> None:
    first = desk.post("/v1/loans", LOAN, key="k")
    again = desk.post("/v1/loans", LOAN, key="k")
    assert first.status_code == again.status_code == 201
    assert first.json() == again.json()
    assert again.headers["Idempotency-Replayed"] == "true"
    assert copies(desk) == 8


def test_a_hundred_copies_of_a_write_at_once_have_one_effect(desk: Desk) -> None:
    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(lambda _: desk.post("/v1/loans", LOAN, key="k").text, range(100)))
    assert len(set(answers)) == 1
    assert copies(desk) == 8
    assert desk.effects() == ["loans.create"]


def test_a_key_is_refused_for_another_body(desk: Desk) -> None:
    desk.made("/v1/loans", LOAN, key="k")
    other = desk.post("/v1/loans", LOAN | {"copies": 3}, key="k")
    assert other.status_code == 422
    assert other.json()["code"] == "idempotency_key_reused"
    assert copies(desk) == 8


def test_a_key_belongs_to_its_client(url: str, desk: Desk) -> None:
    desk.made("/v1/loans", LOAN, key="k")
    Desk(url, "erp").made("/v1/loans", LOAN | {"reference": "r-2"}, key="k")
    assert copies(desk) == 6


def test_a_write_needs_a_key(desk: Desk) -> None:
    response = desk.http.post("/v1/loans", json=LOAN)
    assert response.status_code == 400
    assert response.json()["code"] == "idempotency_key_required"


def test_a_refused_write_may_be_sent_again_under_its_key(desk: Desk) -> None:
    stale = desk.post("/v1/shelf/book/dusting", None, key="k", if_match='"v7"')
    fresh = desk.post("/v1/shelf/book/dusting", None, key="k", if_match=stale.headers["ETag"])
    assert (stale.status_code, fresh.status_code) == (412, 200)


def test_a_reference_is_taken_once_and_the_refusal_says_by_what(desk: Desk) -> None:
    made = desk.made("/v1/loans", LOAN)
    refused = desk.post("/v1/loans", LOAN)
    assert refused.status_code == 409
    assert refused.json()["code"] == "reference_exists"
    assert refused.headers["Location"] == f"/v1/loans/{made['id']}"
    assert desk.seen("/v1/loans", reference="r-1")["items"] == [made]
    assert desk.seen(f"/v1/loans/{made['id']}") == made


def test_a_refused_effect_leaves_nothing_behind(desk: Desk) -> None:
    assert desk.post("/v1/loans", LOAN | {"copies": 11}).json()["code"] == "all_lent"
    assert desk.seen("/v1/loans", reference="r-1")["items"] == []
    assert desk.effects() == []


def test_cancelling_takes_the_effect_back_once(desk: Desk) -> None:
    loan = desk.made("/v1/loans", LOAN)
    cancel = {"reference": "undo r-1", "reason": "not wanted"}
    cancelled = [desk.made(f"/v1/loans/{loan['id']}/cancel", cancel) for _ in range(2)]
    assert [one["status"] for one in cancelled] == ["CANCELLED"] * 2
    assert copies(desk) == 10
    assert desk.effects() == ["loans.create", "loans.cancel"]


def test_the_ledger_says_who_did_what_under_which_key(desk: Desk) -> None:
    loan = desk.made("/v1/loans", LOAN, key="k")
    [entry] = desk.seen("/v1/ledger", order_id="SO-1")["items"]
    expected = {
        "seq": 1,
        "key": "k",
        "reference": "r-1",
        "operation": "loans.create",
        "resource_id": loan["id"],
        "order_id": "SO-1",
        "client": "holdfast",
    }
    assert {name: entry[name] for name in expected} == expected
    assert desk.seen("/v1/ledger", after=1)["items"] == []


def test_a_version_is_demanded_and_checked(desk: Desk) -> None:
    assert desk.post("/v1/shelf/book/dusting", None).status_code == 428
    stale = desk.post("/v1/shelf/book/dusting", None, if_match='"v0"')
    assert (stale.status_code, stale.json()["code"]) == (412, "stale_version")
    tag = desk.get("/v1/shelf/book").headers["ETag"]
    assert desk.made("/v1/shelf/book/dusting", None, if_match=tag) == {"version": 2}


def test_pages_together_are_the_list_also_while_it_grows(desk: Desk) -> None:
    for number in range(5):
        desk.made("/v1/loans", LOAN | {"reference": f"r-{number}", "copies": 1})
    page = desk.seen("/v1/loans", limit=2)
    desk.made("/v1/loans", LOAN | {"reference": "r-5", "copies": 1})
    found = [loan["reference"] for loan in page["items"]]
    while page["next_cursor"]:
        page = desk.seen("/v1/loans", limit=2, cursor=page["next_cursor"])
        found += [loan["reference"] for loan in page["items"]]
    assert found == [f"r-{number}" for number in range(6)]


def test_a_made_up_cursor_is_refused(desk: Desk) -> None:
    assert desk.get("/v1/loans", cursor="' OR 1=1").json()["code"] == "bad_cursor"


def test_only_known_clients_get_in_and_only_the_administrator_into_admin(url: str, desk: Desk) -> None:
    stranger = ANYBODY.get(f"{url}/v1/loans", headers={"Authorization": "Bearer wrong"})
    assert stranger.status_code == 401
    assert stranger.headers["WWW-Authenticate"] == "Bearer"
    assert desk.get("/admin/faults").status_code == 403
    assert ANYBODY.get(f"{url}/healthz").json() == {"service": "toy", "status": "ok"}
    assert "Toy" in ANYBODY.get(f"{url}/docs").text


def test_errors_are_problems_that_can_be_found_in_the_log(desk: Desk) -> None:
    response = desk.http.post(
        "/v1/loans", json={"reference": "r"}, headers={"Idempotency-Key": "k", "X-Correlation-ID": "case-7"}
    )
    problem = response.json()
    assert response.headers["Content-Type"] == "application/problem+json"
    assert response.headers["X-Correlation-ID"] == problem["correlation_id"] == "case-7"
    assert (problem["status"], problem["code"], problem["retryable"]) == (422, "invalid_request", False)
    assert {error["at"] for error in problem["errors"]} == {"body.order_id", "body.copies"}
    assert desk.get("/v1/nothing").json()["code"] == "not_found"


def test_a_restart_keeps_effects_answers_and_ledger(tmp_path: Path) -> None:
    database = tmp_path / "toy.db"
    with in_thread(build(toy_settings(database))) as url:
        before = Desk(url).made("/v1/loans", LOAN, key="k")
    with in_thread(build(toy_settings(database))) as url:
        desk = Desk(url)
        assert desk.made("/v1/loans", LOAN, key="k") == before
        assert copies(desk) == 8
        assert desk.effects() == ["loans.create"]
