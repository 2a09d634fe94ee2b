"""The CRM: who the customer is to us, where it has goods delivered, and what we were answered."""

from __future__ import annotations

from datetime import UTC, datetime
from urllib.parse import quote
from uuid import uuid4

from temporalio import activity

from activities.connectors.facts import fact, parameters
from activities.connectors.http import CallContext, SystemClient
from activities.connectors.sites import MasterSites
from domain.calls import FactCall
from domain.facts.account import Account
from domain.facts.address import Screening
from domain.facts.consent import CustomerAnswers
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

    @activity.defn(name="crm.sites")
    async def sites(self, call: FactCall) -> Fact:
        """Where the customer has goods delivered, without the streets, and when that last went well."""
        read_at = datetime.now(UTC)
        path = f"/v1/accounts/{quote(str(call.request.arguments['customer_id']), safe='')}/sites"
        master = await self._client.read(CallContext.of(call.case), path, MasterSites)
        return fact(call, master.without_streets(), read_at)

    @activity.defn(name="crm.screening")
    async def screening(self, call: FactCall) -> Fact:
        """Whether anything speaks against the customer or the destination; a key of its own asks anew each time."""
        read_at, context = datetime.now(UTC), CallContext.of(call.case)
        asked = await self._client.ask(
            context, "/v1/screenings", Screening, call.request.arguments, key=f"screening-{uuid4()}"
        )
        return fact(call, asked, read_at)

    @activity.defn(name="crm.customer_answers")
    async def customer_answers(self, call: FactCall) -> Fact:
        """What the customer was asked about an order, and what the answers were."""
        read_at, context = datetime.now(UTC), CallContext.of(call.case)
        params = parameters(call.request.arguments)
        return fact(call, await self._client.read(context, "/v1/customer-answers", CustomerAnswers, params), read_at)
