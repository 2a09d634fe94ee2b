"""The ways out of a credit hold, each with its plan."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from decimal import ROUND_CEILING, Decimal

from domain.assessment import Circumstances, CustomerMessage, Disposition, Option, Parameter, Plan, Step, Wait
from domain.credit.exposure import Exposure
from domain.credit.partial import part_within
from domain.events import EventType
from domain.exception_types import ExceptionType
from domain.facts.credit import CreditPosition
from domain.money import Money
from domain.order import Order
from domain.playbooks.adjustment import Adjustment
from domain.playbooks.figures import ahead, booked, end_of_day, figure, percent_of, rfc3339
from domain.playbooks.ruling import approver
from domain.policy.policy_set import PolicySet
from domain.policy.table import Match

_AMOUNT = "the most that may be released"
_VALID_DAYS = "days until the approval ends by itself"


@dataclass(frozen=True)
class CreditTerms:
    """The row of the table `credit_terms`. `limit_step` and `split_cost` are in the order's currency."""

    valid_days: int
    longest_valid_days: int
    growth_percent: Decimal
    temporary_limit_percent: Decimal
    limit_step: Decimal
    cash_wait: timedelta
    payment_wait: timedelta
    loss_percent: Decimal
    payment_fee_percent: Decimal
    split_cost: Decimal
    chain: tuple[str, ...]

    @classmethod
    def of(cls, row: Match) -> CreditTerms:
        """The terms of that row."""
        return cls(
            valid_days=row.whole("valid_days"),
            longest_valid_days=row.whole("longest_valid_days"),
            growth_percent=row.number("growth_percent"),
            temporary_limit_percent=row.number("temporary_limit_percent"),
            limit_step=row.number("limit_step"),
            cash_wait=row.duration("cash_wait"),
            payment_wait=row.duration("payment_wait"),
            loss_percent=row.number("loss_percent"),
            payment_fee_percent=row.number("payment_fee_percent"),
            split_cost=row.number("split_cost"),
            chain=row.names("chain"),
        )


@dataclass(frozen=True)
class CreditCase:
    """What every option is made from. `lowest_role` is the first of the chain that the rule lets decide."""

    circumstances: Circumstances
    policy: PolicySet
    position: CreditPosition
    exposure: Exposure
    terms: CreditTerms
    lowest_role: str | None

    @property
    def order(self) -> Order:
        """The order that is held."""
        return self.circumstances.order

    @property
    def due(self) -> Decimal:
        """What is still to be paid for the order."""
        return self.exposure.order

    @property
    def chain(self) -> tuple[str, ...]:
        """Who may decide, from the lowest limit to the highest."""
        chain = self.terms.chain
        if self.lowest_role is None:
            return chain
        return chain[chain.index(self.lowest_role) :] if self.lowest_role in chain else (self.lowest_role,)

    def role(self, amount: Money) -> str:
        """Who may let that exposure come about."""
        return approver(self.policy, self.chain, ExceptionType.CREDIT_HOLD, amount)

    def with_juniors(self, option: Option) -> Option:
        """The option with the roles that could have decided about less exposure."""
        place = self.chain.index(option.role) if option.role in self.chain else 0
        return option.model_copy(update={"juniors": self.chain[:place]})

    def adjustment(self, option: str, *known: str) -> Adjustment:
        """What a person changed about that option."""
        return Adjustment.of(self.circumstances, option, known)

    def valid_days(self, adjustment: Adjustment) -> Parameter:
        """How long an approval holds."""
        return adjustment.integer("valid_days", _VALID_DAYS, self.terms.valid_days, 1, self.terms.longest_valid_days)

    def expected_loss(self, exposure: Decimal) -> Decimal:
        """What that exposure costs on average in bad debt."""
        return max(Decimal(0), exposure) * self.terms.loss_percent / 100

    def payment_fee(self, amount: Decimal) -> Decimal:
        """What taking the payment costs."""
        return amount * self.terms.payment_fee_percent / 100

    def addressed(self, **arguments: str) -> dict[str, object]:
        """Arguments of a step on the credit system, with whom and what it concerns."""
        return {
            "customer_id": self.order.customer_id,
            "order_id": self.order.order_id,
            "currency": self.order.currency,
            **arguments,
        }


def options(case: CreditCase) -> list[Option]:
    """Everything that can be done, in the order in which a credit manager would think of it."""
    found = (
        _release_once(case),
        _temporary_limit(case),
        _partial_within_limit(case),
        _prepay(case),
        _payment_link(case),
        _reject(case),
    )
    return [case.with_juniors(option) for option in found if option is not None]


