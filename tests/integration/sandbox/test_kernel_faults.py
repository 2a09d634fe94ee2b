from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from sandbox.kernel import in_thread
from tests.integration.sandbox.desk import PATIENCE, Desk, eventually
from tests.integration.sandbox.toy import build, toy_settings

READ = "GET /v1/shelf/{name}"
LEND = "POST /v1/loans"
LOAN = {"reference": "r-1", "order_id": "SO-1", "copies": 1}


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with in_thread(build(toy_settings())) as url:
        yield url


@pytest.fixture
def admin(url: str) -> Iterator[Desk]:
    desk = Desk(url, "admin")
    yield desk
    desk.http.delete("/admin/faults")


@pytest.fixture
def desk(url: str, admin: Desk) -> Desk:
    assert admin.http.delete("/admin/faults").status_code == 204
    return Desk(url)


@pytest.fixture
def impatient(url: str) -> Desk:
    """A caller who gives up soon, once the request is sent."""
    return Desk(url, timeout=httpx.Timeout(PATIENCE, read=0.5))


def loans(desk: Desk, reference: str) -> list[dict[str, object]]:
    found: list[dict[str, object]] = desk.seen("/v1/loans", reference=reference)["items"]
    return found


def test_an_error_does_nothing_and_ends_after_its_count(desk: Desk, admin: Desk) -> None:
    admin.fault("ERROR", LEND, count=2, status=503)
    loan = LOAN | {"reference": "error"}
    assert [desk.post("/v1/loans", loan, key="e").status_code for _ in range(3)] == [503, 503, 201]
    assert admin.seen("/admin/faults")["items"] == []


def test_a_fault_concerns_its_operation_only_whatever_its_parameters_are_called(desk: Desk, admin: Desk) -> None:
    admin.fault("ERROR", "GET /v1/shelf/{anything}")
    answer = desk.get("/v1/shelf/book")
    assert (answer.status_code, answer.json()["code"], answer.json()["retryable"]) == (500, "fault_injected", True)
    assert desk.get("/v1/loans").status_code == 200


def test_a_fault_for_a_time_is_over_by_itself(desk: Desk, admin: Desk) -> None:
    admin.fault("ERROR", seconds=3600)
    admin.let_pass(minutes=30)
    assert desk.get("/v1/shelf/book").status_code == 500
    admin.let_pass(minutes=30)
    assert desk.get("/v1/shelf/book").status_code == 200
    assert admin.seen("/admin/faults")["items"] == []


def test_time_is_not_turned_back(admin: Desk) -> None:
    assert admin.post("/admin/clock", {"seconds": -1}).status_code == 422


def test_an_outage_of_everything_leaves_health_and_ledger(desk: Desk, admin: Desk) -> None:
    admin.fault("ERROR")
    assert desk.get("/v1/loans").status_code == 500
    assert desk.get("/healthz").status_code == desk.get("/v1/ledger").status_code == 200


def test_a_delay_answers_late(desk: Desk, admin: Desk) -> None:
    admin.fault("DELAY", READ, delay_ms=200)
    assert desk.get("/v1/shelf/book").elapsed.total_seconds() >= 0.2


def test_a_hang_never_answers_and_does_nothing(desk: Desk, impatient: Desk, admin: Desk) -> None:
    admin.fault("HANG", LEND, count=1)
    with pytest.raises(httpx.ReadTimeout):
        impatient.post("/v1/loans", LOAN | {"reference": "hang"})
    assert loans(desk, "hang") == []


@pytest.mark.parametrize("delay", [{}, {"delay_ms": 50}], ids=["hangs", "closes"])
def test_a_write_is_committed_and_then_times_out(
    desk: Desk, impatient: Desk, admin: Desk, delay: dict[str, int]
) -> None:
    reference = f"unknown outcome {delay}"
    admin.fault("COMMIT_THEN_TIMEOUT", LEND, count=1, **delay)
    with pytest.raises((httpx.ReadTimeout, httpx.RemoteProtocolError, httpx.ReadError)):
        impatient.post("/v1/loans", LOAN | {"reference": reference}, key=reference)
    [made] = eventually(lambda: loans(desk, reference))
    assert desk.made("/v1/loans", LOAN | {"reference": reference}, key=reference) == made
    assert len(loans(desk, reference)) == 1


def test_a_stale_etag_is_read_and_a_write_is_refused_as_stale(desk: Desk, admin: Desk) -> None:
    fresh = desk.get("/v1/shelf/book")
    admin.fault("STALE_ETAG", READ, count=1)
    admin.fault("STALE_ETAG", "POST /v1/shelf/{name}/dusting", count=1)
    stale = desk.get("/v1/shelf/book")
    assert stale.json()["version"] == fresh.json()["version"] - 1
    assert stale.headers["ETag"] == f'"v{stale.json()["version"]}"'
    refused = desk.post("/v1/shelf/book/dusting", None, if_match=fresh.headers["ETag"])
    assert (refused.status_code, refused.json()["code"]) == (412, "stale_version")
    desk.made("/v1/shelf/book/dusting", None, if_match=fresh.headers["ETag"])


def test_garbage_hides_that_the_write_was_done(desk: Desk, admin: Desk) -> None:
    admin.fault("GARBAGE", LEND, count=1)
    answer = desk.post("/v1/loans", LOAN | {"reference": "garbage"})
    assert answer.status_code == 200
    with pytest.raises(ValueError, match=r"JSON|Unterminated|Expecting"):
        answer.json()
    assert len(loans(desk, "garbage")) == 1


def test_retry_after_says_when(desk: Desk, admin: Desk) -> None:
    admin.fault("RETRY_AFTER", READ, count=1, retry_after=3)
    admin.fault("RETRY_AFTER", READ, count=1, status=503)
    answers = [desk.get("/v1/shelf/book") for _ in range(2)]
    assert [(answer.status_code, answer.headers["Retry-After"]) for answer in answers] == [(429, "3"), (503, "1")]


def test_a_dropped_connection_does_nothing(desk: Desk, admin: Desk) -> None:
    admin.fault("DROP", LEND, count=1)
    with pytest.raises((httpx.RemoteProtocolError, httpx.ReadError)):
        desk.post("/v1/loans", LOAN | {"reference": "drop"})
    assert loans(desk, "drop") == []


def test_without_idempotency_a_blind_retry_has_two_effects(desk: Desk, admin: Desk) -> None:
    admin.fault("NO_IDEMPOTENCY")
    admin.fault("COMMIT_THEN_TIMEOUT", LEND, count=1, delay_ms=10)
    loan = LOAN | {"reference": "twice"}
    with pytest.raises((httpx.RemoteProtocolError, httpx.ReadError)):
        desk.post("/v1/loans", loan, key="t")
    assert len(loans(desk, "twice")) == 1
    desk.made("/v1/loans", loan, key="t")
    assert len(loans(desk, "twice")) == 2


def test_faults_under_way_are_listed(admin: Desk, desk: Desk) -> None:
    admin.fault("ERROR", READ, count=3)
    desk.get("/v1/shelf/book")
    [fault] = admin.seen("/admin/faults")["items"]
    assert (fault["kind"], fault["operation"], fault["count"], fault["hits"]) == ("ERROR", READ, 3, 1)


def test_a_misspelt_fault_is_refused(admin: Desk) -> None:
    assert admin.post("/admin/faults", {"kind": "EROR"}).status_code == 422
