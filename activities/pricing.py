"""Pricing: what was agreed, and what the ERP sells by."""

from __future__ import annotations

from datetime import UTC, datetime

from temporalio import activity

from activities.connectors.facts import fact
from activities.connectors.http import CallContext
from activities.ports import PricingPort
from domain.calls import FactCall, StepCall, StepResult, UndoCall
from domain.facts.fact import Fact


class PricingActivities:
    """Every public method is the activity of its name."""

    def __init__(self, pricing: PricingPort) -> None:
        self._pricing = pricing

    @activity.defn(name="pricing.prices")
    async def prices(self, call: FactCall) -> Fact:
        """Agreements, price records, costs and rates."""
        read_at = datetime.now(UTC)
        return fact(call, await self._pricing.prices(CallContext.of(call.case), call.request.arguments), read_at)

    @activity.defn(name="pricing.correct_record")
    async def correct_record(self, call: StepCall) -> StepResult:
        """Have a price record say what was agreed, if it is still the version that this was decided on."""
        return await self._pricing.correct_record(call)

    @activity.defn(name="pricing.restore_record")
    async def restore_record(self, call: UndoCall) -> StepResult:
        """Have it say again what it said before."""
        return await self._pricing.restore_record(call)
