"""The ways to get carrier instructions, each with its plan."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal

from domain.assessment import CustomerMessage, Disposition, Option, Plan, Step
from domain.facts.transport import PickupSite
from domain.order import FreightTerms, TemperatureClass
from domain.playbooks import carrier_answers as answers
from domain.playbooks.carrier_answers import COLLECTION, CONFIRM, DECLINE, INSTRUCTIONS, Reply
from domain.playbooks.carrier_case import RATE_SHOP, CarrierCase
from domain.playbooks.consent import ask_customer
from domain.playbooks.figures import ahead, booked, figure
from domain.transport.choice import Offer, Source

CUSTOMER_PICKUP = "CPU"
"""What carrier instructions say in place of a SCAC when the customer collects."""
SOURCES: Mapping[Source, str] = {
    Source.CUSTOMER: "the customer's choice",
    Source.ORDER: "the order itself",
    Source.ROUTING_GUIDE: "the routing guide",
    Source.SHIP_TO: "the default of the ship-to",
    Source.ORDER_TYPE: "the default of the order type",
    Source.CHEAPEST: "the cheapest service in time",
    Source.LATE: "the earliest service",
    Source.NONE: "nothing",
}


def options(case: CarrierCase) -> list[Option]:
    """Everything that can be done, the most binding instruction first."""
    found = (_apply_default(case), _rate_shop(case), _pickup(case), _ask(case))
    return [option for option in found if option is not None]


def why_not(case: CarrierCase) -> str:
    """Why standing instructions do not count, in words; empty if none is passed over."""
    return "; ".join(f"{SOURCES[source]} does not count: {why}" for source, why in case.standing.passed_over)


def _apply_default(case: CarrierCase) -> Option | None:
    offer = case.standing.offer
    if offer is None:
        return None
    return _send_with(case, "APPLY_DEFAULT", "Follow the standing instruction", offer, SOURCES[case.standing.source])


def _rate_shop(case: CarrierCase) -> Option | None:
    offer, service = case.shopped_or_adjusted, case.service
    if offer is None or service is None:
        return None
    basis = "a person's choice" if case.is_adjusted else SOURCES[_basis(case, offer)]
    option = _send_with(case, RATE_SHOP, "Take the best service of the market", offer, basis)
    reason = "; ".join(part for part in (option.reason, case.not_to_be_had) if part)
    return option.model_copy(update={"parameters": (service,), "reason": reason})


def _basis(case: CarrierCase, offer: Offer) -> Source:
    if case.chosen_by_customer is not None:
        return Source.CUSTOMER
    return Source.CHEAPEST if offer.in_time else Source.LATE


def _send_with(case: CarrierCase, code: str, title: str, offer: Offer, basis: str) -> Option:
    order, payment, quote = case.order, offer.payment, offer.quote
    added, arrives = payment.added(order, offer.cost), offer.arrives_on.isoformat()
    late = "" if offer.in_time else f", after {case.market.shipment.need_by}"
    reason = f"{basis}: {offer.code} for {order.money(offer.cost)}, there on {arrives}{late}"
    return case.option(
        code,
        title,
        "; ".join(part for part in (reason, why_not(case)) if part),
        amount=added,
        cost=order.money(payment.borne(order, offer.cost)).rounded(),
        customer_effect=f"arrives on {arrives}{late}; {freight(case, offer)}",
        plan=Plan(steps=(_tender(case, offer), _set_carrier(case, offer, basis))),
        messages=(
            CustomerMessage(
                template="carrier_set",
                values={
                    "carrier": quote.carrier,
                    "service": quote.service,
                    "arrives_on": arrives,
                    "freight": freight(case, offer),
                },
            ),
        ),
    )


def freight(case: CarrierCase, offer: Offer) -> str:
    """What the customer pays for the freight, in words that go into a sentence."""
    if offer.payment.terms.needs_account:
        return "freight is billed to the carrier account"
    return f"freight is {case.order.money(offer.payment.charged(case.order, offer.cost))}"


def _tender(case: CarrierCase, offer: Offer) -> Step:
    order, quote, shipment = case.order, offer.quote, case.market.shipment
    return Step(
        step_id="tender",
        system="tms",
        operation="tender",
        arguments={
            "order_id": order.order_id,
            "customer_id": order.customer_id,
            "scac": quote.scac,
            "service": quote.service,
            "warehouse": order.warehouse,
            "site_id": order.ship_to.site_id,
            "region": order.ship_to.region,
            "weight_kg": figure(shipment.weight_kg),
            "hazmat": shipment.hazmat,
            "temperatures": [kind for kind in TemperatureClass if kind in shipment.temperatures],
            "lift_gate": shipment.dock.lift_gate,
            "pickup_on": quote.pickup_on.isoformat(),
            "freight_terms": offer.payment.terms,
            "account": offer.payment.account,
            "cost": booked(order, offer.cost),
        },
        undo="cancel_tender",
        summary=f"Tender {order.order_id} to {offer.code} for {quote.pickup_on}",
    )


def _set_carrier(case: CarrierCase, offer: Offer, basis: str) -> Step:
    order, payment = case.order, offer.payment
    return _instruct(
        {
            "scac": offer.quote.scac,
            "service": offer.quote.service,
            "freight_terms": payment.terms,
            "account": payment.account,
            "incoterms": order.carrier.incoterms,
            "freight": booked(order, payment.charged(order, offer.cost)),
            "basis": basis,
        },
        f"Send {order.order_id} with {offer.code}, {payment.terms}",
    )


def _instruct(arguments: Mapping[str, str | None], summary: str) -> Step:
    return Step(
        step_id="set-carrier",
        system="erp",
        operation="set_carrier",
        arguments={**arguments},
        undo="reverse_amendment",
        summary=summary,
    )


def _ask(case: CarrierCase) -> Option:
    """Ask for instructions among what is possible, and wait."""
    offers, pickup = _offered(case), case.pickup is not None
    plan = ask_customer(
        case.circumstances,
        INSTRUCTIONS,
        answers.choices(offers, pickup=pickup),
        ahead(case.circumstances.now, case.terms.answer_wait),
        "the customer was asked how the order is to travel",
        values=answers.values([_in_words(case, offer) for offer in offers]),
        about=case.answers.about(INSTRUCTIONS, *answers.named(offers)),
    )
    ways = ", ".join([offer.code for offer in offers] + (["collection"] if pickup else []))
    reason = f"the customer chooses: {ways or 'nothing is possible as the order stands'}"
    return case.option(
        "ASK_CUSTOMER",
        "Ask the customer for instructions",
        "; ".join(part for part in (reason, why_not(case)) if part),
        customer_effect="the order ships when the customer has answered",
        disposition=Disposition.REASSESS,
        plan=plan,
    )


def _offered(case: CarrierCase) -> list[Offer]:
    """The services that the customer is asked about: those in time by cost, then the others by arrival."""
    offers = [case.market.agreed(quote) for quote in case.market.able()]
    in_time = sorted((offer for offer in offers if offer.in_time), key=lambda offer: (offer.cost, offer.code))
    late = sorted((offer for offer in offers if not offer.in_time), key=lambda offer: (offer.arrives_on, offer.cost))
    return (in_time + late)[: case.terms.service_choices]


def _in_words(case: CarrierCase, offer: Offer) -> str:
    return f"{offer.quote.carrier}, {offer.quote.service}: arrives on {offer.arrives_on}, {freight(case, offer)}"


def _pickup(case: CarrierCase) -> Option | None:
    """The customer collects: at once if that is agreed or needs no agreement, otherwise after a confirmation."""
    if case.pickup is None:
        return None
    site, day = case.pickup
    where = f"at {site.warehouse} from {day} on, {site.opens:%H:%M} to {site.closes:%H:%M}"
    if not (case.reply is Reply.PICKUP or case.is_ex_works) and case.terms.pickup_consent:
        return _confirm_pickup(case, where)
    return case.option(
        "PICKUP",
        "Have the customer collect",
        f"the customer collects {where}",
        customer_effect=f"the goods are ready for collection {where}; no freight is charged",
        plan=Plan(steps=(_book_pickup(case, site, day), _set_pickup(case))),
        messages=(CustomerMessage(template="carrier_collection", values={"where": where}),),
    )


def _confirm_pickup(case: CarrierCase, where: str) -> Option:
    return case.option(
        "PICKUP",
        "Have the customer collect, after a confirmation",
        f"the customer may collect {where}, and is asked to confirm it",
        customer_effect="the order waits until the customer has confirmed the collection",
        disposition=Disposition.REASSESS,
        plan=ask_customer(
            case.circumstances,
            COLLECTION,
            (CONFIRM, DECLINE),
            ahead(case.circumstances.now, case.terms.answer_wait),
            "the customer was asked to collect",
            values={"where": where},
            about=case.answers.about(COLLECTION),
        ),
    )


def _book_pickup(case: CarrierCase, site: PickupSite, day: date) -> Step:
    order, shipment = case.order, case.market.shipment
    return Step(
        step_id="book-pickup",
        system="tms",
        operation="book_pickup",
        arguments={
            "order_id": order.order_id,
            "customer_id": order.customer_id,
            "warehouse": site.warehouse,
            "ready_on": day.isoformat(),
            "weight_kg": figure(shipment.weight_kg),
            "hazmat": shipment.hazmat,
        },
        undo="cancel_pickup",
        summary=f"Book the collection of {order.order_id} at {site.warehouse} from {day} on",
    )


def _set_pickup(case: CarrierCase) -> Step:
    order = case.order
    return _instruct(
        {
            "scac": CUSTOMER_PICKUP,
            "service": "PICKUP",
            "freight_terms": FreightTerms.PREPAID,
            "account": None,
            "incoterms": order.carrier.incoterms if case.is_ex_works else f"FCA {order.warehouse}",
            "freight": booked(order, Decimal(0)),
            "basis": "the customer collects",
        },
        f"Have {order.customer_id} collect {order.order_id}",
    )
