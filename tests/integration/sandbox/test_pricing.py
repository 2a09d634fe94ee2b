from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from domain.facts.pricing import LinePrices, Prices
from sandbox.kernel import Settings, in_thread
from sandbox.pricing.service import build
from tests.integration.sandbox.desk import TOKENS, Desk


def day(days: int) -> str:
    return (datetime.now(UTC).date() + timedelta(days=days)).isoformat()


def schedule(price: str, **more: Any) -> dict[str, Any]:
    return {"currency": "USD", "breaks": [{"unit_price": price}], **more}


def agreement(number: int, price: str, **more: Any) -> dict[str, Any]:
    dates = {"valid_from": day(-100), "valid_to": day(100)}
    what = {"agreement_id": f"K-{number}", "customer_id": "C-1", "item": "BOLT", "prices": schedule(price)}
    return {**what, **dates, **more}


def rebate(number: int, direction: str, **more: Any) -> dict[str, Any]:
    dates = {"valid_from": day(-10), "valid_to": day(10)}
    what = {"rebate_id": f"R-{number}", "item": "BOLT", "direction": direction, "currency": "USD", "percent": "2"}
    return {**what, **dates, **more}


def seed() -> dict[str, Any]:
    return {
        "items": [
            {"item": "BOLT", "category": "STEEL", "cost": "6", "packs": {"CS": "12"}},
            {"item": "NUT", "category": "STEEL", "cost": "5", "currency": "EUR", "floor_margin_percent": "20"},
        ],
        "categories": [{"category": "STEEL", "floor_margin_percent": "15", "target_margin_percent": "30"}],
        "agreements": [
            agreement(1, "9"),
            agreement(2, "8.5", kind="QUOTE", valid_to=day(-1)),
            agreement(3, "7", customer_id="C-2"),
        ],
        "promotions": [
            {"promotion_id": "SPRING", "item": "BOLT", "valid_from": day(-1), "valid_to": day(1), "percent_off": "10"}
        ],
        "rebates": [
            rebate(1, "OUT"),
            rebate(2, "IN", customer_id="C-2"),
            rebate(3, "IN", valid_to=day(-1)),
        ],
        "paid-prices": [
            {"customer_id": "C-1", "item": "BOLT", "unit_price": "9.20", "currency": "USD", "paid_on": day(-30)}
        ],
        "price-records": [
            {"record_id": "PR-0", "item": "BOLT", "prices": schedule("10")},
            {"record_id": "PR-1", "item": "BOLT", "customer_id": "C-1", "version": 4, "prices": schedule("9.50")},
        ],
        "rates": [{"currency": "USD", "in_usd": "1"}, {"currency": "EUR", "in_usd": "1.25"}],
    }


@pytest.fixture
def url() -> Iterator[str]:
    with in_thread(build(Settings(tokens=TOKENS, seed=seed()))) as url:
        yield url


@pytest.fixture
def desk(url: str) -> Desk:
    return Desk(url)


def asked(desk: Desk, customer_id: str = "C-1", item: str = "BOLT", currency: str = "USD") -> Prices:
    lines = [{"line_id": "1", "item": item, "quantity": "100", "unit": "EA"}]
    body = {"customer_id": customer_id, "currency": currency, "as_of": day(0), "lines": lines}
    return Prices.model_validate(desk.made("/v1/inquiries", body))


def line(desk: Desk, *about: str) -> LinePrices:
    return asked(desk, *about).lines[0]


def record(desk: Desk) -> dict[str, Any]:
    return desk.seen("/v1/price-records/PR-1")


def correction(price: str = "9", reference: str = "c-1") -> dict[str, Any]:
    return {"reference": reference, "record_id": "PR-1", "prices": schedule(price), "basis": "contract K-1"}


def corrected(desk: Desk, *what: str, version: int = 4) -> dict[str, Any]:
    return desk.made("/v1/price-corrections", correction(*what), if_match=f'"v{version}"')


def price(record: dict[str, Any]) -> Decimal:
    return Decimal(record["prices"]["breaks"][0]["unit_price"])


