"""Orders, facts and customers for the tests of the playbooks, judged by the company's own policies."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from domain.assessment import Assessment, Circumstances, Option, Step
from domain.exception_types import ExceptionType
from domain.facts.account import Account
from domain.facts.consent import CustomerAnswer, CustomerAnswers
from domain.facts.credit import CreditPosition
from domain.facts.fact import Fact, Facts
from domain.facts.inventory import (
    FreightQuote,
    FreightQuotes,
    ItemSourcing,
    Receipt,
    Sourcing,
    StockPosition,
    StockPositions,
    TransferLane,
)
from domain.facts.tax import Certificate, Certificates, TaxLine, TaxQuote
from domain.order import Hold, HoldClass, HoldLevel, Order, OrderLine, OrderStatus, ServiceLevel, ShipTo
from domain.playbooks import playbook_for
from domain.policy.policy_set import PolicySet
from runtime.policy_files import read_files

NOW = datetime(2026, 3, 2, 14, tzinfo=UTC)
TODAY = NOW.date()
POLICIES = Path(__file__).parents[3] / "policies"


@cache
def policy() -> PolicySet:
    """The company's policies, as they lie in the repository."""
    return PolicySet.parse(read_files(POLICIES))


def policy_without(table: str, rows: Iterable[str]) -> PolicySet:
    """The company's policies with only these rows (by rule) in one table, and no demand that it be complete."""
    files = read_files(POLICIES)
    head, *body = files[f"{table}.csv"].splitlines()
    kept = [row for row in body if row.partition(",")[0] in set(rows)]
    files[f"{table}.csv"] = "\n".join([head, *kept])
    files[f"{table}.toml"] = files[f"{table}.toml"].replace("hit_policy", "complete = false\nhit_policy", 1)
    return PolicySet.parse(files)


def policy_with(file: str, old: str, new: str) -> PolicySet:
    """The company's policies after somebody changed one file."""
    files = read_files(POLICIES)
    assert old in files[file]
    files[file] = files[file].replace(old, new)
    return PolicySet.parse(files)


def day(number: int) -> date:
    """So many days after today."""
    return TODAY + timedelta(days=number)


def hold(
    code: str = "CREDIT", hold_class: HoldClass = HoldClass.SYSTEM, hold_id: str = "H1", lines: tuple[str, ...] = ()
) -> Hold:
    """A hold, on the lines named or on the order."""
    return Hold(
        hold_id=hold_id,
        code=code,
        level=HoldLevel.LINE if lines else HoldLevel.HEADER,
        hold_class=hold_class,
        line_ids=lines,
        source_system="ERP",
        source_code=code,
        applied_at=NOW - timedelta(minutes=5),
    )


HARD = hold(hold_class=HoldClass.HARD)


def line(line_id: str = "1", item: str = "BOLT", quantity: int = 100, **more: Any) -> OrderLine:
    """A line of 100 bolts at 10, costing 6, needed in five days."""
    fields = {"unit_price": Decimal(10), "unit_cost": Decimal(6), "need_by": day(5)} | more
    return OrderLine(line_id=line_id, item=item, quantity=Decimal(quantity), **fields)


def order(*lines: OrderLine, **more: Any) -> Order:
    """An order of 1,000 USD unless said otherwise."""
    fields: dict[str, Any] = {
        "tenant": "acme",
        "order_id": "SO-1",
        "version": 3,
        "status": OrderStatus.ON_HOLD,
        "customer_id": "C-1",
        "po_number": "PO-1",
        "currency": "USD",
        "service_level": ServiceLevel.STANDARD,
        "entered_by": "erin",
        "ordered_at": NOW - timedelta(hours=1),
        "need_by": day(5),
        "carrier_cutoff": NOW + timedelta(hours=6),
        "warehouse": "NYC",
        "ship_to": ShipTo(site_id="S-1", region="NY", postal_code="10001"),
        "lines": lines or (line(),),
        "holds": (hold(),),
    }
    return Order(**(fields | more))


def worth(amount: int | str, **more: Any) -> Order:
    """An order of so much money, in one line of one piece."""
    return order(line(quantity=1, unit_price=Decimal(amount), unit_cost=Decimal(amount) / 2), **more)


def facts(values: Mapping[str, BaseModel | None]) -> Facts:
    """Facts by name; None is a system that could not be reached."""
    return Facts(
        items=tuple(
            Fact(
                name=name,
                system="test",
                operation="test",
                version="1",
                read_at=NOW,
                value=None if value is None else value.model_dump(mode="json"),
            )
            for name, value in values.items()
        )
    )


def account(**more: Any) -> Account:
    """A customer of segment B."""
    return Account(**({"customer_id": "C-1", "segment": "B"} | more))


