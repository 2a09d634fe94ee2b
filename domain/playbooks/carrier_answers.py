"""What the customer is asked about the carrier, and what the answers mean.

A question offers `SERVICE_1` and so on. What it is about names the services with what they cost, so that an answer
stands for exactly that: `UPSN:GROUND:45.00/FDEG:AIR2:84.10`, and for a question put again, its number in front.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from domain.assessment import Circumstances
from domain.facts.consent import CustomerAnswer, CustomerAnswers
from domain.playbooks.consent import ANSWERS
from domain.transport.choice import Offer

INSTRUCTIONS = "carrier_instructions"
COLLECTION = "carrier_pickup"
CONFIRM, DECLINE = "CONFIRM", "DECLINE"
PICKUP = "PICKUP"
OTHERWISE = ("AMEND", "CALL")
"""None of what is offered: the customer changes the order, or wants to talk about it."""
_SERVICE = "SERVICE_"


class Reply(StrEnum):
    """How the customer answered, if we asked."""

    NONE = "NONE"
    SERVICE = "SERVICE"
    PICKUP = "PICKUP"
    DECLINED = "DECLINED"
    SILENT = "SILENT"


@dataclass(frozen=True)
class Agreed:
    """A service that the customer chose, knowing that the carrier asks `cost`."""

    code: str
    cost: Decimal


@dataclass(frozen=True)
class Answers:
    """Everything that the customer said about the carrier of one order."""

    asked: tuple[CustomerAnswer, ...]
    waited_for: tuple[str, ...]
    last: CustomerAnswer | None

    @classmethod
    def of(cls, circumstances: Circumstances) -> Answers:
        """What was asked and answered until now."""
        known = circumstances.facts.get(ANSWERS, CustomerAnswers).answers
        asked = tuple(answer for answer in known if answer.question in (INSTRUCTIONS, COLLECTION))
        answered = sorted((one for one in asked if one.answered_at), key=lambda one: one.answered_at or one.asked_at)
        return cls(asked, circumstances.waited_for, answered[-1] if answered else None)

    @property
    def reply(self) -> Reply:
        """The last answer; SILENT if there is none and the time to answer is over."""
        if self.last is None:
            silent = any(name.split(" ", 1)[0] in (INSTRUCTIONS, COLLECTION) for name in self.waited_for)
            return Reply.SILENT if silent else Reply.NONE
        if self.last.choice in (PICKUP, CONFIRM):
            return Reply.PICKUP
        return Reply.SERVICE if self.agreed else Reply.DECLINED

    @property
    def agreed(self) -> Agreed | None:
        """The service that was chosen last, if one was."""
        choice = (self.last.choice if self.last else None) or ""
        if self.last is None or not choice.startswith(_SERVICE):
            return None
        code, _, cost = _services(self.last.about)[int(choice.removeprefix(_SERVICE)) - 1].rpartition(":")
        return Agreed(code, Decimal(cost))

    def about(self, question: str, *parts: str) -> str:
        """What a question is about that offers `parts`, told apart from those whose time is over."""
        over = sum(one.question == question and self._is_over(one) for one in self.asked)
        return "/".join((*((f"{over + 1}",) if over else ()), *parts))

    def _is_over(self, one: CustomerAnswer) -> bool:
        return one.choice is not None or f"{one.question} {one.about}".rstrip() in self.waited_for


def choices(offers: Sequence[Offer], *, pickup: bool) -> tuple[str, ...]:
    """What the customer may answer."""
    services = tuple(f"{_SERVICE}{number}" for number in range(1, len(offers) + 1))
    return (*services, *((PICKUP,) if pickup else ()), *OTHERWISE)


def named(offers: Iterable[Offer]) -> tuple[str, ...]:
    """The services with what they cost, as a question is about them."""
    return tuple(f"{offer.code}:{offer.cost:.2f}" for offer in offers)


def values(words: Sequence[str]) -> dict[str, str]:
    """The services in words, by the name under which the wording of the question knows them."""
    return {f"service_{number}": word for number, word in enumerate(words, 1)}


def _services(about: str) -> list[str]:
    return [part for part in about.split("/") if ":" in part]