def _release_once(case: CreditCase) -> Option:
    adjustment = case.adjustment("RELEASE_ONCE", "amount", "valid_days")
    total = case.order.total.rounded().amount
    most = case.order.money(total * (100 + case.terms.growth_percent) / 100).rounded().amount
    capped = adjustment.decimal("amount", _AMOUNT, total, total, most)
    valid_days = case.valid_days(adjustment)
    resulting = case.exposure.resulting + Decimal(capped.value) - total
    amount = case.order.money(resulting).rounded()
    return Option(
        code="RELEASE_ONCE",
        title="Release this order once",
        reason=f"exposure goes to {amount}; the release covers {case.order.money(Decimal(capped.value))} "
        f"and ends after {valid_days.value} days",
        cost=case.order.money(case.expected_loss(resulting)).rounded(),
        amount=amount,
        role=case.role(amount),
        customer_effect="the order ships as ordered",
        plan=Plan(steps=(_release_step(case, Decimal(capped.value), int(valid_days.value)),)),
        parameters=(capped, valid_days),
        messages=(CustomerMessage(template="credit_released"),),
        tolerance_percent=_order_growth(case, resulting),
    )


def _order_growth(case: CreditCase, resulting: Decimal) -> Decimal:
    """The growth of the exposure that stands for the growth of the order that an approval survives."""
    total = case.order.total.amount
    share = percent_of(total, resulting) if resulting > total else Decimal(100)
    return round(case.terms.growth_percent * share / 100, 4)


def _release_step(case: CreditCase, amount: Decimal, valid_days: int) -> Step:
    valid_until = end_of_day(case.circumstances.now, valid_days)
    return Step(
        step_id="release-credit",
        system="credit",
        operation="release",
        arguments=case.addressed(amount=booked(case.order, amount), valid_until=rfc3339(valid_until)),
        undo="reblock",
        summary=f"Release credit for {case.order.order_id} up to {case.order.money(amount)}",
    )


def _temporary_limit(case: CreditCase) -> Option | None:
    """A higher limit for some days. It does not help if the group's limit is what is broken."""
    most = case.position.limit * (100 + case.terms.temporary_limit_percent) / 100
    needed = case.exposure.resulting
    if case.exposure.excess == 0 or case.exposure.group_is_over or needed > most:
        return None
    adjustment = case.adjustment("TEMP_LIMIT", "limit", "valid_days")
    stepped = (needed / case.terms.limit_step).to_integral_value(ROUND_CEILING) * case.terms.limit_step
    limit = adjustment.decimal("limit", "the limit until then", min(stepped, most), needed, most)
    valid_days = case.valid_days(adjustment)
    amount = case.order.money(Decimal(limit.value)).rounded()
    valid_until = end_of_day(case.circumstances.now, int(valid_days.value))
    step = Step(
        step_id="raise-limit",
        system="credit",
        operation="raise_limit",
        arguments={
            "customer_id": case.order.customer_id,
            "limit": booked(case.order, amount.amount),
            "currency": case.order.currency,
            "valid_until": rfc3339(valid_until),
        },
        undo="restore_limit",
        summary=f"Raise the credit limit of {case.order.customer_id} to {amount} for {valid_days.value} days",
    )
    return Option(
        code="TEMP_LIMIT",
        title="Raise the limit for a while",
        reason=f"a limit of {amount} for {valid_days.value} days covers this order and leaves "
        f"{case.order.money(amount.amount - needed)} for others",
        cost=case.order.money(case.expected_loss(amount.amount)).rounded(),
        amount=amount,
        role=case.role(amount),
        customer_effect="the order ships as ordered",
        plan=Plan(steps=(step,)),
        parameters=(limit, valid_days),
        messages=(CustomerMessage(template="credit_released"),),
        tolerance_percent=_order_growth(case, amount.amount),
    )


