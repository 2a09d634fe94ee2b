from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from domain.events import CloudEvent
from domain.facts.tax import Certificates, TaxQuote
from sandbox.kernel import Subscriber, in_thread
from sandbox.tax.records import TaxSettings
from sandbox.tax.service import build
from tests.integration.sandbox.desk import TOKENS, Desk, eventually
from tests.integration.sandbox.toy import Receiver, receiving


def day(days: int) -> str:
    return (datetime.now(UTC).date() + timedelta(days=days)).isoformat()


def certificate(number: int, valid_to: int, **changes: Any) -> dict[str, Any]:
    dates = {"valid_from": day(-400), "valid_to": day(valid_to)}
    return {"certificate_id": f"X-{number}", "customer_id": "C-1", "region": "TX", "use": "RESALE", **dates} | changes


def seed() -> dict[str, Any]:
    return {
        "jurisdictions": [{"region": "TX", "jurisdiction": "Texas", "freight_taxable": True}],
        "rates": [
            {"region": "TX", "rate": "0.0825"},
            {"region": "TX", "product_tax_code": "FOOD", "rate": "0", "taxable": False},
            {"region": "NV", "product_tax_code": "GENERAL", "rate": "0.05"},
        ],
        "certificates": [
            certificate(1, 30),
            certificate(2, -10),
            certificate(3, -60),
            certificate(4, 30, valid_from=day(1)),
            certificate(5, 30, product_tax_codes=["TOOLS"]),
            certificate(6, 30, region="NV"),
        ],
    }


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as receiver:
        yield receiver


@pytest.fixture
def url(receiver: Receiver) -> Iterator[str]:
    subscribers = (Subscriber(url=receiver.url, secret="s"),)
    with in_thread(build(TaxSettings(tokens=TOKENS, seed=seed(), subscribers=subscribers))) as url:
        yield url


@pytest.fixture
def desk(url: str) -> Desk:
    return Desk(url)


def asked(region: str = "TX") -> dict[str, Any]:
    return {
        "order_id": "SO-1",
        "currency": "USD",
        "ship_from": "EAST",
        "ship_to": {"region": region, "postal_code": "75201", "country": "US"},
        "freight": "60.00",
        "lines": [
            {"line_id": "1", "amount": "100.10", "product_tax_code": "GENERAL"},
            {"line_id": "2", "amount": "50", "product_tax_code": "FOOD"},
            {"line_id": "3", "amount": "10", "product_tax_code": "TOOLS"},
        ],
    }


def quoted(desk: Desk) -> TaxQuote:
    return TaxQuote.model_validate(desk.made("/v1/quotes", asked()))


def taxes(desk: Desk) -> list[str]:
    quote = quoted(desk)
    return [*(str(line.tax) for line in quote.lines), str(quote.freight_tax)]


def linked(desk: Desk, certificate_id: str) -> dict[str, Any]:
    body = {"reference": f"l-{certificate_id}", "order_id": "SO-1", "certificate_id": certificate_id}
    return desk.made("/v1/certificate-links", body)


def test_a_quote_goes_by_region_and_product_and_records_nothing(desk: Desk) -> None:
    quote = quoted(desk)
    assert taxes(desk) == ["8.26", "0.00", "0.83", "4.95"]
    assert [line.taxable for line in quote.lines] == [True, False, True]
    assert (quote.jurisdiction, quote.freight_taxable, quote.total) == ("Texas", True, Decimal("14.04"))
    assert not desk.effects()


def test_the_same_facts_have_the_same_quote(desk: Desk) -> None:
    before = quoted(desk)
    assert quoted(desk) == before
    linked(desk, "X-1")
    assert quoted(desk).quote_id != before.quote_id


@pytest.mark.parametrize(("region", "code"), [("ZZ", "unknown_region"), ("NV", "unknown_tax_code")])
def test_what_the_engine_does_not_know_is_a_gap_in_the_master_data(desk: Desk, region: str, code: str) -> None:
    refused = desk.post("/v1/quotes", asked(region))
    assert (refused.status_code, refused.json()["code"]) == (422, code)


