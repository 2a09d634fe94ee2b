"""An address that cannot be right, with everything that the ways out are made from."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from enum import StrEnum
from functools import cached_property

from domain.address.comparison import Comparison, Difference
from domain.address.countries import country_code
from domain.assessment import Circumstances, Option, Parameter, Plan, RuleHit, Step
from domain.base import digest
from domain.exception_types import ExceptionType
from domain.facts.address import EnteredAddress, PostalAddress, Screening, ScreeningResult, Site
from domain.order import Order, ShipTo
from domain.playbooks.adjustment import Adjustment, InvalidAdjustment
from domain.playbooks.consent import Consent, answer_to, consent
from domain.playbooks.reassessment import after_move
from domain.playbooks.ruling import approver, is_hard
from domain.policy.policy_set import PolicySet
from domain.policy.table import Match

ALTERNATE_SHIP_TO = "ALTERNATE_SHIP_TO"
OTHER_COUNTRY = "OTHER_COUNTRY"
"""Stands for a screening result: the address lies in another country than the one that was screened."""
NEVER = 100_000
"""Days since a delivery that never was."""


class Reply(StrEnum):
    """What the customer says to the question about the address, and the choices that the question has."""

    NONE = "NONE"
    SILENCE = "SILENCE"
    CONFIRM = "CONFIRM"
    USE_ON_FILE = "USE_ON_FILE"
    CORRECT = "CORRECT"
    CANCEL = "CANCEL"


class Fraud(StrEnum):
    """Why a new drop-ship address is looked at by a person."""

    LOW = "LOW"
    VALUE = "VALUE"
    SCORE = "SCORE"


@dataclass(frozen=True)
class AddressTerms:
    """The row of the table `address_terms`. Amounts in the order's currency, weights in kilograms."""

    recent_days: int
    confirm_above: Decimal
    fraud_above: Decimal
    fraud_score: int
    freight_from_kg: Decimal
    answer_within: timedelta
    confirm_cost: Decimal
    redirect_cost: Decimal
    pickup_cost: Decimal
    tolerance_percent: Decimal
    chain: tuple[str, ...]
    compliance: tuple[str, ...]
    hit: RuleHit

    @classmethod
    def of(cls, row: Match) -> AddressTerms:
        """The terms of that row."""
        return cls(
            recent_days=row.whole("recent_days"),
            confirm_above=row.number("confirm_above"),
            fraud_above=row.number("fraud_above"),
            fraud_score=row.whole("fraud_score"),
            freight_from_kg=row.number("freight_from_kg"),
            answer_within=row.duration("answer_within"),
            confirm_cost=row.number("confirm_cost"),
            redirect_cost=row.number("redirect_cost"),
            pickup_cost=row.number("pickup_cost"),
            tolerance_percent=row.number("tolerance_percent"),
            chain=row.names("chain"),
            compliance=row.names("compliance"),
            hit=row.hit,
        )


