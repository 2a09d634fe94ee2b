"""The warehouse: stock, freight, and what is set aside for an order."""

from __future__ import annotations

from datetime import UTC, datetime

from temporalio import activity

from activities.connectors.facts import fact, parameters
from activities.connectors.http import CallContext, SystemClient
from activities.connectors.steps import Steps
from domain.calls import FactCall, StepCall, StepResult, UndoCall
from domain.facts.fact import Fact
from domain.facts.inventory import FreightQuotes, StockPositions

RESERVATIONS = "reservations"
TRANSFERS = "transfers"
REALLOCATIONS = "reallocations"


class WmsActivities:
    """Every public method is the activity of its name."""

    def __init__(self, client: SystemClient) -> None:
        self._client = client
        self._steps = Steps(client)

    @activity.defn(name="wms.positions")
    async def positions(self, call: FactCall) -> Fact:
        """Stock of items and of what may replace them, in every warehouse, and the lanes between these."""
        read_at = datetime.now(UTC)
        context, params = CallContext.of(call.case), parameters(call.request.arguments)
        return fact(call, await self._client.read(context, "/v1/positions", StockPositions, params), read_at)

    @activity.defn(name="wms.freight_quotes")
    async def freight_quotes(self, call: FactCall) -> Fact:
        """Cost and days of shipping from each warehouse to the customer."""
        read_at = datetime.now(UTC)
        context, params = CallContext.of(call.case), parameters(call.request.arguments)
        return fact(call, await self._client.read(context, "/v1/freight-quotes", FreightQuotes, params), read_at)

    @activity.defn(name="wms.reserve")
    async def reserve(self, call: StepCall) -> StepResult:
        """Set stock aside for a line."""
        return await self._steps.carry_out(RESERVATIONS, call)

    @activity.defn(name="wms.unreserve")
    async def unreserve(self, call: UndoCall) -> StepResult:
        """Put it back."""
        return await self._steps.undo(RESERVATIONS, call)

    @activity.defn(name="wms.create_transfer")
    async def create_transfer(self, call: StepCall) -> StepResult:
        """Move stock from one warehouse to another."""
        return await self._steps.carry_out(TRANSFERS, call)

    @activity.defn(name="wms.cancel_transfer")
    async def cancel_transfer(self, call: UndoCall) -> StepResult:
        """Leave it where it is."""
        return await self._steps.undo(TRANSFERS, call)

    @activity.defn(name="wms.reallocate")
    async def reallocate(self, call: StepCall) -> StepResult:
        """Take stock that was allocated to another order."""
        return await self._steps.carry_out(REALLOCATIONS, call)

    @activity.defn(name="wms.restore_allocation")
    async def restore_allocation(self, call: UndoCall) -> StepResult:
        """Give it back."""
        return await self._steps.undo(REALLOCATIONS, call)
