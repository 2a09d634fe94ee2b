"""The tax engine: estimates, exemption certificates, and what overrides them on an order."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import uuid4

from temporalio import activity

from activities.connectors.facts import fact, parameters
from activities.connectors.http import CallContext, SystemClient
from activities.connectors.steps import Steps
from domain.calls import FactCall, StepCall, StepResult, UndoCall
from domain.facts.fact import Fact
from domain.facts.tax import Certificates, TaxQuote

OVERRIDES = "overrides"
CERTIFICATE_LINKS = "certificate-links"
CERTIFICATE_REQUESTS = "certificate-requests"


class TaxActivities:
    """Every public method is the activity of its name."""

    def __init__(self, client: SystemClient) -> None:
        self._client = client
        self._steps = Steps(client)

    @activity.defn(name="tax.quote")
    async def quote(self, call: FactCall) -> Fact:
        """What the tax would be. Nothing is recorded, and a key of its own keeps an older answer from coming back."""
        read_at = datetime.now(UTC)
        context, body = CallContext.of(call.case), call.request.arguments
        return fact(call, await self._client.ask(context, "/v1/quotes", TaxQuote, body, key=str(uuid4())), read_at)

    @activity.defn(name="tax.certificates")
    async def certificates(self, call: FactCall) -> Fact:
        """The customer's exemption certificates, the expired ones too."""
        read_at = datetime.now(UTC)
        context, params = CallContext.of(call.case), parameters(call.request.arguments)
        return fact(call, await self._client.read(context, "/v1/certificates", Certificates, params), read_at)

    @activity.defn(name="tax.override")
    async def override(self, call: StepCall) -> StepResult:
        """Have these taxes count for the order, and why."""
        return await self._steps.carry_out(OVERRIDES, call)

    @activity.defn(name="tax.void_override")
    async def void_override(self, call: UndoCall) -> StepResult:
        """Have the engine's own count again."""
        return await self._steps.undo(OVERRIDES, call)

    @activity.defn(name="tax.link_certificate")
    async def link_certificate(self, call: StepCall) -> StepResult:
        """Exempt the order by a certificate."""
        return await self._steps.carry_out(CERTIFICATE_LINKS, call)

    @activity.defn(name="tax.unlink_certificate")
    async def unlink_certificate(self, call: UndoCall) -> StepResult:
        """Take the exemption back."""
        return await self._steps.undo(CERTIFICATE_LINKS, call)

    @activity.defn(name="tax.request_certificate")
    async def request_certificate(self, call: StepCall) -> StepResult:
        """Ask the customer for a valid certificate."""
        return await self._steps.carry_out(CERTIFICATE_REQUESTS, call)

    @activity.defn(name="tax.withdraw_certificate_request")
    async def withdraw_certificate_request(self, call: UndoCall) -> StepResult:
        """No longer ask for it."""
        return await self._steps.undo(CERTIFICATE_REQUESTS, call)
