"""ADDRESS_INVALID: nobody can tell from the order where the goods are to go."""

from __future__ import annotations

from domain.address.comparison import compare
from domain.assessment import Assessment, Circumstances, Option
from domain.exception_types import ExceptionType
from domain.facts.account import Account
from domain.facts.address import EnteredAddress, Screening, ScreeningResult, ShipToSites
from domain.facts.fact import FactRequest
from domain.order import Hold, Order, ShipTo
from domain.playbooks.address_case import NEVER, OTHER_COUNTRY, AddressCase, AddressTerms, Reply
from domain.playbooks.address_options import in_words, options
from domain.playbooks.consent import answers_request
from domain.playbooks.figures import figure
from domain.playbooks.ruling import Judgement, Ruling, is_hard, terms
from domain.policy.policy_set import PolicySet


class AddressInvalid:
    """The rules of ADDRESS_INVALID."""

    exception_type = ExceptionType.ADDRESS_INVALID

    def facts_needed(self, order: Order, hold: Hold) -> tuple[FactRequest, ...]:  # noqa: ARG002 - the hold adds nothing
        """The address as entered, the customer's sites, what screening says, and what the customer said."""
        customer, ship_to = order.customer_id, order.ship_to
        return (
            FactRequest(name="account", system="crm", operation="account", arguments={"customer_id": customer}),
            FactRequest(name="address", system="erp", operation="address", arguments={"order_id": order.order_id}),
            FactRequest(name="sites", system="crm", operation="sites", arguments={"customer_id": customer}),
            FactRequest(
                name="screening",
                system="crm",
                operation="screening",
                arguments={
                    "order_id": order.order_id,
                    "customer_id": customer,
                    "site_id": ship_to.site_id,
                    "postal_code": ship_to.postal_code,
                    "country": ship_to.country,
                },
            ),
            answers_request(order),
        )

    def assess(self, circumstances: Circumstances, policy: PolicySet) -> Assessment:
        """Correct the writing, use a known premise, have the customer confirm the rest; lists are compliance's."""
        case = _case(circumstances, policy)
        ruling = _ruling(case, policy)
        ways = [_put_to(way, ruling, case) for way in options(case)]
        return Judgement(
            circumstances=circumstances,
            policy=policy,
            exception_type=self.exception_type,
            ruling=ruling,
            options=ways,
            question=_question(case),
            segment=case.segment,
            findings=_findings(case),
            person_only=frozenset(way.code for way in ways) if case.is_compliance else frozenset({"PICKUP"}),
            hits=(case.terms.hit,),
        ).assessment()


def _case(circumstances: Circumstances, policy: PolicySet) -> AddressCase:
    order, facts = circumstances.order, circumstances.facts
    segment = policy.segment(facts.get("account", Account).segment)
    value = order.value.amount
    row = terms(policy, "address_terms", segment=segment, service_level=order.service_level, order_value=value)
    sites = facts.get("sites", ShipToSites).sites
    return AddressCase(
        circumstances=circumstances,
        policy=policy,
        segment=segment,
        terms=AddressTerms.of(row),
        comparison=compare(facts.get("address", EnteredAddress).address, order.ship_to, sites),
        sites=sites,
        screening=facts.get("screening", Screening),
        collection=_collection(order, policy),
    )


def _collection(order: Order, policy: PolicySet) -> ShipTo | None:
    row = policy.decide("address_pickup", warehouse=order.warehouse)
    if row is None:
        return None
    where = {name: row.text(name) for name in ("region", "postal_code", "country")}
    return ShipTo(site_id=order.warehouse, **where)


def _ruling(case: AddressCase, policy: PolicySet) -> Ruling:
    match = policy.decide(
        "address_rules",
        hard=is_hard(case.circumstances),
        screening=case.screened,
        reply=case.reply,
        po_box_with_freight=case.po_box_with_freight,
        difference=case.comparison.difference,
        fraud=case.fraud,
        delivered_recently=case.is_recent(case.comparison.site),
        street_site_recent=case.is_recent(case.street_site),
        large=case.is_large,
        segment=case.segment,
        service_level=case.order.service_level,
        order_value=case.order.value.amount,
    )
    return Ruling.of(match, "address_rules")


def _put_to(way: Option, ruling: Ruling, case: AddressCase) -> Option:
    """The rule may name who is asked, but no rule takes from compliance what is compliance's."""
    return way if ruling.role is None or case.is_compliance else way.model_copy(update={"role": ruling.role})


def _question(case: AddressCase) -> str:
    order = case.order
    words = f"Order {order.order_id} of {order.value}: {in_words(case)}."
    if case.screened == OTHER_COUNTRY:
        return f"{words} The country entered was not screened. May the order go there?"
    if case.screened != ScreeningResult.CLEAR:
        found = case.screening.result.replace("_", " ").lower()
        return f"{words} Screening: {found} on list {case.screening.list_name}. May anything be delivered?"
    if case.reply is not Reply.NONE:
        return f"{words} The customer was asked: {case.reply.replace('_', ' ').lower()}. Where do the goods go?"
    return f"{words} Where do the goods go?"


def _findings(case: AddressCase) -> dict[str, str]:
    order, site, comparison = case.order, case.comparison.site, case.comparison
    days = case.days_since(site)
    found = {
        "address": in_words(case),
        "site": "none that is known" if site is None else site.site_id,
        "last good delivery there": "never" if days == NEVER else f"{days} days ago",
        "other sites that can take the goods": ", ".join(one.site_id for one in case.alternates) or "none",
        "PO box": "yes" if comparison.is_po_box else "no",
        "weight": f"{figure(order.weight_kg)} kg, {'freight' if case.is_freight else 'parcel'}",
        "screening": " ".join(part for part in (case.screened, case.screening.list_name) if part),
        "customer": case.reply.replace("_", " ").lower(),
    }
    if comparison.faults:
        found["cannot be right"] = ", ".join(fault.replace("_", " ").lower() for fault in comparison.faults)
    if case.screening.fraud_score:
        found["fraud score"] = f"{case.screening.fraud_score} of 100"
    return found