def test_a_customers_certificates_are_shown_also_the_expired(desk: Desk) -> None:
    found = Certificates.model_validate(desk.seen("/v1/certificates", customer_id="C-1", region="TX"))
    assert [one.certificate_id for one in found.certificates] == ["X-1", "X-2", "X-3", "X-4", "X-5"]
    assert not Certificates.model_validate(desk.seen("/v1/certificates", customer_id="C-2")).certificates


def test_a_linked_certificate_exempts_the_order_until_it_is_unlinked(desk: Desk) -> None:
    made = linked(desk, "X-1")
    assert desk.seen("/v1/certificate-links", reference="l-X-1")["items"] == [made]
    assert taxes(desk) == ["0.00", "0.00", "0.00", "0"]
    desk.made(f"/v1/certificate-links/{made['id']}/cancel", {"reference": "u-1"})
    assert taxes(desk)[0] == "8.26"
    assert desk.effects(order_id="SO-1") == ["certificate-links.create", "certificate-links.cancel"]


def test_a_certificate_covers_its_products_in_its_region_only(desk: Desk) -> None:
    linked(desk, "X-5")
    linked(desk, "X-6")
    assert taxes(desk) == ["8.26", "0.00", "0.00", "4.95"]


def test_a_certificate_in_its_grace_period_can_be_linked(desk: Desk) -> None:
    assert linked(desk, "X-2")["in_grace"] is True
    assert taxes(desk)[0] == "0.00"


@pytest.mark.parametrize(
    ("certificate_id", "code"),
    [("X-3", "certificate_expired"), ("X-4", "certificate_not_yet_valid"), ("X-0", "unknown_certificate")],
)
def test_other_certificates_cannot_be_linked(desk: Desk, certificate_id: str, code: str) -> None:
    body = {"reference": "l-1", "order_id": "SO-1", "certificate_id": certificate_id}
    refused = desk.post("/v1/certificate-links", body)
    assert (refused.status_code, refused.json()["code"]) == (409, code)


def test_an_override_counts_in_place_of_the_engines_tax_until_it_is_voided(desk: Desk) -> None:
    override = {"reference": "o-1", "order_id": "SO-1", "lines": {"1": "7.00"}, "basis": "ACCEPT_VARIANCE"}
    made = desk.made("/v1/overrides", override | {"quote_id": quoted(desk).quote_id})
    assert desk.seen("/v1/overrides", reference="o-1")["items"] == [made]
    assert taxes(desk) == ["7.00", "0.00", "0.83", "4.95"]
    desk.made("/v1/overrides", override | {"reference": "o-2", "lines": {"1": "6.00"}, "freight_tax": "1.00"})
    assert taxes(desk) == ["6.00", "0.00", "0.83", "1.00"]
    for reference in ("o-1", "o-2"):
        found = desk.seen("/v1/overrides", reference=reference)["items"][0]
        desk.made(f"/v1/overrides/{found['id']}/cancel", {"reference": f"u-{reference}"})
    assert taxes(desk)[0] == "8.26"


def requested(desk: Desk, region: str) -> dict[str, Any]:
    body = {"reference": f"q-{region}", "customer_id": "C-1", "order_id": "SO-1", "region": region}
    return desk.made("/v1/certificate-requests", body)


def test_a_certificate_that_comes_in_answers_the_requests_for_it(desk: Desk, url: str, receiver: Receiver) -> None:
    texas, nevada = requested(desk, "TX"), requested(desk, "NV")
    Desk(url, "admin").http.put("/admin/certificates", json=certificate(7, 300)).raise_for_status()
    assert desk.seen(f"/v1/certificate-requests/{texas['id']}")["answered_by"] == "X-7"
    assert desk.seen(f"/v1/certificate-requests/{nevada['id']}")["answered_by"] is None
    event = CloudEvent.model_validate(eventually(lambda: receiver.taken)[0])
    assert (event.type.signal, event.data.order_id) == ("customer_answered", "SO-1")


def test_a_withdrawn_request_is_not_answered(desk: Desk, url: str) -> None:
    made = requested(desk, "TX")
    desk.made(f"/v1/certificate-requests/{made['id']}/cancel", {"reference": "u-1"})
    Desk(url, "admin").http.put("/admin/certificates", json=certificate(7, 300)).raise_for_status()
    assert desk.seen(f"/v1/certificate-requests/{made['id']}")["answered_by"] is None
