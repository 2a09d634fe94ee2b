"""CARRIER_INSTRUCTIONS_MISSING: nobody said which carrier takes the order, or not all that a warehouse has to know."""

from __future__ import annotations

from dataclasses import replace

from domain.assessment import Assessment, Circumstances
from domain.exception_types import ExceptionType
from domain.facts.account import Account
from domain.facts.fact import FactRequest
from domain.facts.transport import Rates, Routing
from domain.order import Hold, Order
from domain.playbooks.carrier_answers import Answers
from domain.playbooks.carrier_case import CarrierCase, CarrierTerms
from domain.playbooks.carrier_options import SOURCES, options, why_not
from domain.playbooks.consent import answers_request
from domain.playbooks.figures import figure, percent_of
from domain.playbooks.ruling import Judgement, Ruling, is_hard, terms
from domain.policy.policy_set import PolicySet
from domain.transport.choice import Market, Source


class CarrierInstructionsMissing:
    """The rules of CARRIER_INSTRUCTIONS_MISSING."""

    exception_type = ExceptionType.CARRIER_INSTRUCTIONS_MISSING

    def facts_needed(self, order: Order, hold: Hold) -> tuple[FactRequest, ...]:  # noqa: ARG002 - the hold adds nothing
        """The account, standing instructions, rates, and what the customer was asked."""
        customer = {"customer_id": order.customer_id}
        return (
            FactRequest(name="account", system="crm", operation="account", arguments=dict(customer)),
            FactRequest(
                name="routing",
                system="tms",
                operation="routing",
                arguments={
                    **customer,
                    "site_id": order.ship_to.site_id,
                    "region": order.ship_to.region,
                    "postal_code": order.ship_to.postal_code,
                    "order_type": order.order_type,
                    "service_level": order.service_level,
                    "warehouse": order.warehouse,
                },
            ),
            _rates_request(order),
            answers_request(order),
        )

    def assess(self, circumstances: Circumstances, policy: PolicySet) -> Assessment:
        """Follow the standing instruction or take the cheapest service in time; ask if it is dear or nobody agreed."""
        case = _case(circumstances, policy)
        ruling = _ruling(case, policy)
        return Judgement(
            circumstances=circumstances,
            policy=policy,
            exception_type=self.exception_type,
            ruling=ruling,
            options=options(replace(case, lowest_role=ruling.role)),
            question=_question(case),
            segment=case.segment,
            findings=_findings(case),
            hits=(case.terms.hit,),
        ).assessment()


def _rates_request(order: Order) -> FactRequest:
    lines = order.open_lines
    return FactRequest(
        name="rates",
        system="tms",
        operation="rates",
        arguments={
            "origin": order.warehouse,
            "region": order.ship_to.region,
            "postal_code": order.ship_to.postal_code,
            "country": order.ship_to.country,
            "weight_kg": f"{order.weight_kg:f}",
            "volume_m3": f"{sum(line.quantity * line.unit_volume_m3 for line in lines):f}",
            "hazmat": "true" if any(line.hazmat for line in lines) else "false",
            "temperature": sorted({line.temperature for line in lines}),
            "ready_on": order.carrier_cutoff.date().isoformat(),
        },
    )


def _case(circumstances: Circumstances, policy: PolicySet) -> CarrierCase:
    order, facts = circumstances.order, circumstances.facts
    segment = policy.segment(facts.get("account", Account).segment)
    routing = facts.get("routing", Routing)
    row = terms(
        policy, "carrier_terms", segment=segment, service_level=order.service_level, order_value=order.value.amount
    )
    return CarrierCase(
        circumstances=circumstances,
        policy=policy,
        segment=segment,
        routing=routing,
        market=Market.of(order, routing, facts.get("rates", Rates).quotes),
        answers=Answers.of(circumstances),
        terms=CarrierTerms.of(row),
    )


def _ruling(case: CarrierCase, policy: PolicySet) -> Ruling:
    order = case.order
    source, offer = case.resolved
    added = order.money(0 if offer is None else offer.payment.added(order, offer.cost)).rounded().amount
    match = policy.decide(
        "carrier_rules",
        hard=is_hard(case.circumstances),
        ex_works=case.is_ex_works,
        reply=case.reply,
        source=source,
        guide_passed_over=any(passed is Source.ROUTING_GUIDE for passed, _ in case.standing.passed_over),
        account_missing=case.account_missing,
        consent_needed=case.consent_needed,
        customer_pays=offer is not None and offer.payment.by_customer,
        added_freight=added,
        added_freight_percent=percent_of(added, order.freight),
        segment=case.segment,
        service_level=order.service_level,
        order_value=order.value.amount,
    )
    return Ruling.of(match, "carrier_rules")


def _question(case: CarrierCase) -> str:
    source, offer = case.resolved
    order_id = case.order.order_id
    if offer is None:
        return f"Order {order_id}: no service can carry it to {case.order.ship_to.region}. How is it to travel?"
    cost = case.order.money(offer.cost)
    return (
        f"Order {order_id} has no carrier. {SOURCES[source].capitalize()}: {offer.code} for {cost}, "
        f"there on {offer.arrives_on}. How is it to travel?"
    )


def _findings(case: CarrierCase) -> dict[str, str]:
    order, shipment = case.order, case.market.shipment
    source, offer = case.resolved
    carrier, passed_over = order.carrier, why_not(case)
    able = {quote.code for quote in case.market.able()}
    found = {
        "on the order": f"{carrier.scac or 'no carrier'}, {carrier.service or 'no service'}, {carrier.freight_terms}",
        "weight": f"{figure(shipment.weight_kg)} kg",
        "needed by": shipment.need_by.isoformat(),
        "restrictions": ", ".join(_restrictions(case)) or "none",
        "resolved by": SOURCES[source],
        "customer": case.reply.lower(),
        "freight on the order": str(order.money(order.freight)),
        "services that can carry it": ", ".join(sorted(able)) or "none",
    }
    if passed_over:
        found["passed over"] = passed_over
    if offer is not None:
        added = order.money(offer.payment.added(order, offer.cost))
        found["service"] = f"{offer.code} for {order.money(offer.cost)}, there on {offer.arrives_on}"
        found["added freight"] = f"{added} ({figure(round(percent_of(added.amount, order.freight), 2))} %)"
    found |= {
        f"not {quote.code}": ", ".join(shipment.obstacles(quote))
        for quote in case.market.quotes
        if quote.code not in able
    }
    return found


def _restrictions(case: CarrierCase) -> list[str]:
    shipment, dock = case.market.shipment, case.routing.dock
    words = ["dangerous goods"] if shipment.hazmat else []
    words += sorted(str(kind.lower()) for kind in shipment.temperatures)
    words += ["lift gate"] if dock.lift_gate else []
    return [*words, f"dock {dock.opens:%H:%M} to {dock.closes:%H:%M}"]
