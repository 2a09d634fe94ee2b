"""A way to deliver, before policy has looked at it, and the steps that all of them are made of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from domain.assessment import CustomerMessage, Disposition, Option, Parameter, Plan, RuleHit, Step
from domain.inventory.costs import NOTHING, Cost
from domain.inventory.sourcing import Need
from domain.playbooks.figures import figure, percent_of
from domain.playbooks.inventory_case import InventoryCase

Arrivals = Mapping[str, tuple[tuple[Decimal, date], ...]]
"""By line: how much comes when."""


@dataclass(frozen=True)
class Asking:
    """How the customer is asked for consent, and by which row."""

    plan: Plan
    reason: str
    hit: RuleHit


@dataclass(frozen=True)
class Proposal:
    """One way to deliver. `consent` says what the customer would have to agree to first; with `asking` they are asked,
    and the steps come when they have agreed.
    """

    code: str
    title: str
    how: str
    cost: Cost
    arrivals: Arrivals
    shipments: int
    steps: tuple[Step, ...]
    consent: tuple[str, ...] = ()
    asking: Asking | None = None
    last_resort: bool = False
    parameters: tuple[Parameter, ...] = ()
    least_amount: Decimal = NOTHING
    """What authority is measured against, if it is more than the value of the goods."""
    disposition: Disposition = Disposition.RELEASE
    effect: str = ""
    """What the customer sees, if it is not dates."""

    @property
    def completes_on(self) -> date:
        """When the last of it has arrived."""
        return max((day for parts in self.arrivals.values() for _, day in parts), default=date.min)

    def misses_need_by(self, case: InventoryCase) -> bool:
        """Whether something comes later than the customer needs it."""
        needed = {need.line_id: need.need_by for need in case.needs}
        return any(day > needed[line_id] for line_id, parts in self.arrivals.items() for _, day in parts)

    def added_cost(self, case: InventoryCase) -> Decimal:
        """What it costs more than shipping as planned; negative if it is cheaper."""
        return self.cost.total - case.planned.total

    def added_freight(self, case: InventoryCase) -> Decimal:
        """What moving the goods costs more than planned."""
        return max(NOTHING, self.cost.carriage - case.planned.carriage)

    def rank(self, case: InventoryCase) -> tuple[bool, bool, Decimal, int, date, str]:
        """What is cheapest first; what needs consent behind it, and what is nobody's first choice at the end."""
        order = (self.last_resort, bool(self.consent), self.added_cost(case))
        return (*order, self.shipments, self.completes_on, self.code)

    def option(self, case: InventoryCase) -> Option:
        """The option, with the role that would decide about it."""
        dates = dates_in_words(case, self.arrivals)
        amount = max(case.value, self.least_amount)
        option = Option(
            code=self.code,
            title=self.title,
            reason=self._reason(case),
            cost=case.order.money(self.added_cost(case)).rounded(),
            amount=case.order.money(amount).rounded(),
            role=_role(case, self),
            disposition=self.disposition,
            customer_effect=self.effect or dates,
            plan=Plan(steps=self.steps),
            parameters=self.parameters,
            messages=(self._message(dates),),
            tolerance_percent=case.terms_row.number("tolerance_percent"),
        )
        return option if self.asking is None else _asked_first(option, self.asking)

    def _reason(self, case: InventoryCase) -> str:
        share = percent_of(self.added_freight(case), case.value)
        parts = [
            self.how,
            f"{case.order.money(self.added_cost(case))} more than planned ({self.cost})",
            f"added freight {figure(round(share, 1))} % of the value, {self.shipments} shipment(s)",
        ]
        if self.consent:
            parts.append(f"needs the customer's consent: {', '.join(self.consent)}")
        return "; ".join(parts)

    def _message(self, dates: str) -> CustomerMessage:
        if self.disposition is Disposition.CANCEL_ORDER:
            return CustomerMessage(template="inventory_unavailable")
        template = "inventory_line_cancelled" if self.effect else "inventory_dates"
        values = {"lines": dates} if not self.effect else {"lines": self.effect}
        return CustomerMessage(template=template, values=values)