def _partial_within_limit(case: CreditCase) -> Option | None:
    """As much of the order as fits under the limit; the rest becomes an order of its own, held again."""
    order = case.order
    paid = order.total.amount - case.due
    budget = order.money(case.exposure.headroom + paid).rounded().amount
    if order.ship_complete or not order.allow_partial or case.exposure.excess == 0 or budget <= 0:
        return None
    asked = case.adjustment("PARTIAL_WITHIN_LIMIT", "amount").decimal(
        "amount", "the most that is shipped now", budget, Decimal(0), budget
    )
    part = part_within(order, Decimal(asked.value))
    if part is None:
        return None
    resulting = order.money(case.exposure.without_order + part.total - paid).rounded()
    keep = {line_id: figure(quantity) for line_id, quantity in part.keep.items()}
    step = Step(
        step_id="split-order",
        system="erp",
        operation="split_order",
        arguments={"keep": dict(keep)},
        undo="reverse_amendment",
        summary=f"Split {order.order_id}: goods for {order.money(part.total)} stay, the rest becomes a new order",
    )
    now = ", ".join(f"line {line_id}: {quantity}" for line_id, quantity in keep.items())
    return Option(
        code="PARTIAL_WITHIN_LIMIT",
        title="Ship what fits under the limit",
        reason=f"{order.money(part.total)} of {order.total} fits under the limit; the rest is held as a new order",
        cost=order.money(case.terms.split_cost + case.expected_loss(resulting.amount)).rounded(),
        amount=resulting,
        role=case.role(resulting),
        customer_effect=f"ships now: {now}; the rest follows",
        plan=Plan(steps=(step,)),
        parameters=(asked,),
        messages=(CustomerMessage(template="credit_partial", values={"lines": now}),),
        tolerance_percent=case.terms.growth_percent,
    )


def _prepay(case: CreditCase) -> Option | None:
    """The card on file pays before the order goes."""
    if not case.position.card_on_file or case.due == 0:
        return None
    due, amount = case.order.money(case.due).rounded(), case.order.money(case.exposure.without_order).rounded()
    payment = Step(
        step_id="authorise-payment",
        system="credit",
        operation="authorise_payment",
        arguments=case.addressed(amount=booked(case.order, due.amount)),
        undo="void_payment",
        summary=f"Authorise {due} on the card on file of {case.order.customer_id}",
    )
    return Option(
        code="PREPAY",
        title="Charge the card on file",
        reason=f"{due} is paid before anything ships, so exposure stays at {amount}",
        cost=case.order.money(case.payment_fee(case.due)).rounded(),
        amount=amount,
        role=case.role(amount),
        customer_effect="the card on file is charged, and the order ships as ordered",
        plan=Plan(steps=(payment, _release_step(case, case.order.total.rounded().amount, case.terms.valid_days))),
        messages=(CustomerMessage(template="credit_prepaid", values={"amount": str(due)}),),
        tolerance_percent=case.terms.growth_percent,
    )


def _payment_link(case: CreditCase) -> Option | None:
    """Ask the customer to pay by a link, and look again when the payment is there or the time is up."""
    if case.due == 0:
        return None
    due, amount = case.order.money(case.due).rounded(), case.order.money(case.exposure.without_order).rounded()
    until = ahead(case.circumstances.now, case.terms.payment_wait)
    step = Step(
        step_id="create-payment-link",
        system="credit",
        operation="create_payment_link",
        arguments=case.addressed(amount=booked(case.order, due.amount), expires_at=rfc3339(until)),
        undo="cancel_payment_link",
        summary=f"Send {case.order.customer_id} a payment link for {due}",
    )
    wait = Wait(
        name=_link_name(case.circumstances.waited_for),
        until=until,
        events=(EventType.PAYMENT_RECEIVED,),
        reason=f"the customer was sent a payment link for {due}",
        on_customer=True,
    )
    return Option(
        code="PAY_LINK_WAIT",
        title="Send a payment link and wait",
        reason=f"the customer pays {due} first, so exposure stays at {amount}; without payment a person is asked again",
        cost=case.order.money(case.payment_fee(case.due)).rounded(),
        amount=amount,
        role=case.role(amount),
        disposition=Disposition.REASSESS,
        customer_effect="the order ships when the payment has come in",
        plan=Plan(steps=(step,), wait=wait),
        messages=(CustomerMessage(template="credit_payment_link", values={"amount": str(due)}),),
        tolerance_percent=case.terms.growth_percent,
    )


def _link_name(waited_for: tuple[str, ...]) -> str:
    """Each link has its own wait, so that the end of the first does not end the second."""
    number = 1 + sum(name.startswith("payment link ") for name in waited_for)
    return f"payment link {number}"


def _reject(case: CreditCase) -> Option:
    order = case.order
    amount = order.total.rounded()
    return Option(
        code="REJECT",
        title="Reject the order",
        reason=f"no credit is given; {order.margin} of margin is lost",
        cost=order.forgone.rounded(),
        amount=amount,
        role=case.role(amount),
        disposition=Disposition.CANCEL_ORDER,
        customer_effect="the order is cancelled",
        messages=(CustomerMessage(template="credit_declined"),),
        tolerance_percent=case.terms.growth_percent,
    )
