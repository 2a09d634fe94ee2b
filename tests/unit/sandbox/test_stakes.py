from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from domain.exception_types import ExceptionType
from domain.order import Hold, Order
from sandbox.demo.stakes import CreditBooks, Stakes

NOW = "2026-11-23T09:00:00Z"


def line(line_id: str = "1", *, quantity: str = "10", price: str = "9", **changes: str) -> dict[str, Any]:
    about = {"line_id": line_id, "item": "PUMP", "quantity": quantity, "unit_price": price, "need_by": "2026-11-30"}
    return {**about, **changes}


def order(*lines: dict[str, Any], cleared: int = 1) -> Order:
    gone = {"hold": hold().model_dump(mode="json"), "cleared_at": NOW}
    return Order.model_validate(
        {
            "tenant": "acme",
            "order_id": "SO-1",
            "version": 3,
            "status": "INVOICED",
            "customer_id": "C-1",
            "po_number": "PO-1",
            "currency": "USD",
            "service_level": "STANDARD",
            "entered_by": "nadia",
            "ordered_at": NOW,
            "need_by": "2026-11-30",
            "carrier_cutoff": NOW,
            "warehouse": "EAST",
            "ship_to": {"site_id": "1", "region": "TX", "postal_code": "75201"},
            "lines": lines,
            "cleared_holds": [gone] * cleared,
        }
    )


def hold(*line_ids: str) -> Hold:
    about = {"hold_id": "H1", "code": "X", "source_system": "ERP", "source_code": "X", "applied_at": NOW}
    return Hold.model_validate({**about, "line_ids": line_ids})


def stakes(*entered: dict[str, Any], credit: CreditBooks | None = None) -> Stakes:
    return Stakes({"SO-1": {"order_id": "SO-1", "lines": entered}}, credit or CreditBooks({}, ()))


def paid(amount: str, order_id: str | None, operation: str = "payments.create") -> dict[str, Any]:
    return {"operation": operation, "detail": {"customer_id": "C-1", "order_id": order_id, "amount": amount}}


@pytest.mark.parametrize(
    ("ledger", "exposure"),
    [
        ([], "1090"),
        ([paid("30", "SO-1")], "1060"),
        ([paid("500", "SO-1", "payment-authorisations.create")], "1000"),
        ([paid("400", None)], "690"),
        ([paid("30", "SO-2"), paid("99", "SO-2", "releases.create")], "1090"),
    ],
)
def test_exposure_is_what_was_owed_in_the_morning_and_the_order_less_what_was_paid(
    ledger: list[dict[str, Any]], exposure: str
) -> None:
    account = {"open_receivables": "1200", "open_orders": "100", "unapplied_cash": "200", "deposits": "100"}
    found = stakes(line(), credit=CreditBooks({"C-1": account}, ledger))
    assert found.at_least(ExceptionType.CREDIT_HOLD, order(line()), hold(), "RELEASE_ONCE") == Decimal(exposure)


def test_goods_count_at_the_lower_of_two_values_and_only_if_they_were_there_before() -> None:
    now = order(line("1", price="8"), line("2", quantity="3"), line("3"), line("4", status="CANCELLED"))
    found = stakes(line("1"), line("2"), line("4"))
    assert found.at_least(ExceptionType.ADDRESS_INVALID, now, hold(), "STANDARDISE") == 80 + 27
    assert found.at_least(ExceptionType.INVENTORY_SHORTFALL, now, hold("2"), "SPLIT_DC") == 27
    assert found.at_least(ExceptionType.CARRIER_INSTRUCTIONS_MISSING, now, hold(), "RATE_SHOP") == 0


def test_a_price_that_was_corrected_in_the_erp_was_at_stake() -> None:
    now, found = order(line("1", price="8"), line("2")), stakes(line("1"), line("2"))
    assert found.at_least(ExceptionType.PRICE_DISCREPANCY, now, hold(), "HONOR_CONTRACT") == 10
    assert found.at_least(ExceptionType.PRICE_DISCREPANCY, now, hold(), "HONOR_PO") == 0


def test_a_tax_that_was_corrected_was_at_stake_if_nothing_else_can_have_changed_it() -> None:
    now = order(line(tax_in_erp="10"))
    found = stakes(line(tax_in_erp="55", tax_as_ordered="12"))
    assert found.at_least(ExceptionType.TAX_DISCREPANCY, now, hold(), "USE_ENGINE") == 45
    assert found.at_least(ExceptionType.TAX_DISCREPANCY, now, hold(), "FALLBACK_TRUE_UP") == 10
    assert found.at_least(ExceptionType.TAX_DISCREPANCY, now, hold(), "ACCEPT_VARIANCE") == 0
    several = order(line(tax_in_erp="10"), cleared=2)
    assert found.at_least(ExceptionType.TAX_DISCREPANCY, several, hold(), "USE_ENGINE") == 0
    assert stakes(line()).at_least(ExceptionType.TAX_DISCREPANCY, now, hold(), "USE_ENGINE") == 0
