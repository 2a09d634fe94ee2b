"""What an order's terms forbid may be done if its customer agrees: what is asked, and what answers and silence mean."""

from __future__ import annotations

from dataclasses import replace
from enum import StrEnum

from domain.assessment import Circumstances
from domain.facts.consent import CustomerAnswers
from domain.order import Order
from domain.playbooks.consent import ANSWERS, Consent, ask_customer, consent
from domain.playbooks.figures import ahead
from domain.playbooks.inventory_case import InventoryCase
from domain.playbooks.inventory_proposal import Asking, Proposal, dates_in_words
from domain.policy.table import Match

AGREE, DECLINE = "AGREE", "DECLINE"
_A_SPLIT = 2
_QUESTIONS = {"SPLIT_DC": "inventory_split", "PARTIAL_BACKORDER": "inventory_partial"}


class Treatment(StrEnum):
    """What the table `inventory_consent` makes of something that needs consent."""

    ASK_CUSTOMER = "ASK_CUSTOMER"
    ALLOWED = "ALLOWED"
    PERSON = "PERSON"
    WITHHELD = "WITHHELD"


def may_need_consent(order: Order) -> bool:
    """Whether the order's terms forbid to split it: then what its customer answered is a fact to know."""
    takes_parts = order.allow_partial and order.allow_backorder and order.max_shipments >= _A_SPLIT
    return order.ship_complete or not takes_parts


def with_consent(case: InventoryCase, proposal: Proposal) -> Proposal | None:
    """The proposal as far as the customer's word goes; None if it is not to be offered.

    What the table says nothing about is left to the account manager.
    """
    question = _QUESTIONS.get(proposal.code)
    if not proposal.consent or question is None or not _knows_answers(case.circumstances):
        return proposal
    about = str(proposal.shipments)
    row = case.policy.decide(
        "inventory_consent",
        consent=_standing(case.circumstances, question, about),
        option=proposal.code,
        segment=case.segment,
        service_level=case.order.service_level,
    )
    if row is None:
        return proposal
    return _treated(case, proposal, row, question, about)


def _treated(case: InventoryCase, proposal: Proposal, row: Match, question: str, about: str) -> Proposal | None:
    treatment, how = Treatment(row.text("treatment")), f"{proposal.how}; {row.text('reason')}"
    if treatment is Treatment.WITHHELD:
        return None
    if treatment is Treatment.ALLOWED:
        return replace(proposal, how=how, consent=())
    within = row.maybe_duration("answer_within")
    if treatment is Treatment.PERSON or within is None:
        return replace(proposal, how=how)
    plan = ask_customer(
        case.circumstances,
        question,
        (AGREE, DECLINE),
        ahead(case.circumstances.now, within),
        f"the customer was asked: {proposal.title.lower()}",
        values={"shipments": about, "lines": dates_in_words(case, proposal.arrivals)},
        about=about,
    )
    return replace(proposal, asking=Asking(plan, row.text("reason"), row.hit))


def _standing(circumstances: Circumstances, question: str, about: str) -> Consent:
    """How the customer stands to it. Who did not want one way, or did not answer, is not asked about the next."""
    standing = consent(circumstances, question, AGREE, about)
    if standing is not Consent.NOT_ASKED:
        return standing
    asked = circumstances.facts.get(ANSWERS, CustomerAnswers).answers
    if any(one.choice == DECLINE and one.question in _QUESTIONS.values() for one in asked):
        return Consent.DECLINED
    silent = any(name.partition(" ")[0] in _QUESTIONS.values() for name in circumstances.waited_for)
    return Consent.SILENT if silent else standing


def _knows_answers(circumstances: Circumstances) -> bool:
    """Whether the answers were asked for: facts that were named by an older version know nothing of them."""
    return any(fact.name == ANSWERS for fact in circumstances.facts.items)
