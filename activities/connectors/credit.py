"""Credit management over HTTP: the API that the sandbox's has."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import quote

from pydantic import JsonValue

from activities.connectors.facts import parameters
from activities.connectors.http import CallContext, SystemClient
from activities.connectors.steps import Steps
from domain.calls import StepCall, StepResult, UndoCall
from domain.facts.credit import CreditPosition

RELEASES = "releases"
LIMIT_CHANGES = "limit-changes"
PAYMENT_AUTHORISATIONS = "payment-authorisations"
PAYMENT_LINKS = "payment-links"


class HttpCredit:
    """A `CreditPort`."""

    def __init__(self, client: SystemClient) -> None:
        self._client = client
        self._steps = Steps(client)

    async def position(self, context: CallContext, arguments: Mapping[str, JsonValue]) -> CreditPosition:
        """See CreditPort."""
        params = parameters(arguments)
        path = f"/v1/customers/{quote(params.pop('customer_id') or '', safe='')}/position"
        return await self._client.read(context, path, CreditPosition, params)

    async def release(self, call: StepCall) -> StepResult:
        """See CreditPort."""
        return await self._steps.carry_out(RELEASES, call)

    async def reblock(self, call: UndoCall) -> StepResult:
        """See CreditPort."""
        return await self._steps.undo(RELEASES, call)

    async def raise_limit(self, call: StepCall) -> StepResult:
        """See CreditPort."""
        return await self._steps.carry_out(LIMIT_CHANGES, call)

    async def restore_limit(self, call: UndoCall) -> StepResult:
        """See CreditPort."""
        return await self._steps.undo(LIMIT_CHANGES, call)

    async def authorise_payment(self, call: StepCall) -> StepResult:
        """See CreditPort."""
        return await self._steps.carry_out(PAYMENT_AUTHORISATIONS, call)

    async def void_payment(self, call: UndoCall) -> StepResult:
        """See CreditPort."""
        return await self._steps.undo(PAYMENT_AUTHORISATIONS, call)

    async def create_payment_link(self, call: StepCall) -> StepResult:
        """See CreditPort."""
        return await self._steps.carry_out(PAYMENT_LINKS, call)

    async def cancel_payment_link(self, call: UndoCall) -> StepResult:
        """See CreditPort."""
        return await self._steps.undo(PAYMENT_LINKS, call)
