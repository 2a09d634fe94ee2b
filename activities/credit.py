"""Credit management: exposure, limits, releases and payments."""

from __future__ import annotations

from datetime import UTC, datetime
from urllib.parse import quote

from temporalio import activity

from activities.connectors.facts import fact, parameters
from activities.connectors.http import CallContext, SystemClient
from activities.connectors.steps import Steps
from domain.calls import FactCall, StepCall, StepResult, UndoCall
from domain.facts.credit import CreditPosition
from domain.facts.fact import Fact

RELEASES = "releases"
LIMIT_CHANGES = "limit-changes"
PAYMENT_AUTHORISATIONS = "payment-authorisations"
PAYMENT_LINKS = "payment-links"


class CreditActivities:
    """Every public method is the activity of its name."""

    def __init__(self, client: SystemClient) -> None:
        self._client = client
        self._steps = Steps(client)

    @activity.defn(name="credit.position")
    async def position(self, call: FactCall) -> Fact:
        """Everything that the customer's exposure is made of."""
        read_at = datetime.now(UTC)
        params = parameters(call.request.arguments)
        path = f"/v1/customers/{quote(params.pop('customer_id') or '', safe='')}/position"
        return fact(call, await self._client.read(CallContext.of(call.case), path, CreditPosition, params), read_at)

    @activity.defn(name="credit.release")
    async def release(self, call: StepCall) -> StepResult:
        """Let this order go in spite of the limit, up to an amount and until a day."""
        return await self._steps.carry_out(RELEASES, call)

    @activity.defn(name="credit.reblock")
    async def reblock(self, call: UndoCall) -> StepResult:
        """Take that release back."""
        return await self._steps.undo(RELEASES, call)

    @activity.defn(name="credit.raise_limit")
    async def raise_limit(self, call: StepCall) -> StepResult:
        """Raise the customer's limit until a day."""
        return await self._steps.carry_out(LIMIT_CHANGES, call)

    @activity.defn(name="credit.restore_limit")
    async def restore_limit(self, call: UndoCall) -> StepResult:
        """Put the former limit back."""
        return await self._steps.undo(LIMIT_CHANGES, call)

    @activity.defn(name="credit.authorise_payment")
    async def authorise_payment(self, call: StepCall) -> StepResult:
        """Reserve the amount on the customer's card."""
        return await self._steps.carry_out(PAYMENT_AUTHORISATIONS, call)

    @activity.defn(name="credit.void_payment")
    async def void_payment(self, call: UndoCall) -> StepResult:
        """Give it free again."""
        return await self._steps.undo(PAYMENT_AUTHORISATIONS, call)

    @activity.defn(name="credit.create_payment_link")
    async def create_payment_link(self, call: StepCall) -> StepResult:
        """Let the customer pay this order in advance."""
        return await self._steps.carry_out(PAYMENT_LINKS, call)

    @activity.defn(name="credit.cancel_payment_link")
    async def cancel_payment_link(self, call: UndoCall) -> StepResult:
        """Close the link."""
        return await self._steps.undo(PAYMENT_LINKS, call)
