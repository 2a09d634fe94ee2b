"""DUPLICATE_PO: the customer may have ordered the same thing twice, or sent one order twice."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from domain.assessment import Assessment, Circumstances
from domain.duplicates.difference import Difference
from domain.duplicates.likeness import Likeness, Purpose, likest
from domain.exception_types import ExceptionType
from domain.facts.account import Account
from domain.facts.fact import FactRequest
from domain.facts.similar_orders import SimilarOrders
from domain.order import Hold, Order
from domain.playbooks.duplicate_options import DuplicateCase, DuplicateTerms, options
from domain.playbooks.figures import figure, rfc3339
from domain.playbooks.ruling import Judgement, Ruling, is_hard, terms
from domain.policy.policy_set import PolicySet

_LOOK_BACK_DAYS = 400
"""Longer than any window that `duplicate_terms` may have."""
_ALIKE = {
    Likeness.REPLAY: "the same EDI message",
    Likeness.SAME_PO_SAME_CONTENT: "the same purchase order and the same content",
    Likeness.REPLAY_OF_CANCELLED: "the same EDI message as an order that was cancelled",
    Likeness.SAME_PO_OTHER_CONTENT: "the same purchase order, other content",
    Likeness.OTHER_PO_SAME_CONTENT: "another purchase order, the same content",
    Likeness.NOT_COUNTED: "only orders that are cancelled, not binding or too long ago",
    Likeness.NONE: "nothing",
}


class DuplicatePo:
    """The rules of DUPLICATE_PO."""

    exception_type = ExceptionType.DUPLICATE_PO

    def facts_needed(self, order: Order, hold: Hold) -> tuple[FactRequest, ...]:  # noqa: ARG002 - the hold adds nothing
        """The account, and what else the customer ordered within the longest window there may be."""
        customer = {"customer_id": order.customer_id}
        return (
            FactRequest(name="account", system="crm", operation="account", arguments=dict(customer)),
            FactRequest(
                name="similar_orders",
                system="erp",
                operation="similar_orders",
                arguments={**customer, "order_id": order.order_id, "days": _LOOK_BACK_DAYS},
            ),
        )

    def assess(self, circumstances: Circumstances, policy: PolicySet) -> Assessment:
        """Copies are dropped, changes are taken for what they are, and the rest is for customer service."""
        case = _case(circumstances, policy)
        ruling = _ruling(case, policy)
        if ruling.role is not None:
            case = replace(case, terms=replace(case.terms, role=ruling.role))
        return Judgement(
            circumstances=circumstances,
            policy=policy,
            exception_type=self.exception_type,
            ruling=ruling,
            options=options(case),
            question=_question(case),
            segment=case.segment,
            findings=_findings(case),
            person_only=frozenset({"MERGE_AS_CHANGE", "REPLACE_OLD"}),
            hits=(case.terms.hit,),
        ).assessment()


def _case(circumstances: Circumstances, policy: PolicySet) -> DuplicateCase:
    order, facts = circumstances.order, circumstances.facts
    segment = policy.segment(facts.get("account", Account).segment)
    row = terms(
        policy, "duplicate_terms", segment=segment, service_level=order.service_level, order_value=order.value.amount
    )
    agreed = DuplicateTerms.of(row)
    others = facts.get("similar_orders", SimilarOrders).orders
    found = likest(order, others, agreed.windows)
    return DuplicateCase(circumstances=circumstances, segment=segment, found=found, others=others, terms=agreed)


def _ruling(case: DuplicateCase, policy: PolicySet) -> Ruling:
    order = case.order
    match = policy.decide(
        "duplicate_rules",
        hard=is_hard(case.circumstances),
        purpose=Purpose.of(order.edi),
        likeness=case.found.likeness,
        first_shipped=case.first_shipped,
        hours_apart=_hours_apart(case),
        segment=case.segment,
        service_level=order.service_level,
        order_value=order.value.amount,
    )
    return Ruling.of(match, "duplicate_rules")


def _hours_apart(case: DuplicateCase) -> Decimal:
    if case.other is None:
        return Decimal(0)
    apart = case.order.ordered_at - case.other.ordered_at
    return round(Decimal(apart.total_seconds()) / 3600, 2)


def _question(case: DuplicateCase) -> str:
    order, other = case.order, case.other
    if case.found.likeness is Likeness.REPLAY_OF_CANCELLED and case.found.other is not None:
        ended = case.found.other
        return (
            f"Order {order.order_id} of {order.value} came in the same EDI message as {ended.order_id}, which is "
            f"{ended.status}. Is it wanted now?"
        )
    if other is None:
        return f"Order {order.order_id} of {order.value} is held as a duplicate, but of no order we find. May it go?"
    state = "has shipped" if case.first_shipped else f"is {other.status}"
    return (
        f"Order {order.order_id} of {order.value} has {_ALIKE[case.found.likeness]} as {other.order_id}, which {state} "
        f"and was placed {figure(_hours_apart(case))} h before. One order or two?"
    )


def _findings(case: DuplicateCase) -> dict[str, str]:
    order, other = case.order, case.found.other
    found = {
        "in common": _ALIKE[case.found.likeness],
        "purchase order": _number(order.po_number, order.release_number),
        "the message is": str(Purpose.of(order.edi)).lower() if order.edi else "no EDI message",
        "other orders looked at": str(len(case.others)),
    }
    if other is None:
        return found
    return found | {
        "earlier order": f"{other.order_id}, {other.status}, {other.value}",
        "its purchase order": _number(other.po_number, other.release_number),
        "placed": rfc3339(other.ordered_at),
        "shipped": "no" if other.shipped_at is None else rfc3339(other.shipped_at),
        "this one wants besides": str(Difference.of(order, other)),
        "others as like": str(case.found.more),
    }


def _number(po_number: str, release_number: str) -> str:
    return (po_number or "none") + (f", release {release_number}" if release_number else "")