def test_an_inquiry_shows_everything_about_a_customers_prices_and_records_nothing(desk: Desk) -> None:
    found = line(desk)
    assert [one.agreement_id for one in found.agreements] == ["K-1", "K-2"]
    assert [one.promotion_id for one in found.promotions] == ["SPRING"]
    assert [one.rebate_id for one in found.rebates] == ["R-1"]
    assert found.packs == {"CS": 12}
    assert found.last_paid is not None
    assert found.last_paid.unit_price == Decimal("9.20")
    assert not desk.effects()


def test_a_customers_own_record_goes_before_the_lists(desk: Desk) -> None:
    own, listed = line(desk).record, line(desk, "C-2").record
    assert own is not None
    assert listed is not None
    assert (own.record_id, own.customer_id, own.version) == ("PR-1", "C-1", 4)
    assert (listed.record_id, listed.customer_id) == ("PR-0", None)


def test_an_items_own_margins_go_before_its_categorys(desk: Desk) -> None:
    bolt, nut = line(desk).costing, line(desk, "C-1", "NUT").costing
    assert bolt is not None
    assert nut is not None
    assert [bolt.floor_margin_percent, bolt.target_margin_percent] == [Decimal(15), Decimal(30)]
    assert [nut.floor_margin_percent, nut.target_margin_percent] == [Decimal(20), Decimal(30)]


def test_of_what_nobody_ever_heard_nothing_is_said(desk: Desk) -> None:
    assert line(desk, "C-404", "WIDGET") == LinePrices(line_id="1", item="WIDGET")
    assert asked(desk, currency="CHF").rates == {}


def test_rates_are_into_the_currency_of_the_order(desk: Desk) -> None:
    assert asked(desk).rates == {"USD": 1, "EUR": Decimal("1.25")}
    assert asked(desk, currency="EUR").rates["USD"] == Decimal("0.8")


def test_the_answers_version_moves_with_what_it_says(desk: Desk, url: str) -> None:
    before = asked(desk).version
    assert asked(desk).version == before
    Desk(url, "admin").http.put("/admin/agreements", json=agreement(1, "8.99")).raise_for_status()
    assert asked(desk).version != before


def test_a_corrected_record_is_a_new_version_and_restored_it_is_the_one_before_again(desk: Desk) -> None:
    made = corrected(desk)
    assert price(record(desk)) == 9
    assert (record(desk)["version"], record(desk)["basis"]) == (5, "contract K-1")
    found = desk.seen("/v1/price-corrections", reference="c-1")["items"]
    assert found == [made]
    desk.made(f"/v1/price-corrections/{made['id']}/cancel", {"reference": "u-1", "reason": "a later step failed"})
    assert [price(record(desk)), Decimal(record(desk)["version"])] == [Decimal("9.50"), Decimal(6)]
    versions = desk.seen("/v1/price-records/PR-1/versions")["items"]
    assert [(one["version"], price(one)) for one in versions] == [(4, Decimal("9.50")), (5, 9), (6, Decimal("9.50"))]
    assert desk.effects() == ["price-corrections.create", "price-corrections.cancel"]


@pytest.mark.parametrize(("if_match", "status"), [(None, 428), ('"v3"', 412)])
def test_a_record_is_corrected_at_the_version_that_was_decided_on(
    desk: Desk, if_match: str | None, status: int
) -> None:
    refused = desk.post("/v1/price-corrections", correction(), if_match=if_match)
    assert refused.status_code == status
    assert desk.get("/v1/price-records/PR-1").headers["ETag"] == '"v4"'


def test_what_somebody_else_changed_since_is_not_overwritten(desk: Desk) -> None:
    first = corrected(desk)
    corrected(desk, "8.80", "c-2", version=5)
    refused = desk.post(f"/v1/price-corrections/{first['id']}/cancel", {"reference": "u-1"})
    assert (refused.status_code, refused.json()["code"]) == (409, "record_changed")
    assert price(record(desk)) == Decimal("8.80")


def test_a_record_that_is_not_there_cannot_be_corrected(desk: Desk) -> None:
    refused = desk.post("/v1/price-corrections", correction() | {"record_id": "PR-404"}, if_match='"v1"')
    assert (refused.status_code, refused.json()["code"]) == (404, "unknown_record")
