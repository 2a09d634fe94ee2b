"""Facts, read from the real services."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from pydantic import JsonValue

from activities.connectors.credit import HttpCredit
from activities.connectors.erp import HttpErp
from activities.connectors.errors import SystemCallFailed
from activities.connectors.pricing import HttpPricing
from activities.connectors.stock import HttpStock
from activities.credit import CreditActivities
from activities.crm import CrmActivities
from activities.erp import ErpActivities
from activities.pricing import PricingActivities
from activities.tax import TaxActivities
from activities.tms import TmsActivities
from activities.wms import WmsActivities
from domain.calls import FactCall
from domain.exception_types import IntegrationErrorKind as Kind
from domain.facts.account import Account
from domain.facts.address import Screening, ShipToSites
from domain.facts.credit import CreditPosition
from domain.facts.fact import Fact, Facts
from domain.facts.inventory import FreightQuotes, Sourcing, StockPositions
from domain.facts.pricing import Prices
from domain.facts.tax import Certificates, TaxQuote
from domain.facts.transport import Rates, Routing
from tests.integration.activities.enterprise import CUSTOMER, Enterprise, day, fact_call
from tests.unit.activities.conftest import run

TEXAS: JsonValue = {"region": "TX", "postal_code": "75201", "country": "US"}
LINES: JsonValue = [{"line_id": "1", "amount": "1000", "product_tax_code": "GENERAL"}]

Question = tuple[str, dict[str, JsonValue], type]
QUESTIONS: list[Question] = [
    ("crm.account", {"customer_id": CUSTOMER}, Account),
    ("crm.sites", {"customer_id": CUSTOMER}, ShipToSites),
    (
        "crm.screening",
        {"order_id": "SO-1", "customer_id": CUSTOMER, "site_id": "S-1", "postal_code": "75201", "country": "US"},
        Screening,
    ),
    ("credit.position", {"customer_id": CUSTOMER, "order_id": "SO-1", "currency": "USD"}, CreditPosition),
    ("wms.positions", {"items": ["PUMP", "VALVE"], "order_id": "SO-1"}, StockPositions),
    (
        "wms.freight_quotes",
        {
            "order_id": "SO-1",
            "postal_code": "75201",
            "region": "TX",
            "country": "US",
            "value": "1500.00",
            "quantity": "15",
        },
        FreightQuotes,
    ),
    ("erp.sourcing", {"items": ["PUMP"]}, Sourcing),
    (
        "tax.quote",
        {
            "order_id": "SO-1",
            "currency": "USD",
            "ship_from": "EAST",
            "ship_to": TEXAS,
            "freight": "60.00",
            "lines": LINES,
        },
        TaxQuote,
    ),
    ("tax.certificates", {"customer_id": CUSTOMER, "region": "TX"}, Certificates),
    (
        "tms.routing",
        {
            "customer_id": CUSTOMER,
            "site_id": "S-1",
            "region": "TX",
            "postal_code": "75201",
            "order_type": "STANDARD",
            "service_level": "STANDARD",
            "warehouse": "EAST",
        },
        Routing,
    ),
    (
        "tms.rates",
        {
            "origin": "EAST",
            "region": "TX",
            "postal_code": "75201",
            "country": "US",
            "weight_kg": "15",
            "volume_m3": "0",
            "hazmat": "false",
            "temperature": ["AMBIENT", "FROZEN"],
            "ready_on": day(1),
        },
        Rates,
    ),
    (
        "pricing.prices",
        {
            "customer_id": CUSTOMER,
            "currency": "USD",
            "as_of": day(0),
            "lines": [{"line_id": "1", "item": "PUMP", "quantity": "10", "unit": "EA"}],
        },
        Prices,
    ),
]


def asked(world: Enterprise, activity: str) -> Callable[[FactCall], Awaitable[Fact]]:
    system, _, operation = activity.partition(".")
    client = world.client(system)
    groups: dict[str, Callable[[], object]] = {
        "crm": lambda: CrmActivities(client),
        "credit": lambda: CreditActivities(HttpCredit(client)),
        "wms": lambda: WmsActivities(HttpStock(client)),
        "erp": lambda: ErpActivities(HttpErp(client)),
        "tax": lambda: TaxActivities(client),
        "tms": lambda: TmsActivities(client),
        "pricing": lambda: PricingActivities(HttpPricing(client)),
    }
    found: Callable[[FactCall], Awaitable[Fact]] = getattr(groups[system](), operation)
    return found


@pytest.mark.parametrize(("activity", "arguments", "kind"), QUESTIONS, ids=[question[0] for question in QUESTIONS])
async def test_a_fact_says_what_was_read_when_and_at_which_version(
    world: Enterprise, activity: str, arguments: dict[str, JsonValue], kind: type[Account]
) -> None:
    call = fact_call("SO-1", activity, **arguments)
    earlier = datetime.now(UTC)
    fact = await run(asked(world, activity), call)
    assert f"{fact.system}.{fact.operation}" == activity
    assert fact.version not in ("", "0")
    assert earlier <= fact.read_at <= datetime.now(UTC)
    assert Facts(items=(fact,)).get(fact.name, kind).version == fact.version


async def test_an_estimate_is_made_anew_each_time(world: Enterprise) -> None:
    activity, arguments, _ = next(question for question in QUESTIONS if question[0] == "tax.quote")
    call = fact_call("SO-77", activity, **{**arguments, "order_id": "SO-77"})
    first = Facts(items=(await run(asked(world, activity), call),)).get("quote", TaxQuote)
    override = {"reference": "r-77", "order_id": "SO-77", "lines": {"1": "1.00"}, "basis": "ruling"}
    world.desk("tax").made("/v1/overrides", override)
    second = Facts(items=(await run(asked(world, activity), call),)).get("quote", TaxQuote)
    assert first.lines[0].tax == Decimal("82.50")
    assert second.lines[0].tax == Decimal("1.00")


@pytest.mark.parametrize("kind", ["ERROR", "HANG", "GARBAGE", "RETRY_AFTER"])
@pytest.mark.parametrize("activity", ["tax.quote", "tax.certificates"])
async def test_a_read_on_a_bad_day_may_be_tried_again(world: Enterprise, activity: str, kind: str) -> None:
    arguments = next(question[1] for question in QUESTIONS if question[0] == activity)
    world.misbehave("tax", kind, "*")
    with pytest.raises(SystemCallFailed) as caught:
        await run(asked(world, activity), fact_call("SO-1", activity, **arguments))
    assert caught.value.kind is Kind.TRANSIENT


async def test_streets_and_recipients_stay_in_the_crm(world: Enterprise) -> None:
    site = {"customer_id": "C-SITES", "site_id": "S-1", "recipient": "Jane Doe", "street": "12 Quarry Street"}
    there = {"city": "Dallas", "region": "TX", "postal_code": "752011400", "country": "US"}
    world.desk("crm", "admin").http.put("/admin/sites", json={**site, **there}).raise_for_status()
    fact = await run(asked(world, "crm.sites"), fact_call("SO-1", "crm.sites", customer_id="C-SITES"))
    known = Facts(items=(fact,)).get("sites", ShipToSites).sites[0]
    assert (known.site_id, known.city, known.postal_code) == ("S-1", "DALLAS", "75201-1400")
    assert known.premise
    assert not any(word in str(fact.value).upper() for word in ("QUARRY", "JANE"))


async def test_a_read_does_not_notice_one_dropped_connection(world: Enterprise) -> None:
    world.misbehave("crm", "DROP", "GET /v1/accounts/{customer_id}")
    fact = await run(asked(world, "crm.account"), fact_call("SO-1", "crm.account", customer_id=CUSTOMER))
    assert fact.value is not None


async def test_a_customer_whom_nobody_knows_is_for_people(world: Enterprise) -> None:
    with pytest.raises(SystemCallFailed) as caught:
        await run(asked(world, "crm.account"), fact_call("SO-1", "crm.account", customer_id="C-404"))
    assert caught.value.kind is Kind.NOT_FOUND


async def test_a_system_that_is_away_is_waited_for(world: Enterprise) -> None:
    gone = Enterprise({"crm": "http://127.0.0.1:1"})
    assert world.urls
    with pytest.raises(SystemCallFailed) as caught:
        await run(asked(gone, "crm.account"), fact_call("SO-1", "crm.account", customer_id=CUSTOMER))
    assert caught.value.kind is Kind.TRANSIENT
