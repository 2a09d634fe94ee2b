"""Price discrepancies for tests: 100 bolts that cost 6, of which floor and target margin are 15 and 30 %."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal
from typing import Any

from domain.assessment import Assessment
from domain.exception_types import ExceptionType
from domain.facts.consent import CustomerAnswer, CustomerAnswers
from domain.facts.pricing import (
    Agreement,
    Costing,
    LinePrices,
    PriceBreak,
    PriceRecord,
    Prices,
    PriceSchedule,
    Promotion,
)
from domain.order import AsOrdered, Order, OrderLine
from domain.playbooks.price_case import QUESTION
from tests.unit.playbooks.scenario import NOW, account, assess, chosen, day, line, order

Amount = int | str


def schedule(
    price: Amount, *, currency: str = "USD", pack: Amount = 1, unit: str = "EA", least: int = 0
) -> PriceSchedule:
    """One price for every quantity from `least` on."""
    breaks = (PriceBreak(min_quantity=Decimal(least), unit_price=Decimal(price)),)
    return PriceSchedule(unit=unit, pack_quantity=Decimal(pack), currency=currency, breaks=breaks)


def contract(price: Amount, **more: Any) -> Agreement:
    """A contract that holds this year; the prices can be given as a schedule."""
    fields = {"agreement_id": "K-1", "valid_from": day(-100), "valid_to": day(100), "prices": schedule(price)}
    return Agreement(**(fields | more))


def promotion(percent_off: Amount) -> Promotion:
    """A promotion that runs today."""
    return Promotion(promotion_id="SPRING", valid_from=day(-1), valid_to=day(1), percent_off=Decimal(percent_off))


def record(price: Amount, customer_id: str | None = "C-1", **more: Any) -> PriceRecord:
    """A price record, of the customer unless said otherwise."""
    fields = {"record_id": "PR-1", "item": "BOLT", "customer_id": customer_id, "version": 4}
    return PriceRecord(**({**fields, "prices": schedule(price)} | more))


def costing(cost: Amount = 6, floor: Amount = 15, target: Amount = 30) -> Costing:
    """What a piece costs, and what it is to bring."""
    return Costing(
        cost=Decimal(cost),
        currency="USD",
        floor_margin_percent=Decimal(floor),
        target_margin_percent=Decimal(target),
    )


def known(*agreements: Agreement, line_id: str = "1", **more: Any) -> LinePrices:
    """What pricing knows about a line."""
    fields = {"line_id": line_id, "item": "BOLT", "agreements": agreements, "costing": costing()}
    return LinePrices(**(fields | more))


def po_line(
    stated: Amount | None, in_erp: Amount = 10, line_id: str = "1", quantity: int = 100, **more: Any
) -> OrderLine:
    """A line with the purchase order's price and the ERP's."""
    priced = None if stated is None else AsOrdered(unit_price=Decimal(stated), currency="USD")
    fields = {"unit_price": Decimal(in_erp), "as_ordered": priced} | more
    return line(line_id, quantity=quantity, **fields)


def ordered(stated: Amount | None, in_erp: Amount = 10, quantity: int = 100, **more: Any) -> Order:
    """An order of one such line."""
    return order(po_line(stated, in_erp, quantity=quantity), **more)


def price(
    the_order: Order,
    *lines: LinePrices,
    answers: tuple[CustomerAnswer, ...] = (),
    rates: Mapping[str, Amount] | None = None,
    customer: Mapping[str, Any] | None = None,
    **more: Any,
) -> Assessment:
    """A price discrepancy; without `lines`, pricing knows costs and nothing else."""
    facts = Prices(
        currency=the_order.currency,
        lines=lines or tuple(known(line_id=line.line_id) for line in the_order.lines),
        rates={currency: Decimal(rate) for currency, rate in (rates or {}).items()},
    )
    values = {
        "account": account(**(customer or {})),
        "prices": facts,
        "customer_answers": CustomerAnswers(answers=answers),
    }
    return assess(ExceptionType.PRICE_DISCREPANCY, values, the_order, **more)


def answered(the_order: Order, *lines: LinePrices, choice: str | None = None, **more: Any) -> Assessment:
    """The same after the customer was asked and gave that answer; None: the question is open."""
    asked = chosen(price(the_order, *lines), "CUSTOMER_REVISE").plan.steps[0]
    answer = CustomerAnswer(
        question=QUESTION,
        about=str(asked.arguments["about"]),
        choice=choice,
        asked_at=NOW - timedelta(hours=1),
        answer_by=NOW + timedelta(hours=1),
        answered_at=NOW if choice else None,
    )
    return price(the_order, *lines, answers=(answer,), **more)


def unanswered(the_order: Order, *lines: LinePrices, **more: Any) -> Assessment:
    """The same after the customer was asked and the time to answer is over."""
    wait = chosen(price(the_order, *lines), "CUSTOMER_REVISE").plan.wait
    assert wait is not None
    return price(the_order, *lines, waited_for=(wait.name,), **more)
