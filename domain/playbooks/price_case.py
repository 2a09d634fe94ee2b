"""A price discrepancy as every option sees it: the lines' prices side by side, the terms, and who decides what."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from functools import cached_property

from domain.assessment import Circumstances, CustomerMessage, Option, Plan, RuleHit, Step
from domain.base import digest
from domain.exception_types import ExceptionType
from domain.facts.account import Account
from domain.facts.pricing import Prices
from domain.order import Order, OrderLine
from domain.playbooks.consent import Consent, answer_to, consent
from domain.playbooks.figures import figure
from domain.playbooks.price_lines import compare
from domain.playbooks.reassessment import revalidate
from domain.playbooks.ruling import approver, terms
from domain.policy.policy_set import PolicySet
from domain.policy.table import Match
from domain.pricing.comparison import LinePrice, Standing, Tolerance, standing_of, worst_band
from domain.pricing.margin import NOTHING, MarginBand

QUESTION = "price_revision"
REVISE, KEEP, CANCEL = "REVISE", "KEEP", "CANCEL"
CHOICES = (REVISE, KEEP, CANCEL)
"""What the customer may answer: our price, no other than the purchase order's, or not at all."""


@dataclass(frozen=True)
class PriceTerms:
    """The row of the table `price_terms`. Amounts in the order's currency, margins for items without their own."""

    tolerance: Tolerance
    floor_margin_percent: Decimal
    target_margin_percent: Decimal
    deepest_discount_percent: Decimal
    answer_wait: timedelta
    tolerance_percent: Decimal
    hit: RuleHit

    @classmethod
    def of(cls, row: Match) -> PriceTerms:
        """The terms of that row."""
        return cls(
            tolerance=Tolerance(
                percent=row.number("line_percent"), line=row.number("line_amount"), order=row.number("order_amount")
            ),
            floor_margin_percent=row.number("floor_margin_percent"),
            target_margin_percent=row.number("target_margin_percent"),
            deepest_discount_percent=row.number("deepest_discount_percent"),
            answer_wait=row.duration("answer_wait"),
            tolerance_percent=row.number("tolerance_percent"),
            hit=row.hit,
        )


