"""All activities of this installation, wired to its systems."""

from __future__ import annotations

import inspect
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Any

from activities.assessment import AssessmentActivities
from activities.authorisation import AuthorisationActivities
from activities.business_answer import BusinessAnswers
from activities.causes import CauseActivities
from activities.connectors.communications import Communications
from activities.connectors.credit import HttpCredit
from activities.connectors.delivery import Channel
from activities.connectors.erp import HttpErp
from activities.connectors.http import SystemClient
from activities.connectors.links import CustomerLinks
from activities.connectors.mail import Mail
from activities.connectors.pricing import HttpPricing
from activities.connectors.settings import NotificationSettings, PortSystem, System, Systems
from activities.connectors.stock import HttpStock
from activities.connectors.tryton.client import TrytonClient
from activities.connectors.tryton.credit import TrytonCredit
from activities.connectors.tryton.erp import TrytonErp
from activities.connectors.tryton.pricing import TrytonPricing
from activities.connectors.tryton.stock import TrytonStock
from activities.connectors.webhook import Webhook
from activities.credit import CreditActivities
from activities.crm import CrmActivities
from activities.customer_questions import CustomerQuestionActivities
from activities.deadlines import DeadlineActivities
from activities.edi import EdiActivities
from activities.erp import ErpActivities
from activities.notification import Desk, NotificationActivities
from activities.ports import CaseBook, CreditPort, ErpPort, PricingPort, StockPort
from activities.pricing import PricingActivities
from activities.proofs import Proofs
from activities.reconciliation import ReconciliationActivities
from activities.tax import TaxActivities
from activities.tms import TmsActivities
from activities.triage import TriageActivities
from activities.watching import HandOver, WatchActivities
from activities.wms import WmsActivities
from domain.policy.policy_set import PolicySet

Activity = Callable[..., Any]


@asynccontextmanager
async def build_activities(
    systems: Systems,
    notifications: NotificationSettings,
    policies: Callable[[], PolicySet],
    proofs: Proofs,
    *,
    links: CustomerLinks | None = None,
    cases: CaseBook | None = None,
    watch: HandOver | None = None,
) -> AsyncIterator[list[Activity]]:
    """The activities, for as long as the block lasts; then the connections are closed.

    `policies` is asked each time anew, so that a new set counts from the next call on; so are the keys that
    `proofs` knows. Without `links` no customer can be asked anything; without `cases` there is no reconciliation.
    `watch` takes the events of an ERP that has to be looked at.
    """
    async with AsyncExitStack() as stack:

        def client(name: str, system: System) -> SystemClient:
            opened = SystemClient(name, system)
            stack.push_async_callback(opened.close)
            return opened

        connectors, crm = _connectors(systems, client, stack), client("crm", systems.crm)
        erp, edi = connectors.erp, client("edi", systems.edi)
        watching: list[WatchActivities] = []
        if watch is not None and systems.erp.connector == "tryton":
            tenant = systems.tryton.tenant
            watching = [WatchActivities(erp, watch, tenant=tenant, source=f"holdfast/watch/{tenant}")]
        desk, channels = Desk(notifications.cli_command, notifications.ui_url), _channels(notifications, stack)
        yield activities_of(
            TriageActivities(erp, policies),
            AssessmentActivities(policies),
            DeadlineActivities(policies),
            AuthorisationActivities(policies, proofs),
            CauseActivities(policies),
            ErpActivities(erp),
            WmsActivities(connectors.stock),
            TmsActivities(client("tms", systems.tms)),
            PricingActivities(connectors.pricing),
            CreditActivities(connectors.credit),
            TaxActivities(client("tax", systems.tax)),
            EdiActivities(edi),
            CrmActivities(crm),
            CustomerQuestionActivities(crm, channels[0], policies, links),
            NotificationActivities(Communications(crm), channels, policies, desk, BusinessAnswers(erp, edi)),
            *([] if cases is None else [ReconciliationActivities(erp, cases)]),
            *watching,
        )


@dataclass(frozen=True)
class _Connectors:
    """What serves the ports that more than one product can be behind, by the settings."""

    erp: ErpPort
    stock: StockPort
    credit: CreditPort
    pricing: PricingPort


def _connectors(systems: Systems, client: Callable[[str, System], SystemClient], stack: AsyncExitStack) -> _Connectors:
    """Systems in the same Tryton share one session there."""
    shared: dict[str, TrytonClient] = {}

    def tryton(system: PortSystem) -> TrytonClient:
        if system.url not in shared:
            shared[system.url] = TrytonClient(system, systems.tryton)
            stack.push_async_callback(shared[system.url].close)
        return shared[system.url]

    def in_tryton(system: PortSystem) -> bool:
        return system.connector == "tryton"

    erp, wms, credit, pricing = systems.erp, systems.wms, systems.credit, systems.pricing
    return _Connectors(
        erp=TrytonErp(tryton(erp)) if in_tryton(erp) else HttpErp(client("erp", erp)),
        stock=TrytonStock(tryton(wms)) if in_tryton(wms) else HttpStock(client("wms", wms)),
        credit=TrytonCredit(tryton(credit)) if in_tryton(credit) else HttpCredit(client("credit", credit)),
        pricing=TrytonPricing(tryton(pricing)) if in_tryton(pricing) else HttpPricing(client("pricing", pricing)),
    )


def activities_of(*groups: object) -> list[Activity]:
    """The activities of some groups: every public method is one."""
    return [
        method
        for group in groups
        for name, method in inspect.getmembers(group, inspect.iscoroutinefunction)
        if not name.startswith("_")
    ]


def _channels(settings: NotificationSettings, stack: AsyncExitStack) -> list[Channel]:
    """The ways to people that are set up, mail before webhook."""
    channels: list[Channel] = []
    if settings.smtp_host is not None:
        channels.append(Mail(settings.smtp_host, settings))
    if settings.webhook_url is not None:
        webhook = Webhook(settings.webhook_url, settings.webhook_token.get_secret_value())
        stack.push_async_callback(webhook.close)
        channels.append(webhook)
    return channels
