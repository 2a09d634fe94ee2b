from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import pytest
from pydantic import ValidationError

from domain.facts.transport import RateQuote, Rates, Routing
from sandbox.kernel import in_thread
from sandbox.tms.rating import delivery_day, pickup_day
from sandbox.tms.records import CarrierService, CutOff, Reply, TmsSettings
from sandbox.tms.service import build
from tests.integration.sandbox.desk import TOKENS, Desk

EVERY_DAY = [1, 2, 3, 4, 5, 6, 7]
TODAY = datetime.now(UTC).date()
MONDAY = date(2026, 3, 2)


def day(days: int) -> str:
    return (TODAY + timedelta(days=days)).isoformat()


def service(scac: str, name: str, **more: Any) -> dict[str, Any]:
    return {"scac": scac, "service": name, "carrier": f"Carrier {scac}", "delivery_days": EVERY_DAY, **more}


def guide(name: str, **lane: str) -> dict[str, str]:
    return {"customer_id": "C-1", "scac": "UPSN", "service": name, **lane}


def account(number: str, valid_to: int, terms: str = "COLLECT") -> dict[str, str]:
    dates = {"valid_from": day(-100), "valid_to": day(valid_to)}
    return {"customer_id": "C-1", "scac": "UPSN", "terms": terms, "account": number, **dates}


def seed() -> dict[str, Any]:
    always = {"cut_off": "23:59:59.999999", "days": EVERY_DAY}
    return {
        "carrier-services": [
            service("UPSN", "GROUND", mode="PARCEL", max_weight_kg="70", max_volume_m3="2"),
            service("FXFE", "FREIGHT", hazmat=True, lift_gate_cost="45", temperatures=["AMBIENT", "FROZEN"]),
            service("GONE", "NOWHERE"),
        ],
        "rates": [
            {"scac": "UPSN", "service": "GROUND", "per_shipment": "9", "per_kg": "0.5", "transit_days": 3},
            {"scac": "UPSN", "service": "GROUND", "region": "NJ", "per_shipment": "5", "transit_days": 1},
            {"scac": "FXFE", "service": "FREIGHT", "origin": "EAST", "per_shipment": "80", "transit_days": 2},
        ],
        "cut-offs": [{"warehouse": "EAST", "scac": scac, **always} for scac in ("UPSN", "FXFE")],
        "routing-guides": [
            guide("BY_REGION", region="TX"),
            guide("ANYWHERE"),
            guide("BY_SITE", site_id="S-1"),
            guide("BY_SITE_RUSH", site_id="S-1", service_level="SAME_DAY"),
        ],
        "sites": [
            {
                "site_id": "S-2",
                "dock": {"opens": "06:00", "closes": "12:00", "lift_gate": True},
                "route": {"scac": "FXFE", "service": "FREIGHT"},
            }
        ],
        "order-types": [
            {"order_type": "STANDARD", "service_level": "STANDARD", "scac": "UPSN", "service": "GROUND"},
        ],
        "carrier-accounts": [account("A-1", 30), account("A-2", -1), account("T-1", 30, "THIRD_PARTY")],
        "collection-sites": [{"warehouse": "EAST", "opens": "09:00", "closes": "15:00", "days": EVERY_DAY}],
    }


@pytest.fixture
def url() -> Iterator[str]:
    with in_thread(build(TmsSettings(tokens=TOKENS, seed=seed()))) as url:
        yield url


@pytest.fixture
def desk(url: str) -> Desk:
    return Desk(url)


@pytest.fixture
def office(url: str) -> Desk:
    return Desk(url, "admin")


def routing(desk: Desk, **lane: str) -> Routing:
    asked = {"customer_id": "C-1", "site_id": "S-9", "region": "NV", "warehouse": "EAST", **lane}
    return Routing.model_validate(desk.seen("/v1/routing", **asked))


def quotes(desk: Desk, **asked: str) -> dict[str, RateQuote]:
    lane = {"origin": "EAST", "region": "TX", "weight_kg": "10", "ready_on": day(0), **asked}
    return {quote.scac: quote for quote in Rates.model_validate(desk.seen("/v1/rates", **lane)).quotes}


