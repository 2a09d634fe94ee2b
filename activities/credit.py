"""Credit management: exposure, limits, releases and payments."""

from __future__ import annotations

from datetime import UTC, datetime

from temporalio import activity

from activities.connectors.facts import fact
from activities.connectors.http import CallContext
from activities.ports import CreditPort
from domain.calls import FactCall, StepCall, StepResult, UndoCall
from domain.facts.fact import Fact


class CreditActivities:
    """Every public method is the activity of its name."""

    def __init__(self, credit: CreditPort) -> None:
        self._credit = credit

    @activity.defn(name="credit.position")
    async def position(self, call: FactCall) -> Fact:
        """Everything that the customer's exposure is made of."""
        read_at = datetime.now(UTC)
        return fact(call, await self._credit.position(CallContext.of(call.case), call.request.arguments), read_at)

    @activity.defn(name="credit.release")
    async def release(self, call: StepCall) -> StepResult:
        """Let this order go in spite of the limit, up to an amount and until a day."""
        return await self._credit.release(call)

    @activity.defn(name="credit.reblock")
    async def reblock(self, call: UndoCall) -> StepResult:
        """Take that release back."""
        return await self._credit.reblock(call)

    @activity.defn(name="credit.raise_limit")
    async def raise_limit(self, call: StepCall) -> StepResult:
        """Raise the customer's limit until a day."""
        return await self._credit.raise_limit(call)

    @activity.defn(name="credit.restore_limit")
    async def restore_limit(self, call: UndoCall) -> StepResult:
        """Put the former limit back."""
        return await self._credit.restore_limit(call)

    @activity.defn(name="credit.authorise_payment")
    async def authorise_payment(self, call: StepCall) -> StepResult:
        """Reserve the amount on the customer's card."""
        return await self._credit.authorise_payment(call)

    @activity.defn(name="credit.void_payment")
    async def void_payment(self, call: UndoCall) -> StepResult:
        """Give it free again."""
        return await self._credit.void_payment(call)

    @activity.defn(name="credit.create_payment_link")
    async def create_payment_link(self, call: StepCall) -> StepResult:
        """Let the customer pay this order in advance."""
        return await self._credit.create_payment_link(call)

    @activity.defn(name="credit.cancel_payment_link")
    async def cancel_payment_link(self, call: UndoCall) -> StepResult:
        """Close the link."""
        return await self._credit.cancel_payment_link(call)
