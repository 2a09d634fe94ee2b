"""What can become of an order that may be there twice: each option with its plan."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from pydantic import JsonValue

from domain.assessment import Circumstances, CustomerMessage, Disposition, Option, Parameter, Plan, RuleHit, Step
from domain.duplicates.difference import Additions, as_entry
from domain.duplicates.keys import PurchaseKey, normalised
from domain.duplicates.likeness import Likeness, Likest, Windows
from domain.facts.similar_orders import SimilarOrder
from domain.order import LineStatus, Order, OrderStatus
from domain.playbooks.adjustment import Adjustment
from domain.policy.table import Match

IN_THE_HOUSE = frozenset(
    {OrderStatus.VALIDATING, OrderStatus.ON_HOLD, OrderStatus.PARTIALLY_HELD, OrderStatus.RELEASED}
)
"""The states in which the earlier order can still be changed or stopped."""
SHIPPED = frozenset({OrderStatus.PARTIALLY_SHIPPED, OrderStatus.SHIPPED, OrderStatus.INVOICED, OrderStatus.CLOSED})
_OF_NO_EFFECT = frozenset({Likeness.NOT_COUNTED, Likeness.REPLAY_OF_CANCELLED})
"""The likenesses to an order that delivers nothing, or has nothing to do with this one."""
_COPIES = frozenset({Likeness.REPLAY, Likeness.SAME_PO_SAME_CONTENT})


@dataclass(frozen=True)
class DuplicateTerms:
    """The row of the table `duplicate_terms`. Costs in the order's currency."""

    windows: Windows
    return_percent: Decimal
    change_cost: Decimal
    tolerance_percent: Decimal
    role: str
    hit: RuleHit

    @classmethod
    def of(cls, row: Match) -> DuplicateTerms:
        """The terms of that row."""
        return cls(
            windows=Windows(
                purchase_order=timedelta(days=row.whole("po_window")),
                content=timedelta(days=row.whole("content_window")),
            ),
            return_percent=row.number("return_percent"),
            change_cost=row.number("change_cost"),
            tolerance_percent=row.number("tolerance_percent"),
            role=row.text("role"),
            hit=row.hit,
        )


@dataclass(frozen=True)
class DuplicateCase:
    """What every option is made from. `others` is all that the customer ordered lately."""

    circumstances: Circumstances
    segment: str
    found: Likest
    others: tuple[SimilarOrder, ...]
    terms: DuplicateTerms

    @property
    def order(self) -> Order:
        """The order that is held: the later one."""
        return self.circumstances.order

    @property
    def other(self) -> SimilarOrder | None:
        """The earlier order that counts, if there is one."""
        return None if self.found.likeness in _OF_NO_EFFECT else self.found.other

    @property
    def first_shipped(self) -> bool:
        """Whether any of the earlier order has left."""
        other = self.other
        return other is not None and (other.shipped_at is not None or other.status in SHIPPED)

    @property
    def changeable(self) -> SimilarOrder | None:
        """The earlier order, as long as it can be changed or stopped."""
        other = self.other
        return other if other and other.status in IN_THE_HOUSE and not self.first_shipped else None

    def option(self, code: str, title: str, reason: str, *, effect: str, cost: Decimal, **more: object) -> Option:
        """An option with what all of them share."""
        shared = {
            "code": code,
            "title": title,
            "reason": reason,
            "customer_effect": effect,
            "cost": self.order.money(cost).rounded(),
            "amount": self.order.value.rounded(),
            "role": self.terms.role,
            "tolerance_percent": self.terms.tolerance_percent,
        }
        return Option.model_validate(shared | more)

    def message(self, template: str) -> tuple[CustomerMessage, ...]:
        """The paragraph for the customer, which names both orders."""
        values = {"order": self.order.order_id}
        if self.other is not None:
            values |= {"first_order": self.other.order_id, "first_po": self.other.po_number or "none"}
        return (CustomerMessage(template=template, values=values),)


def options(case: DuplicateCase) -> list[Option]:
    """Everything that can be done: what needs an earlier order that has not left is offered only if there is one."""
    found = [_cancel_new(case), _merge(case), _keep_both(case), _replace_old(case)]
    return [option for option in found if option is not None]


def _cancel_new(case: DuplicateCase) -> Option:
    """End the later order. If the earlier one delivers the same, nothing is lost."""
    order, other = case.order, case.other
    if other is not None and case.found.likeness in _COPIES:
        return case.option(
            "CANCEL_NEW",
            "Cancel the later order",
            f"order {other.order_id} delivers the same: this one is a copy of it",
            effect=f"nothing: order {other.order_id} goes ahead",
            cost=Decimal(0),
            disposition=Disposition.CANCEL_ORDER,
            covered_by=other.order_id,
            messages=case.message("duplicate_copy"),
        )
    return case.option(
        "CANCEL_NEW",
        "Cancel the later order",
        f"the order is not wanted; {order.margin} of margin is lost",
        effect="the order is cancelled",
        cost=order.forgone.amount,
        disposition=Disposition.CANCEL_ORDER,
        messages=(CustomerMessage(template="rejected"),),
    )