@dataclass(frozen=True)
class AddressCase:
    """What every option is made from. `collection` is where customers may collect from the order's warehouse."""

    circumstances: Circumstances
    policy: PolicySet
    segment: str
    terms: AddressTerms
    comparison: Comparison
    sites: tuple[Site, ...]
    screening: Screening
    collection: ShipTo | None

    @property
    def order(self) -> Order:
        """The order that is held."""
        return self.circumstances.order

    @property
    def is_freight(self) -> bool:
        """Whether a lorry brings the goods: too heavy for a parcel, or hazardous."""
        hazardous = any(line.hazmat for line in self.order.open_lines)
        return hazardous or self.order.weight_kg >= self.terms.freight_from_kg

    @property
    def po_box_with_freight(self) -> bool:
        """Whether a lorry would have to deliver to a PO box."""
        return self.comparison.is_po_box and self.is_freight

    @property
    def screened(self) -> str:
        """What screening says about the destination; OTHER_COUNTRY if it was asked about another one."""
        address, site = self.comparison.address, self.comparison.site
        if self.screening.result is not ScreeningResult.CLEAR:
            return self.screening.result
        if site is not None and site.site_id in self.screening.restricted_sites:
            return ScreeningResult.POSSIBLE_MATCH
        if address is None:
            return ScreeningResult.CLEAR
        elsewhere = address.country != country_code(self.order.ship_to.country)
        return OTHER_COUNTRY if elsewhere else ScreeningResult.CLEAR

    @property
    def is_compliance(self) -> bool:
        """Whether only compliance decides: then the customer hears nothing before it has."""
        return is_hard(self.circumstances) or self.screened != ScreeningResult.CLEAR

    @property
    def fraud(self) -> Fraud:
        """Whether a new drop-ship address wants a second look."""
        if self.comparison.difference is not Difference.NEW:
            return Fraud.LOW
        if self.screening.fraud_score >= self.terms.fraud_score:
            return Fraud.SCORE
        return Fraud.VALUE if self.order.value.amount > self.terms.fraud_above else Fraud.LOW

    @property
    def is_large(self) -> bool:
        """Whether the order is worth a question to the customer."""
        return self.order.value.amount > self.terms.confirm_above

    def days_since(self, site: Site | None) -> int:
        """Days since goods last arrived well at a site."""
        if site is None or site.last_good_delivery is None:
            return NEVER
        return max(0, (self.circumstances.now.date() - site.last_good_delivery).days)

    def is_recent(self, site: Site | None) -> bool:
        """Whether goods arrived well there lately."""
        return self.days_since(site) <= self.terms.recent_days

    def can_deliver(self, site: Site) -> bool:
        """Whether the goods can go there and nothing speaks against it."""
        fits = not self.is_freight or (site.freight_capable and not site.po_box)
        return site.active and fits and site.site_id not in self.screening.restricted_sites

    @property
    def master(self) -> Site | None:
        """The site that the goods are meant for, if they can go there."""
        site = self.comparison.site
        return site if site is not None and self.can_deliver(site) else None

    @cached_property
    def alternates(self) -> tuple[Site, ...]:
        """The customer's other sites to which the goods can go, the best first."""
        meant = self.comparison.site
        others = [site for site in self.sites if self.can_deliver(site) and (meant is None or site != meant)]
        return tuple(sorted(others, key=lambda site: (not site.is_default, self.days_since(site), site.site_id)))

    @property
    def street_site(self) -> Site | None:
        """Where the goods go if not to the PO box."""
        return self.master or next(iter(self.alternates), None)

    def alternate(self) -> tuple[Parameter, Site] | None:
        """The alternate site, or the one that a person chose among them. InvalidAdjustment if it is none of them."""
        if not self.alternates:
            return None
        offered = {site.site_id: site for site in self.alternates}
        adjustment = Adjustment.of(self.circumstances, ALTERNATE_SHIP_TO, ("site_id",))
        wanted = adjustment.code("site_id", f"the site, one of {', '.join(offered)}", self.alternates[0].site_id)
        if wanted.value not in offered:
            raise InvalidAdjustment(f"{ALTERNATE_SHIP_TO} site_id {wanted.value!a} is none of {', '.join(offered)}")
        return wanted, offered[wanted.value]

    @property
    def can_standardise(self) -> bool:
        """Whether the address can be delivered to as it was entered."""
        usable = self.comparison.address is not None and not self.comparison.faults
        return usable and not self.po_box_with_freight

    @property
    def question(self) -> str:
        """The wording in which the customer is asked."""
        return "address_confirm" if self.can_standardise else "address_unusable"

    @property
    def about(self) -> str:
        """Tells questions about different addresses apart, without saying which address."""
        entered = self.circumstances.facts.get("address", EnteredAddress).address or PostalAddress()
        return digest(entered, self.order.ship_to)[:8]

    @property
    def reply(self) -> Reply:
        """What the customer chose, if it was asked about this very address."""
        choice = answer_to(self.circumstances.facts, self.question, self.about)
        if choice in set(Reply):
            return Reply(str(choice))
        stands = consent(self.circumstances, self.question, Reply.CONFIRM, self.about)
        return Reply.SILENCE if stands is Consent.SILENT else Reply.NONE

    @property
    def choices(self) -> tuple[str, ...]:
        """What the customer may choose."""
        possible = {Reply.CONFIRM: self.can_standardise, Reply.USE_ON_FILE: self.master is not None}
        return tuple(
            choice
            for choice in (Reply.CONFIRM, Reply.USE_ON_FILE, Reply.CORRECT, Reply.CANCEL)
            if possible.get(choice, True)
        )

    def deliver_to(self, ship_to: ShipTo, basis: str, address: PostalAddress | None = None) -> tuple[Step, ...]:
        """Have the order go there, and tax, freight and credit be assessed for the new place."""
        return (self.set_ship_to(ship_to, basis, address), *after_move(self.order, ship_to))

    def set_ship_to(self, ship_to: ShipTo, basis: str, address: PostalAddress | None = None) -> Step:
        """Without an address it goes to the site as the master has it."""
        written = {} if address is None else {"address": address.model_dump(mode="json", exclude_defaults=True)}
        return Step(
            step_id="set-ship-to",
            system="erp",
            operation="set_ship_to",
            arguments={**ship_to.model_dump(mode="json"), **written, "basis": basis},
            undo="reverse_amendment",
            summary=f"Have {self.order.order_id} go to {ship_to.site_id}: {basis}",
        )

    def option(
        self, code: str, title: str, reason: str, *, effect: str, cost: Decimal = Decimal(0), plan: Plan, **more: object
    ) -> Option:
        """An option with what all of them share."""
        chain = self.terms.compliance if self.is_compliance else self.terms.chain
        amount = self.order.value.rounded()
        shared = {
            "code": code,
            "title": title,
            "reason": reason,
            "customer_effect": effect,
            "cost": self.order.money(cost).rounded(),
            "amount": amount,
            "role": approver(self.policy, chain, ExceptionType.ADDRESS_INVALID, amount),
            "plan": plan,
            "tolerance_percent": self.terms.tolerance_percent,
        }
        return Option.model_validate(shared | more)


def ship_to_of(site: Site) -> ShipTo:
    """A site as an order names it."""
    return ShipTo(site_id=site.site_id, region=site.region, postal_code=site.postal_code, country=site.country)
