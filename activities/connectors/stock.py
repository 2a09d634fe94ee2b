"""Stock over HTTP: the API that the sandbox's WMS has."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import JsonValue

from activities.connectors.facts import parameters
from activities.connectors.http import CallContext, SystemClient
from activities.connectors.steps import Steps
from domain.calls import StepCall, StepResult, UndoCall
from domain.facts.inventory import FreightQuotes, StockPositions

RESERVATIONS = "reservations"
TRANSFERS = "transfers"
REALLOCATIONS = "reallocations"


class HttpStock:
    """A `StockPort`."""

    def __init__(self, client: SystemClient) -> None:
        self._client = client
        self._steps = Steps(client)

    async def positions(self, context: CallContext, arguments: Mapping[str, JsonValue]) -> StockPositions:
        """See StockPort."""
        return await self._client.read(context, "/v1/positions", StockPositions, parameters(arguments))

    async def freight_quotes(self, context: CallContext, arguments: Mapping[str, JsonValue]) -> FreightQuotes:
        """See StockPort."""
        return await self._client.read(context, "/v1/freight-quotes", FreightQuotes, parameters(arguments))

    async def reserve(self, call: StepCall) -> StepResult:
        """See StockPort."""
        return await self._steps.carry_out(RESERVATIONS, call)

    async def unreserve(self, call: UndoCall) -> StepResult:
        """See StockPort."""
        return await self._steps.undo(RESERVATIONS, call)

    async def create_transfer(self, call: StepCall) -> StepResult:
        """See StockPort."""
        return await self._steps.carry_out(TRANSFERS, call)

    async def cancel_transfer(self, call: UndoCall) -> StepResult:
        """See StockPort."""
        return await self._steps.undo(TRANSFERS, call)

    async def reallocate(self, call: StepCall) -> StepResult:
        """See StockPort."""
        return await self._steps.carry_out(REALLOCATIONS, call)

    async def restore_allocation(self, call: UndoCall) -> StepResult:
        """See StockPort."""
        return await self._steps.undo(REALLOCATIONS, call)
