"""The ways out of a price discrepancy that do not take the purchase order as it is: ask for another, or do without."""

from __future__ import annotations

from decimal import Decimal

from domain.assessment import CustomerMessage, Disposition, Option, Plan, Step
from domain.playbooks.consent import ask_customer
from domain.playbooks.figures import ahead
from domain.playbooks.price_case import CHOICES, QUESTION, PriceCase
from domain.pricing.comparison import LinePrice
from domain.pricing.margin import NOTHING

CUSTOMER_REVISE = "CUSTOMER_REVISE"
REJECT_LINE = "REJECT_LINE"


def customer_revise(case: PriceCase) -> Option | None:
    """Ask the customer for a purchase order at our price. Nobody is asked twice about the same price."""
    lines = case.contested
    if not lines or not case.may_ask_customer:
        return None
    until = ahead(case.circumstances.now, case.terms.answer_wait)
    ours = case.listed(lines, {line.line.line_id: line.entitled for line in lines}.get)
    plan = ask_customer(
        case.circumstances,
        QUESTION,
        CHOICES,
        until,
        "the customer was asked to revise the purchase order",
        values={"lines": ours},
        about=case.about,
    )
    return case.option(
        CUSTOMER_REVISE,
        "Ask the customer to revise the purchase order",
        f"the customer is asked until {until:%Y-%m-%d %H:%M}Z whether our price is agreed to",
        effect="the order waits for the customer's answer",
        amount=_at_stake(lines),
        band=case.band,
        plan=plan,
        disposition=Disposition.REASSESS,
        messages=(CustomerMessage(template="price_question"),),
    )


def reject_line(case: PriceCase) -> Option | None:
    """Do not sell what cannot be agreed about; without any other line that ends the order."""
    if not case.disputed:
        return None
    lines = case.contested or case.disputed
    lost = sum((_lost(line) for line in lines), NOTHING)
    everything = len(lines) == len(case.lines)
    named = ", ".join(line.line.line_id for line in lines)
    steps = () if everything else (*_correct_others(case), *(_cancel(case, line.line.line_id) for line in lines))
    value = sum((line.worth(line.entitled) for line in lines), NOTHING)
    return case.option(
        REJECT_LINE,
        "Reject the order" if everything else f"Reject line {named}",
        f"{case.order.money(value)} is not sold; {case.order.money(lost)} of margin is lost",
        effect="the order is cancelled" if everything else f"line {named} is cancelled, the rest ships",
        amount=value,
        band=case.band,
        plan=Plan(steps=steps),
        cost=case.order.money(lost).rounded(),
        disposition=Disposition.CANCEL_ORDER if everything else Disposition.RELEASE,
        messages=(
            CustomerMessage(template="price_not_agreed")
            if everything
            else CustomerMessage(template="price_line_rejected", values={"lines": _items(lines)}),
        ),
    )


def _correct_others(case: PriceCase) -> tuple[Step, ...]:
    """What is kept is sold as agreed."""
    kept = [line for line in case.disputed if line not in case.contested] if case.contested else []
    return case.set_prices({line.line.line_id: line.entitled for line in kept}, "as agreed")


def _cancel(case: PriceCase, line_id: str) -> Step:
    return Step(
        step_id=f"cancel-line-{line_id}",
        system="erp",
        operation="cancel_line",
        arguments={"line_id": line_id},
        undo="reverse_amendment",
        summary=f"Cancel line {line_id} of {case.order.order_id}",
    )


def _at_stake(lines: tuple[LinePrice, ...]) -> Decimal:
    return sum((abs(line.difference) for line in lines), NOTHING)


def _lost(line: LinePrice) -> Decimal:
    """The margin at the price that would have been paid."""
    price = line.entitled if line.stated is None else line.stated
    return max(NOTHING, line.worth(line.margins.left(price)))


def _items(lines: tuple[LinePrice, ...]) -> str:
    return "\n".join(f"{line.line.item} (line {line.line.line_id})" for line in lines)