@pytest.mark.parametrize(
    ("lane", "expected"),
    [
        ({}, "ANYWHERE"),
        ({"region": "TX"}, "BY_REGION"),
        ({"site_id": "S-1", "region": "TX"}, "BY_SITE"),
        ({"site_id": "S-1", "service_level": "SAME_DAY"}, "BY_SITE_RUSH"),
    ],
)
def test_the_narrowest_routing_guide_counts(desk: Desk, lane: dict[str, str], expected: str) -> None:
    found = routing(desk, **lane).guide
    assert found is not None
    assert found.service == expected


def test_sites_order_types_and_accounts_are_told_also_those_that_ended(desk: Desk) -> None:
    found = routing(desk, site_id="S-2")
    assert found.ship_to is not None
    assert (found.ship_to.scac, found.dock.lift_gate, found.dock.closes) == ("FXFE", True, time(12))
    assert [known.account for known in found.accounts] == ["A-1", "A-2", "T-1"]
    assert found.pickup is not None
    assert found.order_type is not None
    other = routing(desk, customer_id="C-2", order_type="BLANKET", warehouse="WEST")
    assert (other.guide, other.ship_to, other.order_type, other.accounts, other.pickup) == (None, None, None, (), None)
    assert other.version != found.version


def test_every_service_with_a_rate_is_quoted_by_weight_and_volume(desk: Desk) -> None:
    found = quotes(desk)
    assert {scac: quote.cost for scac, quote in found.items()} == {"UPSN": Decimal("14.00"), "FXFE": Decimal("80.00")}
    assert (found["UPSN"].delivers_on.isoformat(), found["FXFE"].delivers_on.isoformat()) == (day(3), day(2))
    assert found["FXFE"].lift_gate_cost == 45
    assert found["FXFE"].hazmat
    assert quotes(desk, volume_m3="1")["UPSN"].cost == 109
    assert "UPSN" not in quotes(desk, volume_m3="2.1")
    assert quotes(desk, region="NJ")["UPSN"].cost == 5
    assert "FXFE" not in quotes(desk, origin="WEST")


@pytest.mark.parametrize(
    ("ready", "hour", "expected"),
    [
        (MONDAY, 10, MONDAY),
        (MONDAY, 21, MONDAY + timedelta(days=1)),
        (MONDAY - timedelta(days=9), 10, MONDAY),
        (MONDAY + timedelta(days=5), 22, MONDAY + timedelta(days=7)),
    ],
    ids=["before the cut-off", "after it", "ready long ago", "on a Saturday"],
)
def test_a_pickup_is_before_the_cut_off_of_a_day_on_which_the_carrier_comes(
    ready: date, hour: int, expected: date
) -> None:
    cut_off = CutOff(warehouse="EAST", scac="UPSN", cut_off=time(21))
    assert pickup_day(cut_off, ready, datetime.combine(MONDAY, time(hour), UTC)) == expected


@pytest.mark.parametrize(("transit", "expected"), [(0, 0), (4, 4), (5, 7), (6, 8)])
def test_days_on_the_way_are_the_carriers_own(transit: int, expected: int) -> None:
    assert delivery_day((1, 2, 3, 4, 5), MONDAY, transit) == MONDAY + timedelta(days=expected)


def test_a_service_that_never_delivers_is_no_service() -> None:
    with pytest.raises(ValidationError):
        CarrierService(scac="UPSN", service="NEVER", carrier="X", delivery_days=())


def tender(reference: str = "t-1", **more: Any) -> dict[str, Any]:
    load = {"warehouse": "EAST", "site_id": "S-1", "region": "TX", "weight_kg": "10", "pickup_on": day(1)}
    who = {"order_id": "SO-1", "customer_id": "C-1", "scac": "UPSN", "service": "GROUND", "cost": "14.00"}
    return {"reference": reference, "freight_terms": "PREPAID", **who, **load, **more}


def test_a_tender_is_accepted_and_can_be_cancelled_until_the_pickup(desk: Desk, office: Desk) -> None:
    made, other = desk.made("/v1/tenders", tender()), desk.made("/v1/tenders", tender("t-2"))
    assert made["reply"] == "ACCEPTED"
    office.made(f"/admin/tenders/{made['id']}/pickup", None)
    refused = desk.post(f"/v1/tenders/{made['id']}/cancel", {"reference": "u-1"})
    assert (refused.status_code, refused.json()["code"]) == (409, "already_gone")
    assert desk.made(f"/v1/tenders/{other['id']}/cancel", {"reference": "u-2"})["status"] == "CANCELLED"
    gone = office.post(f"/admin/tenders/{other['id']}/pickup", None)
    assert (gone.status_code, gone.json()["code"]) == (409, "cancelled")
    assert desk.effects(order_id="SO-1") == ["tenders.create", "tenders.create", "tenders.cancel"]