def _asked_first(option: Option, asking: Asking) -> Option:
    """The same, but nothing of it happens before the customer has agreed."""
    changes = {
        "title": f"Ask the customer first. {option.title}",
        "disposition": Disposition.REASSESS,
        "customer_effect": f"if they agree: {option.customer_effect}",
        "plan": asking.plan,
        "messages": (),
    }
    return option.model_copy(update=changes)


def _role(case: InventoryCase, proposal: Proposal) -> str | None:
    row = case.policy.decide(
        "inventory_roles",
        option=proposal.code,
        hard=case.is_hard,
        strategic=case.account.strategic,
        consent_needed=bool(proposal.consent),
    )
    return None if row is None else row.text("role")


def dates_in_words(case: InventoryCase, arrivals: Arrivals) -> str:
    """The dates, line by line."""
    lines = {line.line_id: line for line in case.lines}
    return "\n".join(
        f"line {line_id}, {lines[line_id].item}: "
        + ", ".join(f"{figure(quantity)} {lines[line_id].unit} on {day.isoformat()}" for quantity, day in parts)
        for line_id, parts in arrivals.items()
    )


def arriving(needs: Sequence[Need], day: date) -> dict[str, tuple[tuple[Decimal, date], ...]]:
    """Everything on one day."""
    return {need.line_id: ((need.quantity, day),) for need in needs}


def reserve(
    case: InventoryCase, need: Need, warehouse: str, quantity: Decimal, on: date, *, early: bool = True
) -> Step:
    """Set stock aside: softly while another hold of the order is open, so that it is neither lost nor picked. That is
    done early, unless the stock is only there once a step before this one has brought it.
    """
    others = any(hold.hold_id != case.circumstances.hold.hold_id for hold in case.order.holds)
    return Step(
        step_id=f"reserve-{need.line_id}-{need.item}-{warehouse}-{on.isoformat()}",
        system="wms",
        operation="reserve",
        arguments={
            "order_id": case.order.order_id,
            "line_id": need.line_id,
            "item": need.item,
            "warehouse": warehouse,
            "quantity": figure(quantity),
            "kind": "SOFT" if others else "HARD",
            "available_on": on.isoformat(),
        },
        undo="unreserve",
        summary=f"Reserve {figure(quantity)} of {need.item} in {warehouse} for {on.isoformat()}",
        early=early,
    )


def reserve_at_home(case: InventoryCase, needs: Sequence[Need], on: date, *, early: bool = True) -> tuple[Step, ...]:
    """Set whole lines aside in the planned warehouse."""
    return tuple(reserve(case, need, case.home, need.quantity, on, early=early) for need in needs)


def amend(operation: str, name: str, summary: str, **arguments: object) -> Step:
    """Change the order in the ERP."""
    return Step.model_validate(
        {
            "step_id": name,
            "system": "erp",
            "operation": operation,
            "arguments": arguments,
            "undo": "reverse_amendment",
            "summary": summary,
        }
    )


def promise(arrivals: Arrivals) -> Step:
    """Promise each line for the day on which the first of it comes."""
    days = {line_id: min(day for _, day in parts).isoformat() for line_id, parts in arrivals.items()}
    words = ", ".join(f"line {line_id} {day}" for line_id, day in days.items())
    return amend("set_promise", "set-promise", f"Promise {words}", lines=days)


def promise_if_later(case: InventoryCase, arrivals: Arrivals) -> tuple[Step, ...]:
    """A new promise only for lines that come later than the one that holds."""
    held = {line.line_id: line.promised_on or line.need_by for line in case.lines}
    later = {line_id: parts for line_id, parts in arrivals.items() if parts[0][1] > held[line_id]}
    return (promise(later),) if later else ()
