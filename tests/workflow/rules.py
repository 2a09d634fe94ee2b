"""The fake enterprise's policy: for each type of hold what may be done about it, from the order and the facts alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from domain.assessment import Ask, Assessment, CustomerMessage, Disposition, Option, Plan, Step, Wait
from domain.events import EventType
from domain.exception_types import ExceptionType
from domain.money import Money
from domain.order import Hold, HoldClass, Order
from domain.tasks import ExpiryDefault
from tests.orders import LONG_AGO

SMALL, LARGE = Decimal(1000), Decimal(5000)
"""Policy decides up to the first by itself; above the second it takes the controller."""
TOLERANCE = Decimal(5)
COPY = Decimal(900), SMALL
"""An order worth more than the first and up to the second is the copy of another one, which policy drops by itself."""
OWNERS = {
    ExceptionType.DUPLICATE_PO: "service_lead",
    ExceptionType.ADDRESS_INVALID: "service",
    ExceptionType.PRICE_DISCREPANCY: "pricing_analyst",
    ExceptionType.INVENTORY_SHORTFALL: "planner",
    ExceptionType.TAX_DISCREPANCY: "tax_analyst",
    ExceptionType.CREDIT_HOLD: "credit_manager",
}
PEOPLE = {
    "lea": ("service_lead",),
    "sam": ("service",),
    "pat": ("pricing_analyst",),
    "paul": ("planner",),
    "tina": ("tax_analyst",),
    "carla": ("credit_manager",),
    "conrad": ("controller", *OWNERS.values()),
    "irene": ("integration_oncall",),
    "clerk": (),
}
SILENCE = ExpiryDefault(
    option="WAIT_FOR_IT", max_amount=Money(amount=Decimal(3000), currency="USD"), ask_role="controller"
)
"""Nobody answers: what is short waits, if it is worth little; everything else is the controller's."""


def owner(kind: ExceptionType, amount: Decimal) -> str:
    """Who decides."""
    return "controller" if amount > LARGE else OWNERS[kind]


def judge(
    kind: ExceptionType,
    order: Order,
    hold: Hold,
    look: Mapping[str, Any],
    *,
    waited_for: Sequence[str],
    adjustments: Mapping[str, Mapping[str, str]],
) -> Assessment:
    """The options for one hold. What depends on another hold's plan depends on the order as that plan leaves it."""
    [line] = order.lines
    base, goods = line.unit_cost, line.unit_price
    rules = {
        ExceptionType.DUPLICATE_PO: lambda: _duplicate(base),
        ExceptionType.ADDRESS_INVALID: lambda: _address(base, look, waited_for),
        ExceptionType.PRICE_DISCREPANCY: lambda: _price(base),
        ExceptionType.INVENTORY_SHORTFALL: lambda: _inventory(base, goods, look),
        ExceptionType.TAX_DISCREPANCY: lambda: _tax(goods),
        ExceptionType.CREDIT_HOLD: lambda: _credit(goods + line.tax_in_erp, look, waited_for, adjustments),
    }
    amount, drafts = rules[kind]()
    options = [_finished(kind, hold, amount, option) for option in drafts]
    automatic = hold.hold_class is not HoldClass.HARD and _by_itself(kind, amount, options[0], look)
    best = options[0].model_copy(update={"automatic": automatic})
    role = owner(kind, amount)
    return Assessment(
        exception_type=kind,
        hold_id=hold.hold_id,
        options=(best, *options[1:]),
        recommended=best.code,
        reason=best.reason,
        ask=None if automatic else Ask(role=role, amount=best.amount, question=f"{best.code} for {amount}?"),
        amount_at_risk=order.value,
        policy_version="test",
        assessed_at=LONG_AGO,
    )


def _by_itself(kind: ExceptionType, amount: Decimal, best: Option, look: Mapping[str, Any]) -> bool:
    if best.code == "WAIT_FOR_IT":
        return False
    share = 10 if kind is ExceptionType.TAX_DISCREPANCY else 1
    return amount * share <= SMALL or (kind is ExceptionType.CREDIT_HOLD and bool(look["paid"]))


def _duplicate(base: Decimal) -> tuple[Decimal, list[Option]]:
    merge = _cancel("MERGE", _step("edi", "send_acknowledgement")).model_copy(update={"covered_by": "SO-0"})
    keep = _option("KEEP_BOTH")
    return base, [merge, keep] if COPY[0] < base <= COPY[1] else [keep, merge]


