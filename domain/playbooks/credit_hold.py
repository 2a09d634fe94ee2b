"""CREDIT_HOLD: the order would take the customer over the credit limit, or old items are unpaid."""

from __future__ import annotations

from domain.assessment import Assessment, Circumstances, Wait
from domain.credit.exposure import Exposure
from domain.events import EventType
from domain.exception_types import ExceptionType
from domain.facts.account import Account
from domain.facts.credit import CreditPosition
from domain.facts.fact import FactRequest
from domain.order import Hold, Order
from domain.playbooks.credit_options import CreditCase, CreditTerms, options
from domain.playbooks.figures import figure
from domain.playbooks.ruling import Course, Judgement, Ruling, is_hard, terms
from domain.policy.policy_set import PolicySet

CASH_WAIT = "application of unapplied cash"
_INSOLVENT = "the customer is insolvent, so a person decides"


class CreditHold:
    """The rules of CREDIT_HOLD."""

    exception_type = ExceptionType.CREDIT_HOLD

    def facts_needed(self, order: Order, hold: Hold) -> tuple[FactRequest, ...]:  # noqa: ARG002 - the hold adds nothing
        """The customer's account and credit position."""
        customer = {"customer_id": order.customer_id}
        return (
            FactRequest(name="account", system="crm", operation="account", arguments=dict(customer)),
            FactRequest(
                name="credit",
                system="credit",
                operation="position",
                arguments={**customer, "order_id": order.order_id, "currency": order.currency},
            ),
        )

    def assess(self, circumstances: Circumstances, policy: PolicySet) -> Assessment:
        """Release, wait for cash to be applied, or ask the role whose limit covers the resulting exposure."""
        account = circumstances.facts.get("account", Account)
        position = circumstances.facts.get("credit", CreditPosition)
        exposure = Exposure.of(circumstances.order, position)
        segment = policy.segment(account.segment)
        ruling = _ruling(circumstances, policy, account, position, exposure)
        row = terms(
            policy,
            "credit_terms",
            segment=segment,
            service_level=circumstances.order.service_level,
            order_value=circumstances.order.value.amount,
        )
        credit_terms = CreditTerms.of(row)
        case = CreditCase(circumstances, policy, position, exposure, credit_terms, ruling.role)
        return Judgement(
            circumstances=circumstances,
            policy=policy,
            exception_type=self.exception_type,
            ruling=ruling,
            options=options(case),
            question=_question(circumstances.order, exposure, position),
            segment=segment,
            findings=_findings(circumstances.order, position, exposure),
            wait=_cash_wait(circumstances, credit_terms) if ruling.course is Course.WAIT else None,
            hits=(row.hit,),
        ).assessment()


def _ruling(
    circumstances: Circumstances, policy: PolicySet, account: Account, position: CreditPosition, exposure: Exposure
) -> Ruling:
    order = circumstances.order
    insolvent = account.insolvent or position.insolvent
    match = policy.decide(
        "credit_rules",
        hard=is_hard(circumstances) or insolvent,
        prepaid=exposure.order == 0,
        cash_covers=exposure.cash_covers,
        cash_awaited=CASH_WAIT in circumstances.waited_for,
        returned_payments=position.returned_payments_90d,
        over_percent=exposure.over_percent,
        oldest_overdue_days=position.oldest_overdue_days,
        segment=policy.segment(account.segment),
        service_level=order.service_level,
        order_value=order.value.amount,
    )
    ruling = Ruling.of(match, "credit_rules")
    return ruling.by_person(_INSOLVENT) if insolvent else ruling


def _cash_wait(circumstances: Circumstances, credit_terms: CreditTerms) -> Wait:
    return Wait(
        name=CASH_WAIT,
        until=circumstances.now + credit_terms.cash_wait,
        events=(EventType.PAYMENT_RECEIVED,),
        reason="cash that has come in covers what is over the limit, once it is applied",
    )


def _question(order: Order, exposure: Exposure, position: CreditPosition) -> str:
    over = order.money(exposure.excess)
    overdue = f"the oldest item is {position.oldest_overdue_days} days overdue"
    return (
        f"Order {order.order_id} of {order.total} takes {order.customer_id} to {order.money(exposure.resulting)}: "
        f"{over} ({figure(round(exposure.over_percent, 1))} %) over the limit, {overdue}. Release it?"
    )


def _findings(order: Order, position: CreditPosition, exposure: Exposure) -> dict[str, str]:
    found = {
        "exposure without this order": str(order.money(exposure.without_order)),
        "this order, unpaid part": str(order.money(exposure.order)),
        "resulting exposure": str(order.money(exposure.resulting)),
        "credit limit": str(order.money(position.limit)),
        "over the limit": f"{order.money(exposure.excess)} ({figure(round(exposure.over_percent, 1))} %)",
        "unapplied cash": str(order.money(position.unapplied_cash)),
        "already paid for this order": str(order.money(position.prepaid_for_order)),
        "oldest overdue item": f"{position.oldest_overdue_days} days",
        "dunning level": str(position.dunning_level),
        "returned payments in 90 days": str(position.returned_payments_90d),
        "payment terms": position.payment_terms,
    }
    if position.group_limit is not None:
        used = order.money(position.group_exposure + exposure.resulting)
        found["group"] = f"{used} of {order.money(position.group_limit)}"
    if position.limit_review_on is not None:
        found["limit to be reviewed on"] = position.limit_review_on.isoformat()
    return found
