"""Addresses that cannot be right, judged by the company's own policies. All of them are invented."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

from activities.connectors.sites import MasterSite
from domain.assessment import Assessment
from domain.exception_types import ExceptionType
from domain.facts.address import EnteredAddress, PostalAddress, Screening, ScreeningResult, ShipToSites, Site
from domain.facts.consent import CustomerAnswer, CustomerAnswers
from domain.order import Order
from tests.unit.playbooks.scenario import NOW, account, assess, day, line, worth

STREET = {"street": "12 N QUARRY ST", "city": "ALBANY", "region": "NY", "postal_code": "12207"}
ELSEWHERE = {"street": "740 Harbor Ave", "city": "BUFFALO", "region": "NY", "postal_code": "14202"}
BOX = {"street": "PO Box 31", "city": "ALBANY", "region": "NY", "postal_code": "12207"}


def site(site_id: str = "S-1", delivered: int | None = 30, **more: Any) -> Site:
    """A site of the master, so many days after its last good delivery."""
    fields: dict[str, Any] = {**STREET, "freight_capable": True, "site_id": site_id, **more}
    last = None if delivered is None else day(-delivered)
    return MasterSite(**fields, last_good_delivery=last).without_street()


HERE = site()
HARBOR = site("S-2", 30, **ELSEWHERE)


def entered(**changes: str) -> PostalAddress:
    """The address of the first site, with changes."""
    return PostalAddress(**{**STREET, **changes})


def heavy(amount: int = 1000, kilograms: int = 400, **more: Any) -> Order:
    """An order for a lorry."""
    return worth(amount).model_copy(
        update={"lines": (line(quantity=1, unit_price=Decimal(amount), unit_weight_kg=Decimal(kilograms), **more),)}
    )


def answered(choice: str | None, to: Assessment, hours: int = 1) -> CustomerAnswers:
    """The customer's answer to the question that an assessment wants to put; None if there was none yet."""
    option = to.option("CUSTOMER_CONFIRM")
    assert option is not None
    arguments = option.plan.steps[0].arguments
    answer = CustomerAnswer(
        question=str(arguments["question"]),
        about=str(arguments["about"]),
        choice=choice,
        asked_at=NOW - timedelta(hours=hours),
        answer_by=NOW + timedelta(hours=hours),
        answered_at=NOW if choice else None,
    )
    return CustomerAnswers(answers=(answer,))


def address(
    stated: PostalAddress | None,
    *sites: Site,
    the_order: Order | None = None,
    answers: CustomerAnswers | None = None,
    screening: dict[str, Any] | None = None,
    **more: Any,
) -> Assessment:
    """An address hold; without sites, of a customer who has none."""
    values = {
        "account": account(),
        "address": EnteredAddress(address=stated),
        "sites": ShipToSites(sites=sites),
        "screening": Screening(**({"result": ScreeningResult.CLEAR} | (screening or {}))),
        "customer_answers": answers or CustomerAnswers(),
    }
    return assess(ExceptionType.ADDRESS_INVALID, values, the_order or worth(1000), **more)


def replied(choice: str, stated: PostalAddress | None, *sites: Site, **more: Any) -> Assessment:
    """The same after the customer has answered."""
    return address(stated, *sites, answers=answered(choice, address(stated, *sites, **more)), **more)


def unanswered(stated: PostalAddress | None, *sites: Site, **more: Any) -> Assessment:
    """The same after the time to answer is over."""
    option = address(stated, *sites, **more).option("CUSTOMER_CONFIRM")
    assert option is not None
    assert option.plan.wait is not None
    return address(stated, *sites, waited_for=(option.plan.wait.name,), **more)
