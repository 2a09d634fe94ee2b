"""The ways out of a tax discrepancy, each with its plan."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from domain.assessment import (
    Circumstances,
    CustomerMessage,
    Disposition,
    Option,
    Parameter,
    Plan,
    RuleHit,
    Step,
    Wait,
)
from domain.events import EventType
from domain.facts.tax import TaxQuote
from domain.order import Order
from domain.playbooks.adjustment import Adjustment
from domain.playbooks.figures import ahead, booked, figure
from domain.policy.table import Match
from domain.tax.exemption import CertificateState, Exemption
from domain.tax.variance import NOTHING, engine_taxes

_HIGHEST_RATE = Decimal(100)


@dataclass(frozen=True)
class TaxTerms:
    """The row of the table `tax_terms`. Amounts in the order's currency."""

    accept_up_to: Decimal
    renewable_days: int
    certificate_wait: timedelta
    true_up_risk_percent: Decimal
    tolerance_percent: Decimal
    role: str
    hit: RuleHit

    @classmethod
    def of(cls, row: Match) -> TaxTerms:
        """The terms of that row."""
        return cls(
            accept_up_to=row.number("accept_up_to"),
            renewable_days=row.whole("renewable_days"),
            certificate_wait=row.duration("certificate_wait"),
            true_up_risk_percent=row.number("true_up_risk_percent"),
            tolerance_percent=row.number("tolerance_percent"),
            role=row.text("role"),
            hit=row.hit,
        )


@dataclass(frozen=True)
class TaxCase:
    """What every option is made from. No `quote`: the engine could not be reached, and a person chose to go on."""

    circumstances: Circumstances
    segment: str
    quote: TaxQuote | None
    exemption: Exemption
    terms: TaxTerms
    fallback_percent: Decimal | None

    @property
    def order(self) -> Order:
        """The order that is held."""
        return self.circumstances.order

    @property
    def in_erp(self) -> Decimal:
        """The tax that would be invoiced as things are."""
        return sum((line.tax_in_erp for line in self.order.open_lines), NOTHING)

    @property
    def taxes(self) -> dict[str, Decimal]:
        """By line, the best figure there is: the engine's, or the ERP's as long as the engine is silent."""
        if self.quote is None:
            return {line.line_id: line.tax_in_erp for line in self.order.open_lines}
        return engine_taxes(self.order, self.quote)

    @property
    def exempted(self) -> Decimal:
        """The tax on the lines that the certificate covers."""
        return sum((tax for line, tax in self.taxes.items() if line in self.exemption.line_ids), NOTHING)

    @property
    def fallback_taxes(self) -> dict[str, Decimal]:
        """By line, the tax at the table's rate, or at the one a person set."""
        rate = self.fallback_rate
        if rate is None:
            return self.taxes
        return {
            line.line_id: self.order.money(line.value * Decimal(rate.value) / 100).rounded().amount
            for line in self.order.open_lines
        }

    @property
    def fallback_rate(self) -> Parameter | None:
        """The rate for the order's region, if the table has one."""
        adjustment = Adjustment.of(self.circumstances, "FALLBACK_TRUE_UP", ("rate_percent",))
        if self.fallback_percent is None:
            return None
        return adjustment.decimal("rate_percent", "the provisional rate", self.fallback_percent, NOTHING, _HIGHEST_RATE)

    @property
    def at_stake(self) -> Decimal:
        """What the decision is about: the difference to the ERP, or all the tax as long as the engine is silent."""
        if self.quote is None:
            return sum(self.fallback_taxes.values(), NOTHING)
        return self.difference

    @property
    def difference(self) -> Decimal:
        """Between the engine and the ERP, or the customer if that is more."""
        engine = sum(self.taxes.values(), NOTHING)
        as_ordered = sum((line.tax_as_ordered for line in self.order.open_lines), NOTHING)
        return max(abs(engine - self.in_erp), abs(engine - as_ordered))

    @property
    def is_renewable(self) -> bool:
        """Whether the certificate expired so recently that the customer is asked for its renewal."""
        expired = self.exemption.state is CertificateState.EXPIRED
        return expired and self.exemption.expired_days <= self.terms.renewable_days

    def option(
        self, code: str, title: str, reason: str, *, effect: str, amount: Decimal, plan: Plan, **more: object
    ) -> Option:
        """An option with what all of them share."""
        shared = {
            "code": code,
            "title": title,
            "reason": reason,
            "customer_effect": effect,
            "cost": self.order.money(0),
            "amount": self.order.money(amount).rounded(),
            "role": self.terms.role,
            "plan": plan,
            "tolerance_percent": self.terms.tolerance_percent,
        }
        return Option.model_validate(shared | more)

    def message(self, template: str, tax: Decimal) -> tuple[CustomerMessage, ...]:
        """The paragraph for the customer, with the tax that holds."""
        return (CustomerMessage(template=template, values={"tax": str(self.order.money(tax))}),)