def _address(base: Decimal, look: Mapping[str, Any], waited_for: Sequence[str]) -> tuple[Decimal, list[Option]]:
    options = [_option("USE_MASTER", _step("erp", "set_ship_to", site="S-1")), _cancel()]
    if not look["answered"] and "customer" not in waited_for:
        until = LONG_AGO.replace(year=2100)
        events = (EventType.CUSTOMER_ANSWERED,)
        wait = Wait(name="customer", until=until, events=events, reason="the customer confirms", on_customer=True)
        options.insert(1, _first("CUSTOMER_CONFIRM", _step("crm", "ask_customer"), wait))
    return base, options


def _first(code: str, step: Step, wait: Wait) -> Option:
    """An option that settles nothing yet: its step, then its wait, then another look."""
    plan = Plan(steps=(step,), wait=wait)
    return _option(code).model_copy(update={"disposition": Disposition.REASSESS, "plan": plan})


def _price(base: Decimal) -> tuple[Decimal, list[Option]]:
    honor = _option("HONOR", _step("erp", "set_price", off=str(base / 10)))
    return base, [honor, _option("KEEP"), _cancel()]


def _inventory(base: Decimal, goods: Decimal, look: Mapping[str, Any]) -> tuple[Decimal, list[Option]]:
    later = _option("WAIT_FOR_IT", _step("erp", "set_promise"))
    if not look["stock"]:
        return goods, [later, _cancel()]
    kept = _step("wms", "reserve", quantity=str(base)).model_copy(update={"early": True})
    return goods, [_option("SPLIT", kept, _step("erp", "assign_sources")), later, _cancel()]


def _tax(goods: Decimal) -> tuple[Decimal, list[Option]]:
    return goods / 10, [_option("SET_TAX", _step("erp", "set_tax", tax=str(goods / 10))), _option("AS_IS"), _cancel()]


def _credit(
    exposure: Decimal, look: Mapping[str, Any], waited_for: Sequence[str], adjustments: Mapping[str, Mapping[str, str]]
) -> tuple[Decimal, list[Option]]:
    days = adjustments.get("RELEASE_ONCE", {}).get("days", "5")
    options = [_option("RELEASE_ONCE", _step("credit", "release", exposure=str(exposure), days=days)), _cancel()]
    if not look["paid"] and "link" not in waited_for:
        until = LONG_AGO.replace(year=2100)
        wait = Wait(name="link", until=until, events=(EventType.PAYMENT_RECEIVED,), reason="the customer pays")
        options.insert(1, _first("PAY_LINK", _step("credit", "create_link"), wait))
    return exposure, options


def _cancel(code: str = "CANCEL", *steps: Step) -> Option:
    return _option(code, *steps).model_copy(update={"disposition": Disposition.CANCEL_ORDER})


def _step(system: str, operation: str, **arguments: str) -> Step:
    return Step(
        step_id=operation,
        system=system,
        operation=operation,
        arguments={**arguments},
        undo=f"undo_{operation}",
        summary=operation,
    )


def _option(code: str, *steps: Step) -> Option:
    nothing = Money(amount=Decimal(0), currency="USD")
    return Option(
        code=code,
        title=code,
        reason=code,
        cost=nothing,
        amount=nothing,
        customer_effect="none",
        plan=Plan(steps=steps),
        messages=(CustomerMessage(template=code.lower()),),
        tolerance_percent=TOLERANCE,
    )


def _finished(kind: ExceptionType, hold: Hold, amount: Decimal, option: Option) -> Option:
    """With what all options have: the amount, who decides, and in every step for which hold and option it is."""
    steps = tuple(
        step.model_copy(update={"arguments": {**step.arguments, "hold": hold.hold_id, "option": option.code}})
        for step in option.plan.steps
    )
    role = owner(kind, amount)
    return option.model_copy(
        update={
            "amount": Money(amount=amount, currency="USD"),
            "role": role,
            "juniors": (OWNERS[kind],) if role == "controller" else (),
            "plan": option.plan.model_copy(update={"steps": steps}),
            "messages": (CustomerMessage(template=option.code.lower(), values={"hold": hold.hold_id}),),
        }
    )
