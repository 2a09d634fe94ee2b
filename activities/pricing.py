"""Pricing: what was agreed, and what the ERP sells by."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import uuid4

from pydantic import BaseModel, ConfigDict, JsonValue
from temporalio import activity

from activities.connectors.effects import Write
from activities.connectors.facts import fact
from activities.connectors.http import CallContext, SystemClient
from activities.connectors.steps import Steps
from domain.calls import FactCall, StepCall, StepResult, UndoCall
from domain.facts.fact import Fact
from domain.facts.pricing import Prices

CORRECTIONS = "price-corrections"


class Correction(BaseModel):
    """The arguments of `pricing.correct_record`: everything but the version goes into the body as it is."""

    model_config = ConfigDict(extra="allow")

    record_version: int


class PricingActivities:
    """Every public method is the activity of its name."""

    def __init__(self, client: SystemClient) -> None:
        self._client = client
        self._steps = Steps(client)

    @activity.defn(name="pricing.prices")
    async def prices(self, call: FactCall) -> Fact:
        """Agreements, price records, costs and rates. A key of its own keeps an older answer from coming back."""
        read_at = datetime.now(UTC)
        context, body = CallContext.of(call.case), call.request.arguments
        return fact(call, await self._client.ask(context, "/v1/inquiries", Prices, body, key=str(uuid4())), read_at)

    @activity.defn(name="pricing.correct_record")
    async def correct_record(self, call: StepCall) -> StepResult:
        """Have a price record say what was agreed, if it is still the version that this was decided on."""
        correction = Correction.model_validate(call.arguments)
        body: dict[str, JsonValue] = {**(correction.model_extra or {})}
        write = Write(
            collection=CORRECTIONS,
            path=f"/v1/{CORRECTIONS}",
            reference=call.idempotency_key,
            body=body,
            if_match=f'"v{correction.record_version}"',
        )
        return await self._steps.write(call, write)

    @activity.defn(name="pricing.restore_record")
    async def restore_record(self, call: UndoCall) -> StepResult:
        """Have it say again what it said before."""
        return await self._steps.undo(CORRECTIONS, call)