def options(case: TaxCase) -> list[Option]:
    """Everything that can be done: with the engine's answer by the engine, without it by the table's rate."""
    if case.quote is None:
        found = [_fallback(case), _certificate(case)]
    else:
        found = [_use_engine(case, case.quote), _accept(case, case.quote), _certificate(case)]
    return [option for option in found if option is not None]


def _set_tax(case: TaxCase, taxes: Mapping[str, Decimal], freight_tax: Decimal, basis: str, *, true_up: bool) -> Step:
    order = case.order
    total = order.money(sum(taxes.values(), freight_tax))
    return Step(
        step_id="set-tax",
        system="erp",
        operation="set_tax",
        arguments={
            "lines": {line: booked(order, tax) for line, tax in taxes.items()},
            "freight_tax": booked(order, freight_tax),
            "basis": basis,
            "true_up": true_up,
        },
        undo="reverse_amendment",
        summary=f"Set the tax of {order.order_id} to {total} ({basis})",
    )


def _use_engine(case: TaxCase, quote: TaxQuote) -> Option:
    total = sum(case.taxes.values(), quote.freight_tax)
    steps = [_set_tax(case, case.taxes, quote.freight_tax, f"engine quote {quote.quote_id}", true_up=False)]
    reason = f"the engine wins: {case.order.money(total)} with freight, {case.order.money(case.difference)} apart"
    if case.is_renewable:
        steps.append(_request_certificate(case))
        reason += "; the renewed certificate is requested, and the tax is credited when it comes"
    return case.option(
        "USE_ENGINE",
        "Use the tax engine's figure",
        reason,
        effect=f"tax becomes {case.order.money(total)}",
        amount=case.difference,
        plan=Plan(steps=tuple(steps)),
        messages=case.message("tax_credit_later" if case.is_renewable else "tax_corrected", total),
    )


def _accept(case: TaxCase, quote: TaxQuote) -> Option | None:
    """Leave the ERP's figure, as long as the difference is small enough to be worth nobody's time."""
    if case.difference > case.terms.accept_up_to:
        return None
    lines = {line.line_id: booked(case.order, line.tax_in_erp) for line in case.order.open_lines}
    step = Step(
        step_id="override-tax",
        system="tax",
        operation="override",
        arguments={
            "order_id": case.order.order_id,
            "lines": {**lines},
            "basis": "variance accepted",
            "quote_id": quote.quote_id,
        },
        undo="void_override",
        summary=f"Have the tax of {case.order.order_id} stand at {case.order.money(case.in_erp)}",
    )
    short = max(NOTHING, sum(case.taxes.values(), NOTHING) - case.in_erp)
    return case.option(
        "ACCEPT_VARIANCE",
        "Accept the difference",
        f"{case.order.money(case.difference)} of difference is accepted, {case.order.money(short)} of it borne by us",
        effect="the tax stays as it is",
        amount=case.difference,
        plan=Plan(steps=(step,)),
        cost=case.order.money(short).rounded(),
    )


