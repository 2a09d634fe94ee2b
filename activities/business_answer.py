"""Telling trading partners by EDI what becomes of their orders: the 855 that closes what earlier ones left open."""

from __future__ import annotations

from activities.connectors.effects import Effects, Write
from activities.connectors.http import CallContext, SystemClient
from activities.edi import ACKNOWLEDGEMENTS
from activities.ports import ErpPort
from domain.calls import CustomerNotice
from domain.edi.acknowledgement import Bak02
from domain.edi.business_answer import business_answer
from domain.facts.integration import IntegrationFailure

COVERED = "ORDER_COVERED"
"""The outcome of an order that ends because another one delivers the same."""


class BusinessAnswers:
    """Answers orders that came by EDI. Every other order is none of its business."""

    def __init__(self, erp: ErpPort, edi: SystemClient) -> None:
        self._erp = erp
        self._edi = edi
        self._effects = Effects(edi)

    async def give(self, context: CallContext, notice: CustomerNotice) -> None:
        """One 855 a notice, in place of any that was given before. Raises SystemCallFailed.

        An order that another one covers has no answer of its own: under the same purchase order number it would take
        back the other's. Neither has one that the gateway did not bring, nor one that was rejected already.
        """
        if notice.outcome == COVERED:
            return
        story = await self._erp.story(context, context.order_id)
        if story.ordered.edi is None:
            return
        order_id = story.ordered.order_id
        known = await self._edi.read(context, "/v1/failures", IntegrationFailure, {"order_id": order_id})
        answer = business_answer(story, exceptions_only=known.exceptions_only)
        rejected = known.answered_with == answer.bak02 == Bak02.REJECTED
        if not known.interchange_id or rejected:
            return
        body = {"order_id": order_id, "document": "855", **answer.model_dump(mode="json")}
        write = Write.into(ACKNOWLEDGEMENTS, f"{notice.message_id}-855", body)
        await self._effects.create(context, write, look_first=context.attempt > 1)
