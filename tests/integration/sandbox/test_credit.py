from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from domain.events import CloudEvent
from domain.facts.credit import CreditPosition
from sandbox.credit.records import CreditSettings, is_over
from sandbox.credit.service import build
from sandbox.kernel import Subscriber, in_thread
from tests.integration.sandbox.desk import ANYBODY, TOKENS, Desk, eventually, figures
from tests.integration.sandbox.toy import Receiver, receiving

CUSTOMERS: list[Any] = [
    {
        "customer_id": "C-1",
        "currency": "USD",
        "open_receivables": "9000",
        "open_orders": "500",
        "unapplied_cash": "700",
        "limit": "10000",
        "oldest_overdue_days": 12,
        "card_on_file": True,
        "card_limit": "5000",
    },
    {"customer_id": "C-2", "currency": "EUR", "limit": "100"},
]


def hence(**span: float) -> str:
    return (datetime.now(UTC) + timedelta(**span)).isoformat()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as receiver:
        yield receiver


@pytest.fixture
def url(receiver: Receiver) -> Iterator[str]:
    settings = CreditSettings(
        tokens=TOKENS,
        seed={"customers": CUSTOMERS},
        subscribers=(Subscriber(url=receiver.url, secret="s"),),
        public_url="https://pay.example",
    )
    with in_thread(build(settings)) as url:
        yield url


@pytest.fixture
def desk(url: str) -> Desk:
    return Desk(url)


@pytest.fixture
def admin(url: str) -> Desk:
    return Desk(url, "admin")


def position(desk: Desk, order_id: str = "SO-1") -> CreditPosition:
    answer = desk.seen("/v1/customers/C-1/position", order_id=order_id, currency="USD")
    return CreditPosition.model_validate(answer)


def body(reference: str, **more: Any) -> dict[str, Any]:
    usual = {"customer_id": "C-1", "order_id": "SO-1", "currency": "USD"}
    return usual | {"reference": reference} | more


def events(receiver: Receiver, count: int = 1) -> list[CloudEvent]:
    taken = eventually(lambda: receiver.taken if len(receiver.taken) >= count else None)
    return [CloudEvent.model_validate(event) for event in taken or ()]


def test_the_position_is_that_of_the_books(desk: Desk) -> None:
    seen = position(desk)
    assert figures(seen.open_receivables, seen.open_orders, seen.unapplied_cash, seen.limit) == [9000, 500, 700, 10000]
    assert position(desk).version == seen.version


@pytest.mark.parametrize(
    ("customer", "currency", "status", "code"),
    [("C-0", "USD", 404, "unknown_customer"), ("C-2", "USD", 422, "unknown_currency")],
)
def test_nobody_gets_a_position_that_is_not_theirs(
    desk: Desk, customer: str, currency: str, status: int, code: str
) -> None:
    refused = desk.get(f"/v1/customers/{customer}/position", currency=currency)
    assert (refused.status_code, refused.json()["code"]) == (status, code)


def test_a_release_is_exposure_for_other_orders_until_it_is_cancelled(desk: Desk) -> None:
    made = desk.made("/v1/releases", body("r-1", amount="800", valid_until=hence(days=3)))
    assert desk.seen("/v1/releases", reference="r-1")["items"] == [made]
    assert position(desk, "SO-1").open_orders == 500
    assert position(desk, "SO-2").open_orders == 1300
    desk.made(f"/v1/releases/{made['id']}/cancel", {"reference": "u-1"})
    assert position(desk, "SO-2").open_orders == 500
    assert desk.effects(order_id="SO-1") == ["releases.create", "releases.cancel"]


def test_a_release_that_is_over_before_it_begins_is_refused(desk: Desk) -> None:
    refused = desk.post("/v1/releases", body("r-1", amount="800", valid_until="2020-02-29"))
    assert (refused.status_code, refused.json()["code"]) == (422, "already_over")


def test_a_release_of_an_unknown_customer_is_a_gap_in_the_master_data(desk: Desk) -> None:
    refused = desk.post("/v1/releases", body("r-1", amount="1", valid_until=hence(days=1)) | {"customer_id": "C-0"})
    assert (refused.status_code, refused.json()["code"]) == (422, "unknown_customer")


def change(reference: str, limit: str, until: str) -> dict[str, Any]:
    return {"reference": reference, "customer_id": "C-1", "currency": "USD", "limit": limit, "valid_until": until}


def test_the_last_limit_change_counts_until_it_is_cancelled(desk: Desk) -> None:
    desk.made("/v1/limit-changes", change("l-1", "12000", hence(days=1)))
    second = desk.made("/v1/limit-changes", change("l-2", "15000", hence(days=1)))
    assert position(desk).limit == 15000
    assert Decimal(second["limit_before"]) == 12000
    desk.made(f"/v1/limit-changes/{second['id']}/cancel", {"reference": "u-1"})
    assert position(desk).limit == 12000


def test_a_limit_change_ends_when_its_time_is_up(desk: Desk, admin: Desk) -> None:
    desk.made("/v1/limit-changes", change("l-1", "12000", hence(days=1)))
    admin.let_pass(hours=23)
    assert position(desk).limit == 12000
    admin.let_pass(hours=1)
    assert position(desk).limit == 10000


def test_a_release_ends_when_its_time_is_up(desk: Desk, admin: Desk) -> None:
    desk.made("/v1/releases", body("r-1", amount="800", valid_until=hence(days=3)))
    admin.let_pass(days=2)
    assert position(desk, "SO-2").open_orders == 1300
    admin.let_pass(days=1)
    assert position(desk, "SO-2").open_orders == 500


