"""The TMS: how goods travel, what that costs, and what is booked."""

from __future__ import annotations

from datetime import UTC, datetime

from temporalio import activity

from activities.connectors.errors import SystemCallFailed
from activities.connectors.facts import fact, parameters
from activities.connectors.http import CallContext, SystemClient
from activities.connectors.steps import Steps
from domain.calls import FactCall, StepCall, StepResult, UndoCall
from domain.exception_types import IntegrationErrorKind
from domain.facts.fact import Fact
from domain.facts.transport import Rates, Routing

TENDERS = "tenders"
PICKUPS = "pickups"
DECLINED = "DECLINED"
"""What a carrier says to a tender that it does not take."""


class TmsActivities:
    """Every public method is the activity of its name."""

    def __init__(self, client: SystemClient) -> None:
        self._client = client
        self._steps = Steps(client)

    @activity.defn(name="tms.routing")
    async def routing(self, call: FactCall) -> Fact:
        """Standing instructions, dock, carrier accounts, and whether the customer may collect."""
        read_at = datetime.now(UTC)
        context, params = CallContext.of(call.case), parameters(call.request.arguments)
        return fact(call, await self._client.read(context, "/v1/routing", Routing, params), read_at)

    @activity.defn(name="tms.rates")
    async def rates(self, call: FactCall) -> Fact:
        """What every service asks on the order's lane, and when it delivers."""
        read_at = datetime.now(UTC)
        context, params = CallContext.of(call.case), parameters(call.request.arguments)
        return fact(call, await self._client.read(context, "/v1/rates", Rates, params), read_at)

    @activity.defn(name="tms.tender")
    async def tender(self, call: StepCall) -> StepResult:
        """Offer the load to the carrier. A carrier that declines at once is a CONFLICT: the rates say who has room."""
        tender = await self._steps.carry_out(TENDERS, call)
        if tender.detail.get("reply") == DECLINED:
            raise SystemCallFailed(
                system="tms",
                operation="tms.tender",
                order_id=call.case.order_id,
                kind=IntegrationErrorKind.CONFLICT,
                what=f"says that the carrier has declined tender {tender.resource_id}",
            )
        return tender

    @activity.defn(name="tms.cancel_tender")
    async def cancel_tender(self, call: UndoCall) -> StepResult:
        """Take the offer back, which the carrier allows until it has picked up."""
        return await self._steps.undo(TENDERS, call)

    @activity.defn(name="tms.book_pickup")
    async def book_pickup(self, call: StepCall) -> StepResult:
        """Have the warehouse expect the customer who collects."""
        return await self._steps.carry_out(PICKUPS, call)

    @activity.defn(name="tms.cancel_pickup")
    async def cancel_pickup(self, call: UndoCall) -> StepResult:
        """No longer expect the customer."""
        return await self._steps.undo(PICKUPS, call)
