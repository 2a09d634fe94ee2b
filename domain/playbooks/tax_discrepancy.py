"""TAX_DISCREPANCY: the tax on the order is not what the tax engine says."""

from __future__ import annotations

from decimal import Decimal

from domain.assessment import Assessment, Circumstances
from domain.exception_types import ExceptionType
from domain.facts.account import Account
from domain.facts.fact import FactRequest
from domain.facts.tax import Certificates, TaxQuote
from domain.order import Hold, Order
from domain.playbooks.figures import figure
from domain.playbooks.ruling import Judgement, Ruling, is_hard, terms
from domain.playbooks.tax_options import TaxCase, TaxTerms, options
from domain.policy.policy_set import PolicySet
from domain.tax.exemption import CertificateState, Exemption
from domain.tax.variance import NOTHING, TaxVariance, engine_taxes

_NO_VARIANCE = TaxVariance(NOTHING, NOTHING, NOTHING)


class TaxDiscrepancy:
    """The rules of TAX_DISCREPANCY."""

    exception_type = ExceptionType.TAX_DISCREPANCY

    def facts_needed(self, order: Order, hold: Hold) -> tuple[FactRequest, ...]:  # noqa: ARG002 - the hold adds nothing
        """The account, the certificates, and the engine's estimate, which a person may go without."""
        customer = {"customer_id": order.customer_id}
        return (
            FactRequest(name="account", system="crm", operation="account", arguments=dict(customer)),
            _quote_request(order),
            FactRequest(
                name="certificates",
                system="tax",
                operation="certificates",
                arguments={**customer, "region": order.ship_to.region},
            ),
        )

    def assess(self, circumstances: Circumstances, policy: PolicySet) -> Assessment:
        """The engine wins: accept what is close enough, correct the rest, ask about exemptions and large sums."""
        case = _case(circumstances, policy)
        variance = _NO_VARIANCE if case.quote is None else TaxVariance.of(case.order, case.quote)
        return Judgement(
            circumstances=circumstances,
            policy=policy,
            exception_type=self.exception_type,
            ruling=_ruling(case, variance, policy),
            options=options(case),
            question=_question(case),
            segment=case.segment,
            findings=_findings(case, variance),
            hits=(case.terms.hit,),
        ).assessment()


def _quote_request(order: Order) -> FactRequest:
    ship_to = order.ship_to
    return FactRequest(
        name="tax",
        system="tax",
        operation="quote",
        arguments={
            "order_id": order.order_id,
            "currency": order.currency,
            "ship_from": order.warehouse,
            "ship_to": {"region": ship_to.region, "postal_code": ship_to.postal_code, "country": ship_to.country},
            "freight": f"{order.freight:f}",
            "lines": [
                {"line_id": line.line_id, "amount": f"{line.value:f}", "product_tax_code": line.product_tax_code}
                for line in order.open_lines
            ],
        },
        optional=True,
    )


def _case(circumstances: Circumstances, policy: PolicySet) -> TaxCase:
    order, facts = circumstances.order, circumstances.facts
    segment = policy.segment(facts.get("account", Account).segment)
    row = terms(policy, "tax_terms", segment=segment, service_level=order.service_level, order_value=order.value.amount)
    certificates = facts.get("certificates", Certificates).certificates
    rate = policy.decide("tax_fallback_rates", country=order.ship_to.country, region=order.ship_to.region)
    return TaxCase(
        circumstances=circumstances,
        segment=segment,
        quote=facts.find("tax", TaxQuote),
        exemption=Exemption.of(order, certificates, circumstances.now.date()),
        terms=TaxTerms.of(row),
        fallback_percent=None if rate is None else rate.number("rate_percent"),
    )


def _ruling(case: TaxCase, variance: TaxVariance, policy: PolicySet) -> Ruling:
    order, matters = case.order, case.exempted > 0
    match = policy.decide(
        "tax_rules",
        hard=is_hard(case.circumstances),
        engine_answered=case.quote is not None,
        certificate=case.exemption.state if matters else CertificateState.NONE,
        certificate_expired_days=case.exemption.expired_days if matters else 0,
        worst_line_variance=variance.worst_line,
        order_variance=variance.order,
        order_variance_percent=variance.percent,
        tax_at_stake=case.at_stake,
        segment=case.segment,
        service_level=order.service_level,
        order_value=order.value.amount,
    )
    return Ruling.of(match, "tax_rules")


def _question(case: TaxCase) -> str:
    order = case.order
    in_erp = order.money(case.in_erp)
    if case.quote is None:
        return f"Order {order.order_id}: the tax engine is silent, the ERP says {in_erp}. Which tax may it go with?"
    engine = order.money(sum(engine_taxes(order, case.quote).values(), Decimal(0)))
    words = f"Order {order.order_id}: tax {in_erp} in the ERP, {engine} by the engine."
    if case.exemption.certificate is None:
        return f"{words} Which one counts?"
    return f"{words} Certificate {case.exemption.certificate.certificate_id} is {case.exemption.state.lower()}. Exempt?"


def _findings(case: TaxCase, variance: TaxVariance) -> dict[str, str]:
    order, quote = case.order, case.quote
    as_ordered = sum((line.tax_as_ordered for line in order.open_lines), Decimal(0))
    found = {
        "tax as ordered": str(order.money(as_ordered)),
        "tax in the ERP": str(order.money(case.in_erp)),
        "tax by the engine": "no answer",
        "fallback rate": "none" if case.fallback_percent is None else f"{figure(case.fallback_percent)} %",
    }
    if quote is not None:
        engine = sum(engine_taxes(order, quote).values(), Decimal(0))
        freight = str(order.money(quote.freight_tax)) if quote.freight_taxable else "not taxable"
        found["tax by the engine"] = f"{order.money(engine)} ({quote.jurisdiction}, quote {quote.quote_id})"
        found["tax on freight"] = freight
        found["largest difference of a line"] = str(order.money(variance.worst_line))
        found["difference of the order"] = f"{order.money(variance.order)} ({figure(round(variance.percent, 2))} %)"
    if case.exemption.certificate is not None:
        certificate = case.exemption.certificate
        found["certificate"] = (
            f"{certificate.certificate_id}, {certificate.use}, {certificate.region}, "
            f"valid to {certificate.valid_to.isoformat()}, covers lines {', '.join(case.exemption.line_ids)}"
        )
    return found
