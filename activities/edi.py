"""The EDI gateway: what came in from partners, and what they are told."""

from __future__ import annotations

from datetime import UTC, datetime

from temporalio import activity

from activities.connectors.facts import fact, parameters
from activities.connectors.http import CallContext, SystemClient
from activities.connectors.steps import Steps
from domain.calls import FactCall, StepCall, StepResult, UndoCall
from domain.facts.fact import Fact
from domain.facts.integration import IntegrationFailure

MAPPING_FIXES = "mapping-fixes"
REPLAYS = "replays"
TAKE_OVERS = "take-overs"
REROUTES = "reroutes"
RESUMPTIONS = "resumptions"
RESENDS = "resends"
ACKNOWLEDGEMENTS = "acknowledgements"


class EdiActivities:
    """Every public method is the activity of its name."""

    def __init__(self, client: SystemClient) -> None:
        self._client = client
        self._steps = Steps(client)

    @activity.defn(name="edi.failure")
    async def failure(self, call: FactCall) -> Fact:
        """What is wrong between the partner and the order, and what might help."""
        read_at = datetime.now(UTC)
        context, params = CallContext.of(call.case), parameters(call.request.arguments)
        return fact(call, await self._client.read(context, "/v1/failures", IntegrationFailure, params), read_at)

    @activity.defn(name="edi.fix_mapping")
    async def fix_mapping(self, call: StepCall) -> StepResult:
        """Say what a partner's part number means."""
        return await self._steps.carry_out(MAPPING_FIXES, call)

    @activity.defn(name="edi.restore_mapping")
    async def restore_mapping(self, call: UndoCall) -> StepResult:
        """Have it mean what it meant before."""
        return await self._steps.undo(MAPPING_FIXES, call)

    @activity.defn(name="edi.replay")
    async def replay(self, call: StepCall) -> StepResult:
        """Translate the partner's document again: it is done with if the order has what the mappings say."""
        return await self._steps.carry_out(REPLAYS, call)

    @activity.defn(name="edi.undo_replay")
    async def undo_replay(self, call: UndoCall) -> StepResult:
        """Have the document wait for people again."""
        return await self._steps.undo(REPLAYS, call)

    @activity.defn(name="edi.take_over")
    async def take_over(self, call: StepCall) -> StepResult:
        """Take what waits at the gateway off it: a person has done it by hand."""
        return await self._steps.carry_out(TAKE_OVERS, call)

    @activity.defn(name="edi.hand_back")
    async def hand_back(self, call: UndoCall) -> StepResult:
        """Have it wait again."""
        return await self._steps.undo(TAKE_OVERS, call)

    @activity.defn(name="edi.reroute")
    async def reroute(self, call: StepCall) -> StepResult:
        """Go to the partner by another route."""
        return await self._steps.carry_out(REROUTES, call)

    @activity.defn(name="edi.route_back")
    async def route_back(self, call: UndoCall) -> StepResult:
        """Go by the former route again."""
        return await self._steps.undo(REROUTES, call)

    @activity.defn(name="edi.resume_partner")
    async def resume_partner(self, call: StepCall) -> StepResult:
        """Call a partner again that had refused us."""
        return await self._steps.carry_out(RESUMPTIONS, call)

    @activity.defn(name="edi.pause_partner")
    async def pause_partner(self, call: UndoCall) -> StepResult:
        """Leave it alone again."""
        return await self._steps.undo(RESUMPTIONS, call)

    @activity.defn(name="edi.resend")
    async def resend(self, call: StepCall) -> StepResult:
        """Send the order's documents again that the partner has not acknowledged."""
        return await self._steps.carry_out(RESENDS, call)

    @activity.defn(name="edi.forget_resend")
    async def forget_resend(self, call: UndoCall) -> StepResult:
        """Count them as overdue since they first were: what was sent twice does the partner no harm."""
        return await self._steps.undo(RESENDS, call)

    @activity.defn(name="edi.send_acknowledgement")
    async def send_acknowledgement(self, call: StepCall) -> StepResult:
        """Answer the partner: 855 what becomes of the order, 824 that the application rejects it."""
        return await self._steps.carry_out(ACKNOWLEDGEMENTS, call)

    @activity.defn(name="edi.correct_acknowledgement")
    async def correct_acknowledgement(self, call: UndoCall) -> StepResult:
        """Withdraw the answer, or replace it if the partner has it already."""
        return await self._steps.undo(ACKNOWLEDGEMENTS, call)
