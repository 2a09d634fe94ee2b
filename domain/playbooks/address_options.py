"""The ways out of an address that cannot be right, each with its plan. None says in words where anybody is."""

from __future__ import annotations

from domain.address.comparison import Difference
from domain.assessment import CustomerMessage, Disposition, Option, Plan, Step
from domain.order import FreightTerms, ShipTo
from domain.playbooks.address_case import ALTERNATE_SHIP_TO, AddressCase, Reply, ship_to_of
from domain.playbooks.carrier_options import CUSTOMER_PICKUP
from domain.playbooks.consent import ask_customer
from domain.playbooks.figures import ahead
from domain.playbooks.reassessment import after_move

WORDS: dict[Difference, str] = {
    Difference.NONE: "nothing differs",
    Difference.FORMAT: "only the writing differs",
    Difference.POSTCODE_SUFFIX: "the postcode suffix differs",
    Difference.POSTCODE: "the postcode differs",
    Difference.OTHER_SITE: "the premise is another site's",
    Difference.PREMISE: "the premise differs",
    Difference.CITY: "the city differs",
    Difference.REGION: "the region differs",
    Difference.COUNTRY: "the country differs",
    Difference.CLOSED: "the site is closed",
    Difference.NEW: "the address is new",
    Difference.UNUSABLE: "the address cannot be used",
}


def options(case: AddressCase) -> list[Option]:
    """Everything that can be done, what changes least first."""
    found = (_standardise(case), _use_master(case), _ask(case), _alternate(case), _pickup(case), _cancel(case))
    return [option for option in found if option is not None]


def in_words(case: AddressCase) -> str:
    """What is different, and from which site."""
    site, difference = case.comparison.site, case.comparison.difference
    if case.po_box_with_freight:
        return "freight cannot be delivered to a PO box"
    if site is None or difference in (Difference.NEW, Difference.UNUSABLE, Difference.FORMAT, Difference.NONE):
        return WORDS[difference]
    return f"{WORDS[difference]} ({site.site_id})"


def _standardise(case: AddressCase) -> Option | None:
    address = case.comparison.address
    if address is None or not case.can_standardise:
        return None
    site = case.comparison.site if case.comparison.premise_is_known else None
    site_id = case.order.ship_to.site_id if site is None else site.site_id
    ship_to = ShipTo(site_id=site_id, region=address.region, postal_code=address.postal_code, country=address.country)
    basis = "confirmed by the customer" if case.reply is Reply.CONFIRM else "standard writing"
    return case.option(
        "STANDARDISE",
        "Ship to the address as entered, in the standard writing",
        f"{in_words(case)}; {basis}",
        effect="the goods go where the order says",
        plan=Plan(steps=case.deliver_to(ship_to, basis, address)),
        messages=(CustomerMessage(template="address_standardised"),),
    )


def _use_master(case: AddressCase) -> Option | None:
    site = case.master
    if site is None:
        return None
    last = site.last_good_delivery
    arrived = f"goods last arrived there on {last.isoformat()}" if last else "nothing was delivered there yet"
    return case.option(
        "USE_MASTER",
        "Ship to the site as we have it on file",
        f"{in_words(case)}; site {site.site_id}: {arrived}",
        effect=f"the goods go to site {site.site_id}",
        plan=Plan(steps=case.deliver_to(ship_to_of(site), f"ship-to master {site.site_id}")),
        messages=(CustomerMessage(template="address_on_file", values={"site": site.site_id}),),
    )


def _ask(case: AddressCase) -> Option | None:
    """Once for each address; and nobody is told what compliance has not decided yet."""
    if case.is_compliance or case.reply is not Reply.NONE:
        return None
    site = case.comparison.site
    values = {"difference": in_words(case), "site": site.site_id if site else case.order.ship_to.site_id}
    plan = ask_customer(
        case.circumstances,
        case.question,
        case.choices,
        ahead(case.circumstances.now, case.terms.answer_within),
        "the customer was asked where the goods are to go",
        values=values,
        about=case.about,
    )
    return case.option(
        "CUSTOMER_CONFIRM",
        "Have the customer confirm the address",
        f"{in_words(case)}: the contact on file says where the goods are to go",
        effect="the order ships when the customer has answered",
        cost=case.terms.confirm_cost,
        disposition=Disposition.REASSESS,
        plan=plan,
        messages=(CustomerMessage(template="address_asked"),),
    )


def _alternate(case: AddressCase) -> Option | None:
    found = case.alternate()
    if found is None:
        return None
    parameter, site = found
    return case.option(
        ALTERNATE_SHIP_TO,
        "Ship to another site of the customer",
        f"{in_words(case)}; site {site.site_id} can take the goods",
        effect=f"the goods go to site {site.site_id}",
        cost=case.terms.redirect_cost,
        plan=Plan(steps=case.deliver_to(ship_to_of(site), f"alternate site {site.site_id}")),
        parameters=(parameter,),
        messages=(CustomerMessage(template="address_alternate", values={"site": site.site_id}),),
    )


def _pickup(case: AddressCase) -> Option | None:
    """At our own door the goods change hands there: tax is that of the place, and there is no freight."""
    place = case.collection
    if place is None or case.is_compliance or place.country != case.order.ship_to.country:
        return None
    move = case.set_ship_to(place, f"collected at {place.site_id}")
    return case.option(
        "PICKUP",
        "Have the customer collect",
        f"{in_words(case)}; the customer collects at {place.site_id}, as agreed with the customer",
        effect=f"the goods are ready for collection at {place.site_id}; no freight is charged",
        cost=case.terms.pickup_cost,
        plan=Plan(steps=(move, _no_carrier(case, place), *after_move(case.order, place))),
        messages=(CustomerMessage(template="address_collection", values={"where": place.site_id}),),
    )


def _no_carrier(case: AddressCase, place: ShipTo) -> Step:
    return Step(
        step_id="set-carrier",
        system="erp",
        operation="set_carrier",
        arguments={
            "scac": CUSTOMER_PICKUP,
            "service": "PICKUP",
            "freight_terms": FreightTerms.PREPAID,
            "account": None,
            "incoterms": f"FCA {place.site_id}",
            "freight": "0",
            "basis": "the customer collects",
        },
        undo="reverse_amendment",
        summary=f"Have {case.order.order_id} collected by the customer",
    )


def _cancel(case: AddressCase) -> Option:
    return case.option(
        "CANCEL",
        "Cancel the order",
        f"{in_words(case)}; {case.order.margin} of margin is lost",
        effect="the order is cancelled",
        cost=case.order.forgone.amount,
        disposition=Disposition.CANCEL_ORDER,
        plan=Plan(),
        messages=(CustomerMessage(template="rejected" if case.is_compliance else "address_not_settled"),),
    )
