from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from sandbox.crm.service import build
from sandbox.kernel import Settings, in_thread
from tests.integration.sandbox.desk import TOKENS, Desk

HQ = {"customer_id": "C-1", "site_id": "S-1", "street": "12 Quarry Street", "city": "Dover", "postal_code": "19901"}
SEED: dict[str, Any] = {
    "sites": [
        HQ | {"region": "DE", "recipient": "Acme Tools", "dock": True, "is_default": True},
        HQ | {"site_id": "S-2", "street": "PO Box 9", "recipient": "Blue Comet Trading Co", "freight_capable": False},
        HQ | {"site_id": "S-3", "recipient": "Orion Freight", "active": False},
        HQ | {"site_id": "S-4", "country": "XX"},
        HQ | {"customer_id": "C-2", "site_id": "S-1", "recipient": "Blue Comet"},
    ],
    "deliveries": [
        {"customer_id": "C-1", "site_id": "S-1", "order_id": "SO-1", "delivered_on": "2026-03-01"},
        {"customer_id": "C-1", "site_id": "S-1", "order_id": "SO-2", "delivered_on": "2026-05-01"},
        {"customer_id": "C-1", "site_id": "S-1", "order_id": "SO-3", "delivered_on": "2026-07-01", "good": False},
        {"customer_id": "C-2", "site_id": "S-1", "order_id": "SO-4", "delivered_on": "2026-09-01"},
    ],
    "denied-parties": [
        {"name": "Blue Comet", "list_name": "SDN", "country": "US"},
        {"name": "Orion Freight", "list_name": "EU-CONSOLIDATED", "country": "DE"},
        {"name": "Quiet Harbor LLC", "list_name": "SDN", "customer_id": "C-9"},
    ],
    "embargoes": [{"country": "XX", "list_name": "EMBARGO-XX"}],
    "fraud-scores": [{"postal_code": "90001", "score": 85}],
}


@pytest.fixture
def url() -> Iterator[str]:
    with in_thread(build(Settings(tokens=TOKENS, seed=SEED))) as url:
        yield url


@pytest.fixture
def desk(url: str) -> Desk:
    return Desk(url)


def screened(desk: Desk, customer_id: str, site_id: str, **more: Any) -> dict[str, Any]:
    return desk.made(
        "/v1/screenings", {"order_id": "SO-1", "customer_id": customer_id, "site_id": site_id, "country": "US", **more}
    )


def test_a_site_says_where_it_is_and_not_who_receives_there(desk: Desk) -> None:
    answer = desk.seen("/v1/accounts/C-1/sites")
    assert [(site["site_id"], site["active"]) for site in answer["sites"]] == [
        ("S-1", True),
        ("S-2", True),
        ("S-3", False),
        ("S-4", True),
    ]
    assert "Acme" not in str(answer)
    assert desk.seen("/v1/accounts/C-404/sites")["sites"] == []


def test_the_last_good_delivery_counts_a_complaint_does_not(desk: Desk) -> None:
    dates = {site["site_id"]: site["last_good_delivery"] for site in desk.seen("/v1/accounts/C-1/sites")["sites"]}
    assert (dates["S-1"], dates["S-2"]) == ("2026-05-01", None)
    deliveries = desk.get("/v1/accounts/C-1/deliveries").json()
    assert [delivery["order_id"] for delivery in deliveries] == ["SO-1", "SO-2", "SO-3"]


def test_a_new_delivery_makes_another_version(desk: Desk, url: str) -> None:
    before = desk.seen("/v1/accounts/C-1/sites")["version"]
    arrived = SEED["deliveries"][0] | {"order_id": "SO-5", "delivered_on": "2026-10-01"}
    Desk(url, "admin").http.put("/admin/deliveries", json=arrived).raise_for_status()
    assert desk.seen("/v1/accounts/C-1/sites")["version"] != before


@pytest.mark.parametrize(
    ("delivery", "finding"),
    [
        (("C-1", "S-1", "US"), ("CLEAR", "")),
        (("C-2", "S-1", "US"), ("MATCH", "SDN")),
        (("C-1", "S-2", "US"), ("POSSIBLE_MATCH", "SDN")),
        (("C-1", "S-3", "US"), ("POSSIBLE_MATCH", "EU-CONSOLIDATED")),
        (("C-9", "S-NEW", "US"), ("MATCH", "SDN")),
        (("C-1", "S-NEW", "XX"), ("MATCH", "EMBARGO-XX")),
    ],
    ids=["nobody", "same name", "name within a name", "same name elsewhere", "the customer itself", "embargo"],
)
def test_screening_names_the_list(desk: Desk, delivery: tuple[str, str, str], finding: tuple[str, str]) -> None:
    customer_id, site_id, country = delivery
    found = screened(desk, customer_id, site_id, country=country)
    assert (found["result"], found["list_name"]) == finding


def test_screening_names_the_other_sites_that_are_not_clear(desk: Desk) -> None:
    assert screened(desk, "C-1", "S-1")["restricted_sites"] == ["S-2", "S-3", "S-4"]


def test_only_a_new_address_is_scored_for_fraud(desk: Desk) -> None:
    assert screened(desk, "C-1", "S-NEW", postal_code="90001")["fraud_score"] == 85
    assert screened(desk, "C-1", "S-1", postal_code="90001")["fraud_score"] == 0
    assert screened(desk, "C-1", "S-NEW", postal_code="90002")["fraud_score"] == 0


def test_the_same_screening_is_kept_once_and_found_by_order(desk: Desk) -> None:
    answers = [screened(desk, "C-1", "S-1") for _ in range(2)]
    assert answers[0] == answers[1]
    kept = desk.seen("/v1/screenings", order_id="SO-1")["items"]
    assert [(one["site_id"], one["result"]) for one in kept] == [("S-1", "CLEAR")]