def _certificate(case: TaxCase) -> Option | None:
    """Exempt what a valid certificate covers; ask for the renewal of one that expired recently, and wait for it."""
    if case.exempted == 0:
        return None
    if case.exemption.state is CertificateState.VALID:
        return _apply_certificate(case)
    return _await_certificate(case) if case.is_renewable else None


def _apply_certificate(case: TaxCase) -> Option:
    certificate_id = case.exemption.certificate.certificate_id if case.exemption.certificate else ""
    taxes = {line: NOTHING if line in case.exemption.line_ids else tax for line, tax in case.taxes.items()}
    freight_tax = case.quote.freight_tax if case.quote and any(taxes.values()) else NOTHING
    link = Step(
        step_id="link-certificate",
        system="tax",
        operation="link_certificate",
        arguments={"order_id": case.order.order_id, "certificate_id": certificate_id},
        undo="unlink_certificate",
        summary=f"Link certificate {certificate_id} to {case.order.order_id}",
    )
    set_tax = _set_tax(case, taxes, freight_tax, f"certificate {certificate_id}", true_up=case.quote is None)
    total = sum(taxes.values(), freight_tax)
    return case.option(
        "APPLY_CERTIFICATE",
        "Apply the exemption certificate",
        f"certificate {certificate_id} exempts lines {', '.join(case.exemption.line_ids)}: "
        f"{case.order.money(case.exempted)} less",
        effect=f"tax becomes {case.order.money(total)}",
        amount=case.exempted,
        plan=Plan(steps=(link, set_tax)),
        messages=case.message("tax_exempt", total),
    )


def _await_certificate(case: TaxCase) -> Option:
    until = ahead(case.circumstances.now, case.terms.certificate_wait)
    asked_before = sum(name.startswith("certificate ") for name in case.circumstances.waited_for)
    wait = Wait(
        name=f"certificate {asked_before + 1}",
        until=until,
        events=(EventType.CUSTOMER_ANSWERED,),
        reason="the customer was asked for a renewed exemption certificate",
        on_customer=True,
    )
    return case.option(
        "APPLY_CERTIFICATE",
        "Hold for the renewed certificate",
        f"the certificate expired {case.exemption.expired_days} days ago: hold the order until the renewal is there, "
        f"{case.order.money(case.exempted)} less",
        effect="the order ships when the renewed certificate is there",
        amount=case.exempted,
        plan=Plan(steps=(_request_certificate(case),), wait=wait),
        disposition=Disposition.REASSESS,
        messages=(CustomerMessage(template="tax_certificate_requested"),),
    )


def _request_certificate(case: TaxCase) -> Step:
    order = case.order
    return Step(
        step_id="request-certificate",
        system="tax",
        operation="request_certificate",
        arguments={"customer_id": order.customer_id, "order_id": order.order_id, "region": order.ship_to.region},
        undo="withdraw_certificate_request",
        summary=f"Ask {order.customer_id} for a renewed exemption certificate for {order.ship_to.region}",
    )


def _fallback(case: TaxCase) -> Option:
    """A provisional tax while the engine is silent, corrected when it is back."""
    rate, total = case.fallback_rate, sum(case.fallback_taxes.values(), NOTHING)
    basis = "ERP, no rate for the region" if rate is None else f"fallback rate {figure(Decimal(rate.value))} %"
    return case.option(
        "FALLBACK_TRUE_UP",
        "Go with a provisional tax, corrected later",
        f"the engine is silent; {case.order.money(total)} by {basis}, corrected when the engine is back",
        effect=f"tax is {case.order.money(total)} for now and is corrected on the invoice",
        amount=total,
        plan=Plan(steps=(_set_tax(case, case.fallback_taxes, NOTHING, basis, true_up=True),)),
        cost=case.order.money(total * case.terms.true_up_risk_percent / 100).rounded(),
        parameters=() if rate is None else (rate,),
        messages=case.message("tax_provisional", total),
    )
