"""Everything that the ways out of missing carrier instructions are made from."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from functools import cached_property

from domain.assessment import Circumstances, Option, Parameter, RuleHit
from domain.exception_types import ExceptionType
from domain.facts.transport import PickupSite, Routing
from domain.order import FreightTerms, Order
from domain.playbooks.adjustment import Adjustment
from domain.playbooks.carrier_answers import Agreed, Answers, Reply
from domain.playbooks.ruling import approver
from domain.policy.policy_set import PolicySet
from domain.policy.table import Match
from domain.transport.choice import Market, Offer, Source, Standing
from domain.transport.shipment import first_open_day

RATE_SHOP = "RATE_SHOP"
_EX_WORKS = "EXW"


@dataclass(frozen=True)
class CarrierTerms:
    """The row of the table `carrier_terms`."""

    answer_wait: timedelta
    service_choices: int
    pickup_consent: bool
    tolerance_percent: Decimal
    chain: tuple[str, ...]
    hit: RuleHit

    @classmethod
    def of(cls, row: Match) -> CarrierTerms:
        """The terms of that row."""
        return cls(
            answer_wait=row.duration("answer_wait"),
            service_choices=row.whole("service_choices"),
            pickup_consent=row.flag("pickup_consent"),
            tolerance_percent=row.number("tolerance_percent"),
            chain=row.names("chain"),
            hit=row.hit,
        )


@dataclass(frozen=True)
class CarrierCase:
    """An order without instructions, what may carry it, and what its customer said."""

    circumstances: Circumstances
    policy: PolicySet
    segment: str
    routing: Routing
    market: Market
    answers: Answers
    terms: CarrierTerms
    lowest_role: str | None = None
    """Who decides at the least, if a rule says so."""

    @property
    def chain(self) -> tuple[str, ...]:
        """Who may decide, from the lowest limit to the highest."""
        chain, lowest = self.terms.chain, self.lowest_role
        if lowest is None:
            return chain
        return chain[chain.index(lowest) :] if lowest in chain else (lowest,)

    @property
    def order(self) -> Order:
        """The order that is held."""
        return self.circumstances.order

    @cached_property
    def standing(self) -> Standing:
        """The standing instruction that counts."""
        return self.market.standing(self.routing)

    @cached_property
    def chosen_by_customer(self) -> Offer | None:
        """What the customer chose, as long as it can be had as agreed."""
        agreed = self.answers.agreed
        return None if agreed is None else self._as_agreed(agreed)

    def _as_agreed(self, agreed: Agreed) -> Offer | None:
        quote = next((quote for quote in self.market.able() if quote.code == agreed.code), None)
        if quote is None:
            return None
        offer = self.market.agreed(quote)
        return None if offer.payment.by_customer and offer.cost > agreed.cost else offer

    @property
    def reply(self) -> Reply:
        """The customer's answer. A service that can no longer be had as agreed was not answered at all."""
        reply = self.answers.reply
        return Reply.NONE if reply is Reply.SERVICE and self.chosen_by_customer is None else reply

    @cached_property
    def shopped(self) -> Offer | None:
        """The customer's choice, or else the best of the market."""
        return self.chosen_by_customer or self.market.shop()

    @property
    def service(self) -> Parameter | None:
        """The service of RATE_SHOP, as a person may set it; one that cannot be had leaves it as it is."""
        adjustment = Adjustment.of(self.circumstances, RATE_SHOP, ("service",))
        if self.shopped is None:
            return None
        able = [quote.code for quote in self.market.able()]
        found = adjustment.code("service", f"carrier and service, one of {', '.join(able)}", self.shopped.code)
        return found if found.value in able else found.model_copy(update={"value": self.shopped.code})

    @property
    def is_adjusted(self) -> bool:
        """Whether a person chose another service than the best of the market."""
        return self.service is not None and self.shopped is not None and self.service.value != self.shopped.code

    @property
    def shopped_or_adjusted(self) -> Offer | None:
        """The service of RATE_SHOP with what a person changed."""
        quote = self.market.find(self.service.value) if self.service is not None else None
        return self.market.shopped(quote) if self.is_adjusted and quote is not None else self.shopped

    @property
    def not_to_be_had(self) -> str:
        """What a person asked for and why it cannot be, in words; empty if there is no such thing."""
        wish = self.circumstances.adjustments.get(RATE_SHOP, {}).get("service", "").strip()
        if self.service is None or wish in ("", self.service.value):
            return ""
        quote = self.market.find(wish)
        why = "nobody quotes it" if quote is None else " and ".join(self.market.shipment.obstacles(quote))
        return f"{wish} cannot be had: {why}"

    @property
    def resolved(self) -> tuple[Source, Offer | None]:
        """What the order travels with by the order of resolution: what the rules judge."""
        if self.chosen_by_customer is not None and not self.is_adjusted:
            return Source.CUSTOMER, self.chosen_by_customer
        if self.standing.offer is not None:
            return self.standing.source, self.standing.offer
        offer = self.shopped_or_adjusted
        if offer is None:
            return Source.NONE, None
        return (Source.CHEAPEST if offer.in_time else Source.LATE), offer

    @property
    def account_missing(self) -> bool:
        """Whether an account is to be billed and none is known, and no person chose a service all the same."""
        offer = self.resolved[1]
        return offer is not None and not self.is_adjusted and isinstance(self.market.honoured(offer.quote), str)

    @property
    def consent_needed(self) -> bool:
        """Whether the service is an expedited one that the customer would pay for, and nobody has agreed to that."""
        source, offer = self.resolved
        if offer is None or self.is_adjusted or source not in (Source.CHEAPEST, Source.LATE):
            return False
        return offer.quote.expedited and self.order.carrier.freight_terms is not FreightTerms.PREPAID

    @property
    def is_ex_works(self) -> bool:
        """Whether the customer collects by contract (Incoterms 2020: EXW)."""
        return (self.order.carrier.incoterms or "").strip().upper().startswith(_EX_WORKS)

    @property
    def pickup(self) -> tuple[PickupSite, date] | None:
        """Where and from which day on the customer can collect; None if that is not possible."""
        site = self.routing.pickup
        if site is None or (self.market.shipment.hazmat and not site.hazmat):
            return None
        day = first_open_day(site, max(self.order.carrier_cutoff, self.circumstances.now).date())
        return None if day is None else (site, day)

    def option(self, code: str, title: str, reason: str, *, amount: Decimal = Decimal(0), **more: object) -> Option:
        """An option with what all of them share; `amount` is the freight that it adds."""
        money = self.order.money(amount).rounded()
        role = approver(self.policy, self.chain, ExceptionType.CARRIER_INSTRUCTIONS_MISSING, money)
        shared = {
            "code": code,
            "title": title,
            "reason": reason,
            "cost": self.order.money(0),
            "amount": money,
            "role": role,
            "juniors": self.chain[: self.chain.index(role)],
            "tolerance_percent": self.terms.tolerance_percent,
        }
        return Option.model_validate(shared | more)