@dataclass(frozen=True)
class PriceCase:
    """What every option is made from."""

    circumstances: Circumstances
    policy: PolicySet
    segment: str
    terms: PriceTerms
    lines: tuple[LinePrice, ...]

    @classmethod
    def of(cls, circumstances: Circumstances, policy: PolicySet) -> PriceCase:
        """The case. Raises FactMissing without the account, the prices or the customer's answers."""
        order, prices = circumstances.order, circumstances.facts.get("prices", Prices)
        segment = policy.segment(circumstances.facts.get("account", Account).segment)
        row = terms(
            policy, "price_terms", segment=segment, service_level=order.service_level, order_value=order.value.amount
        )
        price_terms = PriceTerms.of(row)
        floor, target = price_terms.floor_margin_percent, price_terms.target_margin_percent
        return cls(circumstances, policy, segment, price_terms, compare(order, prices, floor, target))

    @property
    def order(self) -> Order:
        """The order that is held."""
        return self.circumstances.order

    @cached_property
    def disputed(self) -> tuple[LinePrice, ...]:
        """The lines whose prices are not all the same."""
        return tuple(line for line in self.lines if line.standing is not Standing.SETTLED)

    @property
    def contested(self) -> tuple[LinePrice, ...]:
        """Those of them for which the customer asks another price than we do."""
        return tuple(line for line in self.disputed if line.standing is not Standing.AS_AGREED)

    @property
    def standing(self) -> Standing:
        """That of the worst line."""
        return standing_of(self.lines)

    @property
    def is_agreed(self) -> bool:
        """Whether something was agreed about every disputed line."""
        return all(line.agreed is not None for line in self.disputed)

    @property
    def with_wrong_record(self) -> tuple[LinePrice, ...]:
        """The lines whose price record says otherwise than the customer's contract."""
        return tuple(line for line in self.lines if line.has_wrong_record)

    @property
    def band(self) -> MarginBand:
        """The worst margin at the purchase order's prices, of the lines for which it asks less than agreed."""
        stated = [(line, line.stated) for line in self.lines if line.standing is Standing.LOWER]
        return worst_band([line.margins.band(price) for line, price in stated if price is not None])

    @property
    def about(self) -> str:
        """What the customer is asked about: other prices are another question."""
        return digest({line.line.line_id: figure(line.entitled) for line in self.disputed})[:12]

    @property
    def answer(self) -> str:
        """What the customer said to our prices: a choice, or how the question stands."""
        chosen = answer_to(self.circumstances.facts, QUESTION, self.about)
        return chosen or consent(self.circumstances, QUESTION, REVISE, self.about).value

    @property
    def may_ask_customer(self) -> bool:
        """Whether the question is still open, or can be put."""
        return self.answer in (Consent.NOT_ASKED, Consent.AWAITED)

    def conceded(self, prices: Mapping[str, Decimal]) -> Decimal:
        """What we forgo at these prices (by line) against what the customer is entitled to."""
        return sum(
            (line.conceded(prices[line.line.line_id]) for line in self.lines if line.line.line_id in prices), NOTHING
        )

    def option(
        self,
        code: str,
        title: str,
        reason: str,
        *,
        effect: str,
        amount: Decimal,
        band: MarginBand,
        plan: Plan,
        **more: object,
    ) -> Option:
        """An option with what all of them share. Its role is the first that may decide about `amount` in that band."""
        money = self.order.money(amount).rounded()
        row = terms(self.policy, "price_roles", option=code, margin=band)
        chain, juniors = row.names("chain"), row.names("juniors")
        role = approver(self.policy, chain, ExceptionType.PRICE_DISCREPANCY, money)
        shared = {
            "code": code,
            "title": title,
            "reason": f"{reason}; {row.text('reason')}" if row.maybe("reason") else reason,
            "customer_effect": effect,
            "cost": self.order.money(0),
            "amount": money,
            "role": role,
            "juniors": (*juniors, *chain[: chain.index(role)]),
            "plan": plan,
            "tolerance_percent": self.terms.tolerance_percent,
        }
        return Option.model_validate(shared | more)

    def set_prices(self, prices: Mapping[str, Decimal], basis: str) -> tuple[Step, ...]:
        """One write for all these lines (with their prices). One whose price stays is written, too: then the ERP knows
        that it was looked at, and does not hold the order for it again. Dearer, it is more credit and more tax, which
        are assessed again.
        """
        if not prices:
            return ()
        step = Step(
            step_id="set-price",
            system="erp",
            operation="set_price",
            arguments={
                "lines": {line_id: {"unit_price": figure(price)} for line_id, price in prices.items()},
                "basis": basis,
            },
            undo="reverse_amendment",
            summary=f"Set the price of line {', '.join(prices)} of {self.order.order_id} ({basis})",
        )
        raised = sum((prices[line.line_id] - line.unit_price) * line.quantity for line in self._priced(prices)) > 0
        return (step, revalidate(self.order, "it costs more")) if raised else (step,)

    def _priced(self, prices: Mapping[str, Decimal]) -> list[OrderLine]:
        return [line for line in self.order.open_lines if line.line_id in prices]

    def message(self, template: str, prices: Mapping[str, Decimal]) -> tuple[CustomerMessage, ...]:
        """The paragraph for the customer, with the prices (by line) that hold."""
        return (CustomerMessage(template=template, values={"lines": self.listed(self.lines, prices.get)}),)

    def listed(self, lines: Sequence[LinePrice], price: Callable[[str], Decimal | None]) -> str:
        """Lines with one of their prices, in words."""
        return "\n".join(
            f"{figure(line.line.quantity)} {line.line.unit} of {line.line.item}: {self.per_unit(line, found)}"
            for line in lines
            if (found := price(line.line.line_id)) is not None
        )

    def per_unit(self, line: LinePrice, price: Decimal) -> str:
        """A unit price with its currency and unit."""
        return f"{figure(price)} {self.order.currency} per {line.line.unit}"
