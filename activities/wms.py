"""The warehouse: stock, freight, and what is set aside for an order."""

from __future__ import annotations

from datetime import UTC, datetime

from temporalio import activity

from activities.connectors.facts import fact
from activities.connectors.http import CallContext
from activities.ports import StockPort
from domain.calls import FactCall, StepCall, StepResult, UndoCall
from domain.facts.fact import Fact


class WmsActivities:
    """Every public method is the activity of its name."""

    def __init__(self, stock: StockPort) -> None:
        self._stock = stock

    @activity.defn(name="wms.positions")
    async def positions(self, call: FactCall) -> Fact:
        """Stock of items and of what may replace them, in every warehouse, and the lanes between these."""
        read_at = datetime.now(UTC)
        context, arguments = CallContext.of(call.case), call.request.arguments
        return fact(call, await self._stock.positions(context, arguments), read_at)

    @activity.defn(name="wms.freight_quotes")
    async def freight_quotes(self, call: FactCall) -> Fact:
        """Cost and days of shipping from each warehouse to the customer."""
        read_at = datetime.now(UTC)
        context, arguments = CallContext.of(call.case), call.request.arguments
        return fact(call, await self._stock.freight_quotes(context, arguments), read_at)

    @activity.defn(name="wms.reserve")
    async def reserve(self, call: StepCall) -> StepResult:
        """Set stock aside for a line."""
        return await self._stock.reserve(call)

    @activity.defn(name="wms.unreserve")
    async def unreserve(self, call: UndoCall) -> StepResult:
        """Put it back."""
        return await self._stock.unreserve(call)

    @activity.defn(name="wms.create_transfer")
    async def create_transfer(self, call: StepCall) -> StepResult:
        """Move stock from one warehouse to another."""
        return await self._stock.create_transfer(call)

    @activity.defn(name="wms.cancel_transfer")
    async def cancel_transfer(self, call: UndoCall) -> StepResult:
        """Leave it where it is."""
        return await self._stock.cancel_transfer(call)

    @activity.defn(name="wms.reallocate")
    async def reallocate(self, call: StepCall) -> StepResult:
        """Take stock that was allocated to another order."""
        return await self._stock.reallocate(call)

    @activity.defn(name="wms.restore_allocation")
    async def restore_allocation(self, call: UndoCall) -> StepResult:
        """Give it back."""
        return await self._stock.restore_allocation(call)
