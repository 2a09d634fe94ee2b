"""The CRM: who the customer is to us."""

from __future__ import annotations

from datetime import UTC, datetime
from urllib.parse import quote

from temporalio import activity

from activities.connectors.facts import fact
from activities.connectors.http import CallContext, SystemClient
from domain.calls import FactCall
from domain.facts.account import Account
from domain.facts.fact import Fact


class CrmActivities:
    """Every public method is the activity of its name."""

    def __init__(self, client: SystemClient) -> None:
        self._client = client

    @activity.defn(name="crm.account")
    async def account(self, call: FactCall) -> Fact:
        """The customer's segment, and whether it is strategic: nothing personal."""
        read_at = datetime.now(UTC)
        path = f"/v1/accounts/{quote(str(call.request.arguments['customer_id']), safe='')}"
        return fact(call, await self._client.read(CallContext.of(call.case), path, Account), read_at)
