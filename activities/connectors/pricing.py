"""Pricing over HTTP: the API that the sandbox's has."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import uuid4

from pydantic import BaseModel, ConfigDict, JsonValue

from activities.connectors.effects import Write
from activities.connectors.http import CallContext, SystemClient
from activities.connectors.steps import Steps
from domain.calls import StepCall, StepResult, UndoCall
from domain.facts.pricing import Prices

CORRECTIONS = "price-corrections"


class Correction(BaseModel):
    """The arguments of `pricing.correct_record`: everything but the version goes into the body as it is."""

    model_config = ConfigDict(extra="allow")

    record_version: int


class HttpPricing:
    """A `PricingPort`."""

    def __init__(self, client: SystemClient) -> None:
        self._client = client
        self._steps = Steps(client)

    async def prices(self, context: CallContext, arguments: Mapping[str, JsonValue]) -> Prices:
        """See PricingPort. A key of its own keeps an older answer from coming back."""
        return await self._client.ask(context, "/v1/inquiries", Prices, arguments, key=str(uuid4()))

    async def correct_record(self, call: StepCall) -> StepResult:
        """See PricingPort."""
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

    async def restore_record(self, call: UndoCall) -> StepResult:
        """See PricingPort."""
        return await self._steps.undo(CORRECTIONS, call)