def assess(
    kind: ExceptionType,
    values: Mapping[str, BaseModel | None],
    the_order: Order | None = None,
    the_hold: Hold | None = None,
    by: PolicySet | None = None,
    **more: Any,
) -> Assessment:
    """What the playbook of that type says."""
    held = the_order or order()
    circumstances = Circumstances(order=held, hold=the_hold or hold(), facts=facts(values), **({"now": NOW} | more))
    return playbook_for(kind).assess(circumstances, by or policy())


def credit(
    position: Mapping[str, Any] | None = None,
    customer: Mapping[str, Any] | None = None,
    the_order: Order | None = None,
    **more: Any,
) -> Assessment:
    """A credit hold: limit 10,000, nothing owed, unless said otherwise."""
    fields: dict[str, Any] = {"customer_id": "C-1", "currency": "USD", "open_receivables": 0, "limit": 10_000}
    values = {"account": account(**(customer or {})), "credit": CreditPosition(**(fields | dict(position or {})))}
    return assess(ExceptionType.CREDIT_HOLD, values, the_order, **more)


def stocked(warehouse: str, on_hand: int, item: str = "BOLT", **more: Any) -> StockPosition:
    """One item in one warehouse."""
    return StockPosition(warehouse=warehouse, item=item, on_hand=Decimal(on_hand), **more)


def receipt(number: int, quantity: int, **more: Any) -> Receipt:
    """So much in so many days."""
    return Receipt(eta=day(number), quantity=Decimal(quantity), **more)


def quote(warehouse: str, cost: int | str, days: int = 1, handling: int | str = 0) -> FreightQuote:
    """What a shipment from there costs."""
    return FreightQuote(warehouse=warehouse, cost=Decimal(cost), handling=Decimal(handling), days=days)


def lane(origin: str, days: int = 1, cost: int | str = 5, destination: str = "NYC") -> TransferLane:
    """A way from one warehouse to another."""
    return TransferLane(origin=origin, destination=destination, days=days, cost=Decimal(cost))


FREIGHT = (quote("NYC", 20), quote("CHI", 25), quote("DAL", 30))


def inventory(
    *positions: StockPosition,
    quotes: tuple[FreightQuote, ...] = FREIGHT,
    lanes: tuple[TransferLane, ...] = (),
    items: tuple[ItemSourcing, ...] = (),
    customer: Mapping[str, Any] | None = None,
    the_order: Order | None = None,
    said: tuple[CustomerAnswer, ...] | None = None,
    **more: Any,
) -> Assessment:
    """A shortfall with that stock. `said` is what the customer was asked, if anybody wanted to know."""
    values: dict[str, BaseModel] = {
        "account": account(**(customer or {})),
        "stock": StockPositions(positions=positions, lanes=lanes),
        "freight": FreightQuotes(quotes=quotes),
        "sourcing": Sourcing(items=items),
    }
    if said is not None:
        values["customer_answers"] = CustomerAnswers(answers=said)
    return assess(ExceptionType.INVENTORY_SHORTFALL, values, the_order, **more)


def taxed(in_erp: int | str, as_ordered: int | str | None = None, amount: int = 1000, **more: Any) -> Order:
    """An order with that tax."""
    taxes: dict[str, Any] = {
        "tax_in_erp": Decimal(in_erp),
        "tax_as_ordered": Decimal(in_erp if as_ordered is None else as_ordered),
    }
    return order(line(quantity=1, unit_price=Decimal(amount), **taxes), **more)


def engine(*taxes: int | str, **more: Any) -> TaxQuote:
    """The engine's answer, line by line."""
    lines = tuple(
        TaxLine(line_id=str(number), rate=Decimal("0.08"), tax=Decimal(tax)) for number, tax in enumerate(taxes, 1)
    )
    return TaxQuote(**({"quote_id": "Q-1", "jurisdiction": "New York", "lines": lines} | more))


def certificate(valid_to: int, **more: Any) -> Certificate:
    """A certificate for New York that ends so many days after today."""
    fields = {
        "certificate_id": "X-1",
        "region": "NY",
        "valid_from": day(-400),
        "valid_to": day(valid_to),
        "use": "RESALE",
    }
    return Certificate(**(fields | more))


def tax(the_quote: TaxQuote | None, the_order: Order, *certificates: Certificate, **more: Any) -> Assessment:
    """A tax discrepancy; no quote is an engine that is silent."""
    values = {
        "account": account(),
        "tax": the_quote,
        "certificates": Certificates(certificates=certificates),
    }
    return assess(ExceptionType.TAX_DISCREPANCY, values, the_order, **more)


def offered(assessment: Assessment) -> set[str]:
    """The codes of the options."""
    return {option.code for option in assessment.options}


def chosen(assessment: Assessment, code: str) -> Option:
    """The option of that code; it must be there."""
    option = assessment.option(code)
    assert option is not None, f"{code} is not among {offered(assessment)}"
    return option


def steps(option: Option) -> list[str]:
    """What the option writes, by activity."""
    return [step.activity for step in option.plan.steps]


def step(option: Option, activity: str) -> Step:
    """The first step of that activity."""
    return next(step for step in option.plan.steps if step.activity == activity)
