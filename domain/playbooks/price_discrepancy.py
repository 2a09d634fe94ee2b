"""PRICE_DISCREPANCY: the purchase order's price is not the one in the ERP, or not the one that was agreed."""

from __future__ import annotations

from decimal import Decimal

from domain.assessment import Assessment, Circumstances
from domain.exception_types import ExceptionType
from domain.facts.fact import FactRequest
from domain.facts.pricing import PriceRecord
from domain.order import Hold, Order
from domain.playbooks.consent import answers_request
from domain.playbooks.figures import figure
from domain.playbooks.price_case import PriceCase
from domain.playbooks.price_lines import price_date
from domain.playbooks.price_options import options, shared_cause
from domain.playbooks.ruling import Course, Judgement, Ruling, is_hard
from domain.policy.policy_set import PolicySet
from domain.pricing.comparison import LinePrice, Standing


class PriceDiscrepancy:
    """The rules of PRICE_DISCREPANCY."""

    exception_type = ExceptionType.PRICE_DISCREPANCY

    def facts_needed(self, order: Order, hold: Hold) -> tuple[FactRequest, ...]:  # noqa: ARG002 - the hold adds nothing
        """The account, everything known about the lines' prices, and what the customer answered."""
        return (
            FactRequest(
                name="account", system="crm", operation="account", arguments={"customer_id": order.customer_id}
            ),
            _prices_request(order),
            answers_request(order),
        )

    def assess(self, circumstances: Circumstances, policy: PolicySet) -> Assessment:
        """Honour what was agreed, accept what is close enough, and ask about the rest by the margin that it leaves."""
        case = PriceCase.of(circumstances, policy)
        return Judgement(
            circumstances=circumstances,
            policy=policy,
            exception_type=self.exception_type,
            ruling=_ruling(case),
            options=options(case),
            question=_question(case),
            segment=case.segment,
            findings=_findings(case),
            cause=shared_cause(case),
            hits=(case.terms.hit,),
        ).assessment()


def _prices_request(order: Order) -> FactRequest:
    return FactRequest(
        name="prices",
        system="pricing",
        operation="prices",
        arguments={
            "customer_id": order.customer_id,
            "currency": order.currency,
            "as_of": price_date(order).isoformat(),
            "lines": [
                {"line_id": line.line_id, "item": line.item, "quantity": figure(line.quantity), "unit": line.unit}
                for line in order.open_lines
            ],
        },
    )


def _ruling(case: PriceCase) -> Ruling:
    match = case.policy.decide(
        "price_rules",
        hard=is_hard(case.circumstances),
        standing=case.standing,
        agreed=case.is_agreed,
        record_wrong=bool(case.with_wrong_record),
        within_tolerance=case.terms.tolerance.covers(case.lines),
        answer=case.answer,
        margin=case.band,
        segment=case.segment,
        service_level=case.order.service_level,
        order_value=case.order.value.amount,
    )
    if match is None:
        return Ruling.without_row("price_rules")
    return Ruling(Course(match.text("course")), match.text("reason"), prefer=match.names("prefer"), hits=(match.hit,))


def _question(case: PriceCase) -> str:
    said = "; ".join(_in_words(line) for line in case.disputed) or "no price differs any more"
    return f"Order {case.order.order_id}: {said}. Which price counts?"


def _in_words(line: LinePrice) -> str:
    stated = "in a currency without a rate" if line.stated is None else f"{figure(line.stated)} by the purchase order"
    agreed = "nothing agreed" if line.agreed is None else f"{figure(line.agreed.price)} by {line.agreed.source}"
    return f"line {line.line.line_id} {stated}, {agreed}, {figure(line.in_erp)} in the ERP"


def _findings(case: PriceCase) -> dict[str, str]:
    found = {f"line {line.line.line_id}{about}": said for line in case.lines for about, said in _about(line).items()}
    apart = sum((line.difference for line in case.lines), start=case.order.money(0).amount)
    found["purchase order less agreed, all lines"] = str(case.order.money(apart))
    if case.standing is Standing.HIGHER:
        found["flag"] = "the purchase order asks for more than we do; the lower price counts"
    return found


def _about(line: LinePrice) -> dict[str, str]:
    found = {"": f"{_in_words(line)} ({line.standing.lower().replace('_', ' ')})", " margin": _margin(line)}
    if line.record is not None and line.listed is not None:
        found[" price record"] = _record(line, line.record, line.listed)
    if (paid := line.last_paid) is not None:
        last = f"{figure(paid.unit_price)} {paid.currency} per {paid.unit}"
        found[" last paid"] = f"{last} on {paid.paid_on.isoformat()}"
    return found


def _record(line: LinePrice, record: PriceRecord, listed: Decimal) -> str:
    whose = "the customer's own" if record.customer_id else "the list's"
    wrong = ", not what the contract says" if line.has_wrong_record else ""
    return f"{figure(listed)} by {record.record_id} version {record.version}, {whose}{wrong}"


def _margin(line: LinePrice) -> str:
    prices = {"by the purchase order": line.stated, "agreed": line.entitled}
    margins = line.margins
    said = [
        f"{figure(round(percent, 1))} % {name}"
        for name, price in prices.items()
        if price is not None and (percent := margins.percent(price)) is not None
    ]
    wanted = f"floor {figure(margins.floor_percent)} %, target {figure(margins.target_percent)} %"
    return f"{', '.join(said) or 'unknown, there is no cost'}; {wanted}"