def _merge(case: DuplicateCase) -> Option | None:
    """Have the earlier order want as much as the later one, and end the later one."""
    order, other = case.order, case.changeable
    additions = None if other is None else Additions.of(order, other)
    if other is None or additions is None:
        return None
    lines: list[JsonValue] = [as_entry(line) for line in additions.lines]
    step = Step(
        step_id="merge",
        system="erp",
        operation="merge_into",
        arguments={
            "order_id": other.order_id,
            "version": other.version,
            "add_quantities": {line_id: f"{amount:f}" for line_id, amount in additions.quantities.items()},
            "add_lines": lines,
        },
        undo="unmerge",
        summary=f"Add what {order.order_id} has more to order {other.order_id}",
    )
    return case.option(
        "MERGE_AS_CHANGE",
        "Take it as a change of the earlier order",
        f"order {other.order_id} becomes what this one says: {_said(additions)}; this one ends",
        effect=f"order {other.order_id} is changed and goes as one shipment",
        cost=case.terms.change_cost,
        disposition=Disposition.CANCEL_ORDER,
        covered_by=other.order_id,
        plan=Plan(steps=(step,)),
        messages=case.message("duplicate_merged"),
    )


def _said(additions: Additions) -> str:
    more = [f"{amount.normalize():f} more on line {line_id}" for line_id, amount in additions.quantities.items()]
    new = [f"{line.quantity.normalize():f} {line.unit} of {line.item} as a new line" for line in additions.lines]
    return ", ".join([*more, *new])


def _keep_both(case: DuplicateCase) -> Option:
    """Both are wanted: the later one is marked as looked at, under a release number that tells it from the first."""
    order, other = case.order, case.other
    release = _release_number(case)
    number = order.release_number if release is None else release.value
    step = Step(
        step_id="mark-checked",
        system="erp",
        operation="set_purchase_order",
        arguments={"po_number": order.po_number, "release_number": number},
        undo="reverse_amendment",
        summary=f"Mark {order.order_id} as no duplicate" + (f", release {number}" if number else ""),
    )
    shared = {"plan": Plan(steps=(step,)), "parameters": () if release is None else (release,)}
    if other is None:
        reason = "no other order that counts is like it"
        return case.option(
            "KEEP_BOTH", "Let it go", reason, effect="the order ships as ordered", cost=Decimal(0), **shared
        )
    return case.option(
        "KEEP_BOTH",
        "Deliver both orders",
        f"both are wanted, or both come back: {case.terms.return_percent:f} % of the goods' value is what that costs",
        effect="both orders ship and are charged",
        cost=order.value.amount * case.terms.return_percent / 100,
        messages=case.message("duplicate_kept"),
        **shared,
    )


def _release_number(case: DuplicateCase) -> Parameter | None:
    """A release number that no order of the same purchase order has; None if the PO number tells them apart already."""
    order, other = case.order, case.other
    adjustment = Adjustment.of(case.circumstances, "KEEP_BOTH", ("release_number",))
    key = PurchaseKey.of(order.customer_id, order.po_number, order.release_number)
    if other is None or key is None or key != _key(other):
        return None
    taken = {found.release_number for each in case.others if (found := _key(each)) and found.po_number == key.po_number}
    free = next(str(number) for number in range(2, len(taken) + 3) if normalised(str(number)) not in taken)
    return adjustment.code("release_number", "tells this order from the first of the same purchase order", free)


def _key(other: SimilarOrder) -> PurchaseKey | None:
    return PurchaseKey.of(other.customer_id, other.po_number, other.release_number)


def _replace_old(case: DuplicateCase) -> Option | None:
    """The later order stands for the earlier one, and keeps its promise where that was earlier."""
    order, other = case.order, case.changeable
    if other is None:
        return None
    cancel = Step(
        step_id="cancel-first",
        system="erp",
        operation="cancel_other_order",
        arguments={
            "order_id": other.order_id,
            "version": other.version,
            "reason_code": f"REPLACED_BY_{order.order_id}",
        },
        undo="reinstate_other_order",
        summary=f"Cancel order {other.order_id}, which {order.order_id} replaces",
    )
    promised = _earlier_promises(order, other)
    steps = [cancel, _keep_promise(order, promised)] if promised else [cancel]
    kept = "; the earlier promise is kept" if promised else ""
    return case.option(
        "REPLACE_OLD",
        "Let it replace the earlier order",
        f"order {other.order_id} has not left: it is cancelled, and this one goes in its place{kept}",
        effect=f"this order replaces {other.order_id}",
        cost=case.terms.change_cost,
        plan=Plan(steps=tuple(steps)),
        messages=case.message("duplicate_replaced"),
    )


def _earlier_promises(order: Order, other: SimilarOrder) -> dict[str, date]:
    """By line of the later order, the day promised for the item on the earlier one, where that is sooner."""
    first: dict[str, date] = {}
    for line in other.lines:
        if line.promised_on is not None and line.status is not LineStatus.CANCELLED:
            first[line.item] = min(line.promised_on, first.get(line.item, line.promised_on))
    return {
        line.line_id: first[line.item]
        for line in order.open_lines
        if line.item in first and (line.promised_on is None or first[line.item] < line.promised_on)
    }


def _keep_promise(order: Order, promised: dict[str, date]) -> Step:
    return Step(
        step_id="keep-promise",
        system="erp",
        operation="set_promise",
        arguments={"lines": {line_id: day.isoformat() for line_id, day in promised.items()}},
        undo="reverse_amendment",
        summary=f"Keep the earlier promise on {order.order_id}: lines {', '.join(promised)}",
    )
