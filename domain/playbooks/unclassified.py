"""UNCLASSIFIED: a hold that maps to no type we know; a person looks at it, always."""

from __future__ import annotations

from dataclasses import dataclass

from domain.assessment import Assessment, Circumstances, CustomerMessage, Disposition, Option
from domain.exception_types import ExceptionType
from domain.facts.fact import FactRequest
from domain.order import Hold, Order
from domain.playbooks.ruling import Course, Judgement, Ruling, terms
from domain.policy.policy_set import PolicySet


@dataclass(frozen=True)
class Unclassified:
    """The rules for what has no rules of its own: also for types whose playbook does not exist yet."""

    exception_type: ExceptionType = ExceptionType.UNCLASSIFIED

    def facts_needed(self, order: Order, hold: Hold) -> tuple[FactRequest, ...]:  # noqa: ARG002 - nothing is looked up
        """None: what the order and the hold say is all there is."""
        return ()

    def assess(self, circumstances: Circumstances, policy: PolicySet) -> Assessment:
        """Release as it is or reject: a person decides."""
        order, hold = circumstances.order, circumstances.hold
        row = terms(
            policy,
            "unclassified_rules",
            exception_type=self.exception_type,
            hold_class=hold.hold_class,
            order_value=order.value.amount,
        )
        role = row.text("role")
        return Judgement(
            circumstances=circumstances,
            policy=policy,
            exception_type=self.exception_type,
            ruling=Ruling(Course.ASK, row.text("reason"), hits=(row.hit,)),
            options=[_release(order, hold, role), _reject(order, role)],
            question=_question(order, hold),
            findings=_findings(hold),
        ).assessment()


def _release(order: Order, hold: Hold, role: str) -> Option:
    return Option(
        code="RELEASE_AS_IS",
        title="Release the order as it is",
        reason=f"hold {hold.code} was looked at, and nothing about the order has to change",
        cost=order.money(0),
        amount=order.value.rounded(),
        role=role,
        customer_effect="the order ships as ordered",
        messages=(CustomerMessage(template="checked"),),
    )


def _reject(order: Order, role: str) -> Option:
    return Option(
        code="REJECT",
        title="Reject the order",
        reason=f"the order cannot be delivered; {order.margin} of margin is lost",
        cost=order.forgone.rounded(),
        amount=order.value.rounded(),
        role=role,
        disposition=Disposition.CANCEL_ORDER,
        customer_effect="the order is cancelled",
        messages=(CustomerMessage(template="rejected"),),
    )


def _question(order: Order, hold: Hold) -> str:
    return (
        f"Order {order.order_id} of {order.value} has hold {hold.code} from {hold.source_system}. Release it as it is?"
    )


def _findings(hold: Hold) -> dict[str, str]:
    return {
        "hold": f"{hold.code} ({hold.hold_class}, {hold.level})",
        "source": f"{hold.source_system}, code {hold.source_code}",
        "reason given": hold.reason or "none",
        "blocks": ", ".join(hold.blocks),
    }