def test_carriers_can_be_told_to_think_about_it() -> None:
    with in_thread(build(TmsSettings(tokens=TOKENS, seed=seed(), reply=Reply.PENDING))) as url:
        made = Desk(url).made("/v1/tenders", tender())
        assert made["reply"] == "PENDING"
        Desk(url, "admin").made(f"/admin/tenders/{made['id']}/reply", {"reply": "DECLINED"})
        assert Desk(url).seen(f"/v1/tenders/{made['id']}")["reply"] == "DECLINED"


def test_a_carrier_without_capacity_declines_and_says_so_in_its_rates(desk: Desk, office: Desk) -> None:
    assert quotes(desk)["UPSN"].accepting
    full = {"scac": "UPSN", "region": "TX", "accepting": False}
    office.http.put("/admin/capacity", json=full).raise_for_status()
    refused = desk.post("/v1/tenders", tender())
    assert (refused.status_code, refused.json()["code"]) == (409, "tender_declined")
    assert not quotes(desk)["UPSN"].accepting
    assert quotes(desk, region="NJ")["UPSN"].accepting


@pytest.mark.parametrize(
    ("more", "status", "code"),
    [
        ({"service": "AIR"}, 422, "unknown_service"),
        ({"weight_kg": "70.5"}, 409, "not_carried"),
        ({"hazmat": True}, 409, "not_carried"),
        ({"freight_terms": "COLLECT"}, 409, "account_not_valid"),
        ({"freight_terms": "COLLECT", "account": "A-2"}, 409, "account_not_valid"),
        ({"freight_terms": "COLLECT", "account": "T-1"}, 409, "account_not_valid"),
        ({"freight_terms": "COLLECT", "account": "A-1", "customer_id": "C-2"}, 409, "account_not_valid"),
    ],
)
def test_what_a_carrier_cannot_do_is_refused(desk: Desk, more: dict[str, Any], status: int, code: str) -> None:
    refused = desk.post("/v1/tenders", tender(**more))
    assert (refused.status_code, refused.json()["code"]) == (status, code)


@pytest.mark.parametrize(("terms", "number"), [("COLLECT", "A-1"), ("THIRD_PARTY", "T-1")])
def test_freight_is_billed_to_a_valid_account(desk: Desk, terms: str, number: str) -> None:
    assert desk.made("/v1/tenders", tender(freight_terms=terms, account=number))["account"] == number


def collection(**more: Any) -> dict[str, Any]:
    who = {"order_id": "SO-1", "customer_id": "C-1", "warehouse": "EAST"}
    return {"reference": "p-1", **who, "ready_on": day(1), "weight_kg": "10", **more}


def test_a_collection_can_be_cancelled_until_the_customer_came(desk: Desk, office: Desk) -> None:
    made = desk.made("/v1/pickups", collection())
    assert (made["opens"], made["closes"]) == ("09:00:00", "15:00:00")
    office.made(f"/admin/pickups/{made['id']}/collected", None)
    refused = desk.post(f"/v1/pickups/{made['id']}/cancel", {"reference": "u-1"})
    assert (refused.status_code, refused.json()["code"]) == (409, "already_gone")


@pytest.mark.parametrize(
    ("more", "status", "code"),
    [
        ({"warehouse": "WEST"}, 422, "unknown_collection_site"),
        ({"hazmat": True}, 409, "not_handed_over"),
    ],
)
def test_not_everything_can_be_collected_everywhere(desk: Desk, more: dict[str, Any], status: int, code: str) -> None:
    refused = desk.post("/v1/pickups", collection(**more))
    assert (refused.status_code, refused.json()["code"]) == (status, code)


def test_nobody_collects_on_a_closed_day(desk: Desk, office: Desk) -> None:
    weekday = (TODAY + timedelta(days=1)).isoweekday()
    closed = {"warehouse": "EAST", "days": [weekday % 7 + 1]}
    office.http.put("/admin/collection-sites", json=closed).raise_for_status()
    refused = desk.post("/v1/pickups", collection())
    assert (refused.status_code, refused.json()["code"]) == (409, "closed")
