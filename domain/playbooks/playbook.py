"""What every playbook is: the pure rules of one type of exception."""

from __future__ import annotations

from typing import Protocol

from domain.assessment import Assessment, Circumstances
from domain.exception_types import ExceptionType
from domain.facts.fact import FactRequest
from domain.order import Hold, Order
from domain.policy.policy_set import PolicySet


class Playbook(Protocol):
    """The rules of one type of exception, as a pure function of facts and policy."""

    @property
    def exception_type(self) -> ExceptionType:
        """The type it knows about."""

    def facts_needed(self, order: Order, hold: Hold) -> tuple[FactRequest, ...]:
        """The facts it judges by."""

    def assess(self, circumstances: Circumstances, policy: PolicySet) -> Assessment:
        """The options, ranked, and who decides.

        Raises FactMissing if a fact it cannot do without is not there, InvalidAdjustment if a person's new value
        cannot be used, PolicyGap if a table of terms has no row.
        """