def test_a_day_counts_to_its_end() -> None:
    assert not is_over(date(2026, 2, 28), datetime(2026, 2, 28, 23, 59, tzinfo=UTC))
    assert is_over(date(2026, 2, 28), datetime(2026, 3, 1, tzinfo=UTC))


def test_a_payment_authorisation_is_a_prepayment_of_its_order(desk: Desk) -> None:
    made = desk.made("/v1/payment-authorisations", body("p-1", amount="250.50"))
    assert position(desk).prepaid_for_order == Decimal("250.50")
    assert position(desk, "SO-2").prepaid_for_order == 0
    desk.made(f"/v1/payment-authorisations/{made['id']}/cancel", {"reference": "u-1"})
    assert position(desk).prepaid_for_order == 0


def test_a_card_must_be_there_and_be_good_for_the_amount(desk: Desk) -> None:
    other = body("p-1", amount="1", customer_id="C-2", currency="EUR")
    assert desk.post("/v1/payment-authorisations", other).json()["code"] == "no_card_on_file"
    refused = desk.post("/v1/payment-authorisations", body("p-2", amount="5000.01"))
    assert (refused.status_code, refused.json()["code"]) == (409, "card_declined")


def link(desk: Desk, **more: Any) -> dict[str, Any]:
    usual = {"amount": "900.00", "expires_at": hence(hours=1)}
    return desk.made("/v1/payment-links", body("k-1", **(usual | more)))


def test_a_payment_link_that_is_paid_prepays_its_order(desk: Desk, admin: Desk, receiver: Receiver) -> None:
    made = link(desk)
    assert made["url"] == f"https://pay.example/pay/{made['id']}"
    assert position(desk).prepaid_for_order == 0
    for _ in range(2):
        assert admin.made(f"/admin/payment-links/{made['id']}/pay", {})["paid_at"]
    assert position(desk).prepaid_for_order == 900
    (event,) = events(receiver)
    assert event.type.signal == "payment_received"
    assert (event.data.order_id, event.data.customer_id) == ("SO-1", "C-1")
    assert str(event.data.amount) == "900.00 USD"


def test_the_customer_pays_on_the_page_of_the_link(desk: Desk, url: str) -> None:
    page = f"{url}/pay/{link(desk)['id']}"
    assert "900.00 USD for order SO-1" in ANYBODY.get(page).text
    assert "thank you" in ANYBODY.post(page).text
    assert position(desk).prepaid_for_order == 900


def test_a_closed_link_takes_no_money_and_a_paid_one_is_paid_back(desk: Desk, admin: Desk) -> None:
    made = link(desk)
    admin.made(f"/admin/payment-links/{made['id']}/pay", {})
    closed = desk.made(f"/v1/payment-links/{made['id']}/cancel", {"reference": "u-1"})
    assert closed["refunded_at"]
    assert position(desk).prepaid_for_order == 0
    other = desk.made("/v1/payment-links", body("k-2", amount="1", expires_at=hence(hours=1)))
    desk.made(f"/v1/payment-links/{other['id']}/cancel", {"reference": "u-2"})
    assert admin.post(f"/admin/payment-links/{other['id']}/pay", {}).json()["code"] == "link_closed"


def test_a_link_expires(desk: Desk, admin: Desk) -> None:
    made = link(desk)
    admin.let_pass(hours=1)
    assert admin.post(f"/admin/payment-links/{made['id']}/pay", {}).status_code == 409


def test_a_payment_pays_receivables_and_the_rest_waits_for_a_purpose(desk: Desk, admin: Desk) -> None:
    admin.made("/admin/payments", {"customer_id": "C-1", "amount": "4000"})
    assert figures(position(desk).open_receivables, position(desk).oldest_overdue_days) == [5000, 12]
    admin.made("/admin/payments", {"customer_id": "C-1", "amount": "5100"})
    seen = position(desk)
    assert figures(seen.open_receivables, seen.unapplied_cash, seen.oldest_overdue_days) == [0, 800, 0]


def test_a_payment_that_names_an_order_is_for_that_order(desk: Desk, admin: Desk, receiver: Receiver) -> None:
    admin.made("/admin/payments", {"customer_id": "C-1", "order_id": "SO-1", "amount": "300"})
    assert figures(position(desk).open_receivables, position(desk).prepaid_for_order) == [9000, 300]
    assert events(receiver)[0].subject == "SO-1"


def test_unapplied_cash_is_applied_to_receivables(desk: Desk, admin: Desk, receiver: Receiver) -> None:
    admin.made("/admin/payments", {"customer_id": "C-1", "amount": "100", "unapplied": True})
    assert position(desk).unapplied_cash == 800
    admin.made("/admin/cash-applications", {"customer_id": "C-1", "amount": "800"})
    assert figures(position(desk).unapplied_cash, position(desk).open_receivables) == [0, 8200]
    assert admin.post("/admin/cash-applications", {"customer_id": "C-1", "amount": "1"}).status_code == 409
    assert [event.data.order_id for event in events(receiver, 2)] == [None, None]


def test_the_administrator_sets_customers_up(desk: Desk, admin: Desk) -> None:
    admin.http.put("/admin/customers", json=CUSTOMERS[0] | {"limit": "1"}).raise_for_status()
    assert position(desk).limit == 1
