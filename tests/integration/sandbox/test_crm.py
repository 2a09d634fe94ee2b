from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from domain.facts.account import Account
from sandbox.crm.service import build
from sandbox.kernel import Settings, in_thread
from tests.integration.sandbox.desk import TOKENS, Desk

SEED: dict[str, Any] = {
    "accounts": [{"customer_id": "C-1", "segment": "A", "strategic": True, "account_manager": "amira"}],
    "contacts": [{"customer_id": "C-1", "email": "buyer@c-1.example", "name": "Ana"}],
}
MESSAGE = {
    "reference": "m-1",
    "audience": "CUSTOMER",
    "channel": "EMAIL",
    "order_id": "SO-1",
    "template": "released",
    "status": "REGISTERED",
}


@pytest.fixture
def url() -> Iterator[str]:
    with in_thread(build(Settings(tokens=TOKENS, seed=SEED))) as url:
        yield url


@pytest.fixture
def desk(url: str) -> Desk:
    return Desk(url)


def move(desk: Desk, message: dict[str, Any], status: str) -> int:
    return desk.post(f"/v1/communications/{message['id']}/status", {"status": status}).status_code


def test_an_account_has_nothing_personal(desk: Desk) -> None:
    answer = desk.seen("/v1/accounts/C-1")
    account = Account.model_validate(answer)
    assert (account.segment, account.strategic, account.account_manager) == ("A", True, "amira")
    assert "email" not in answer


def test_the_contact_is_asked_for_by_itself(desk: Desk) -> None:
    contact = desk.seen("/v1/accounts/C-1/contact")
    assert (contact["email"], contact["name"], contact["language"]) == ("buyer@c-1.example", "Ana", "en")


@pytest.mark.parametrize("path", ["/v1/accounts/C-0", "/v1/accounts/C-0/contact"])
def test_a_stranger_is_not_found(desk: Desk, path: str) -> None:
    assert desk.get(path).status_code == 404


def test_a_changed_account_has_another_version(desk: Desk, url: str) -> None:
    before = desk.seen("/v1/accounts/C-1")["version"]
    Desk(url, "admin").http.put("/admin/accounts", json=SEED["accounts"][0] | {"segment": "B"}).raise_for_status()
    assert desk.seen("/v1/accounts/C-1")["version"] != before


def test_a_message_is_registered_once_and_found_by_its_id(desk: Desk) -> None:
    made = desk.made("/v1/communications", MESSAGE)
    assert made["status"] == "REGISTERED"
    assert desk.seen("/v1/communications", reference="m-1")["items"] == [made]
    again = desk.post("/v1/communications", MESSAGE)
    assert (again.status_code, again.headers["Location"]) == (409, f"/v1/communications/{made['id']}")


@pytest.mark.parametrize(
    ("statuses", "answers"),
    [
        (["SENDING", "SENT", "SENT"], [200, 200, 200]),
        (["SENDING", "REGISTERED", "SENDING"], [200, 200, 200]),
        (["SENDING", "UNCERTAIN", "SENDING", "SENT"], [200, 200, 409, 200]),
        (["SENT"], [409]),
        (["SENDING", "SENT", "UNCERTAIN", "SENDING", "REGISTERED"], [200, 200, 409, 409, 409]),
    ],
)
def test_a_message_goes_its_way_and_not_back(desk: Desk, statuses: list[str], answers: list[int]) -> None:
    made = desk.made("/v1/communications", MESSAGE)
    assert [move(desk, made, status) for status in statuses] == answers


def test_of_many_senders_one_gets_the_message(desk: Desk) -> None:
    made = desk.made("/v1/communications", MESSAGE)
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: move(desk, made, "SENDING"), range(8)))
    assert sorted(answers) == [200] + [409] * 7
    assert desk.effects(order_id="SO-1") == ["communications.create", "communications.status"]


def test_a_withdrawn_message_is_not_sent(desk: Desk) -> None:
    made = desk.made("/v1/communications", MESSAGE)
    desk.made(f"/v1/communications/{made['id']}/cancel", {"reference": "u-1"})
    assert move(desk, made, "SENDING") == 409
