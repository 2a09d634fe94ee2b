"""Orders without a carrier: services, standing instructions, answers of the customer, and the rows that judge them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

from domain.assessment import Assessment, Option
from domain.exception_types import ExceptionType
from domain.facts.consent import CustomerAnswer, CustomerAnswers
from domain.facts.transport import CarrierAccount, PickupSite, RateQuote, Rates, Route, Routing
from domain.order import CarrierInstructions, FreightTerms, Order
from tests.unit.playbooks.scenario import HARD, NOW, account, assess, day, hold, line, order, step

CARRIER = ExceptionType.CARRIER_INSTRUCTIONS_MISSING
COLLECT, THIRD_PARTY, PREPAY_ADD = FreightTerms.COLLECT, FreightTerms.THIRD_PARTY, FreightTerms.PREPAY_ADD
COLLECTION = PickupSite(warehouse="NYC", hazmat=False)


def service(code: str, cost: int | str, delivers: int = 2, **more: Any) -> RateQuote:
    """A service like `UPSN:GROUND` that picks up today and delivers in so many days; today is a Monday."""
    scac, _, name = code.partition(":")
    fields: dict[str, Any] = {
        "carrier": f"Carrier {scac}",
        "cost": Decimal(cost),
        "pickup_on": day(0),
        "delivers_on": day(delivers),
        "max_weight_kg": Decimal(1000),
        "hazmat": True,
    }
    return RateQuote(scac=scac, service=name, **(fields | more))


GROUND = service("UPSN:GROUND", 40, 3)
FREIGHT_LINE = service("FXFE:ECONOMY", 55, 4)
AIR = service("UPSN:AIR", 140, 1, expedited=True)
SLOW = service("SLOW:BOAT", 10, 9)
ALL = (GROUND, FREIGHT_LINE, AIR, SLOW)


def route(code: str, terms: FreightTerms | None = None, account_number: str | None = None) -> Route:
    """A standing instruction."""
    scac, _, name = code.partition(":")
    return Route(scac=scac, service=name, freight_terms=terms, account=account_number)


def account_with(scac: str, terms: FreightTerms = COLLECT, number: str = "A-1", ends: int = 100) -> CarrierAccount:
    """An account that ends so many days after today."""
    return CarrierAccount(scac=scac, terms=terms, account=number, valid_from=day(-100), valid_to=day(ends))


def unrouted(freight: int | str = 40, *lines: Any, **carrier: Any) -> Order:
    """An order of 1,000 USD with that freight, needed on Friday, and whatever it says of its carrier."""
    return order(
        *(lines or (line(need_by=day(4), unit_weight_kg=Decimal(1)),)),
        freight=Decimal(freight),
        carrier=CarrierInstructions(**carrier),
    )


def answered(choice: str | None, about: str = "", question: str = "carrier_instructions") -> CustomerAnswer:
    """What the customer said an hour ago, or has not said."""
    return CustomerAnswer(
        question=question,
        about=about,
        choice=choice,
        asked_at=NOW - timedelta(hours=2),
        answer_by=NOW + timedelta(hours=4),
        answered_at=NOW - timedelta(hours=1) if choice else None,
    )


def unsent(
    *quotes: RateQuote,
    the_order: Order | None = None,
    customer: dict[str, Any] | None = None,
    said: tuple[CustomerAnswer, ...] = (),
    the_hold: Any = None,
    by: Any = None,
    waited_for: tuple[str, ...] = (),
    adjustments: dict[str, dict[str, str]] | None = None,
    **routing: Any,
) -> Assessment:
    """An order that nobody said how to send, with those services on its lane."""
    values = {
        "account": account(**(customer or {})),
        "routing": Routing(**({"pickup": COLLECTION} | routing)),
        "rates": Rates(quotes=quotes or ALL),
        "customer_answers": CustomerAnswers(answers=said),
    }
    more = {"waited_for": waited_for, "adjustments": adjustments or {}}
    return assess(CARRIER, values, the_order or unrouted(), the_hold or hold("CARRIER"), by, **more)


def tendered(option: Option) -> str:
    """The service that an option tenders to."""
    arguments = step(option, "tms.tender").arguments
    return f"{arguments['scac']}:{arguments['service']}"


def amounts(option: Option) -> list[Any]:
    """The freight that an option adds, and how much of it we bear."""
    return [option.amount.amount, option.cost.amount]


ONLY_AIR = (AIR, SLOW)
ABOUT_AIR = "UPSN:AIR:140.00/SLOW:BOAT:10.00"
"""What a question is about that offers these two."""
SILENCE = (f"carrier_instructions {ABOUT_AIR}",)
GUIDE: dict[str, Any] = {"guide": route("FXFE:ECONOMY")}
ENDED: dict[str, Any] = {"guide": route("FXFE:ECONOMY", COLLECT, "A-1"), "accounts": (account_with("FXFE", ends=-1),)}

ROWS: dict[str, tuple[Callable[[], Assessment], str, str | None]] = {
    "hard": (lambda: unsent(the_hold=HARD, **GUIDE), "APPLY_DEFAULT", "operations_manager"),
    "customer_collects": (lambda: unsent(said=(answered("PICKUP"),)), "PICKUP", None),
    "ex_works": (lambda: unsent(the_order=unrouted(incoterms="EXW NYC")), "PICKUP", None),
    "customer_pays_own_choice": (
        lambda: unsent(
            *ONLY_AIR,
            the_order=unrouted(freight_terms=PREPAY_ADD),
            said=(answered("SERVICE_1", ABOUT_AIR),),
        ),
        "RATE_SHOP",
        None,
    ),
    "declined": (lambda: unsent(said=(answered("CALL"),)), "RATE_SHOP", "traffic_manager"),
    "nothing_fits": (lambda: unsent(service("UPSN:GROUND", 1, accepting=False)), "PICKUP", "traffic_manager"),
    "late": (lambda: unsent(SLOW), "RATE_SHOP", "traffic_manager"),
    "account_missing": (lambda: unsent(the_order=unrouted(freight_terms=COLLECT)), "ASK_CUSTOMER", None),
    "consent_missing": (
        lambda: unsent(*ONLY_AIR, the_order=unrouted(freight_terms=PREPAY_ADD)),
        "ASK_CUSTOMER",
        None,
    ),
    "silent_small": (
        lambda: unsent(*ONLY_AIR, the_order=unrouted(115, freight_terms=PREPAY_ADD), waited_for=SILENCE),
        "RATE_SHOP",
        None,
    ),
    "silent": (
        lambda: unsent(*ONLY_AIR, the_order=unrouted(freight_terms=PREPAY_ADD), waited_for=SILENCE),
        "RATE_SHOP",
        "traffic_manager",
    ),
    "guide_of_best": (lambda: unsent(customer={"segment": "A"}, **ENDED), "RATE_SHOP", "traffic_manager"),
    "default_small": (lambda: unsent(the_order=unrouted(30), **GUIDE), "APPLY_DEFAULT", None),
    "default_in_proportion": (
        lambda: unsent(service("FXFE:ECONOMY", 330), the_order=unrouted(300), **GUIDE),
        "APPLY_DEFAULT",
        None,
    ),
    "default_dear": (
        lambda: unsent(service("FXFE:ECONOMY", "66.01"), GROUND, **GUIDE),
        "APPLY_DEFAULT",
        "traffic_manager",
    ),
    "shopped_small": (lambda: unsent(the_order=unrouted(15)), "RATE_SHOP", None),
    "shopped_in_proportion": (lambda: unsent(service("X:Y", 330), the_order=unrouted(300)), "RATE_SHOP", None),
    "shopped_dear": (lambda: unsent(the_order=unrouted("14.99")), "RATE_SHOP", "traffic_manager"),
}
"""For each row of `carrier_rules`: what it judges, what it recommends, and whom it asks."""

_SMALL, _LARGE = Decimal(900), Decimal(60_000)
TERMS: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "same_day": (
        {"segment": "A", "service_level": "SAME_DAY", "order_value": _LARGE},
        {"answer_wait": timedelta(hours=1), "pickup_consent": False, "service_choices": 3},
    ),
    "priority": (
        {"segment": "C", "service_level": "PRIORITY", "order_value": _SMALL},
        {"answer_wait": timedelta(hours=4), "pickup_consent": True, "tolerance_percent": 5},
    ),
    "best": (
        {"segment": "A", "service_level": "STANDARD", "order_value": _LARGE},
        {"answer_wait": timedelta(days=1), "tolerance_percent": 10, "service_choices": 4},
    ),
    "others_large": (
        {"segment": "B", "service_level": "STANDARD", "order_value": _LARGE},
        {"answer_wait": timedelta(days=1), "tolerance_percent": 5},
    ),
    "others": (
        {"segment": "B", "service_level": "STANDARD", "order_value": _SMALL},
        {
            "answer_wait": timedelta(days=2),
            "tolerance_percent": 10,
            "chain": ("traffic_manager", "operations_manager", "controller"),
        },
    ),
}
"""For each row of `carrier_terms`: inputs that find it, and the figures agreed."""
