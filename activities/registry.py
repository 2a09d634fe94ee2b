"""All activities of this installation, wired to its systems."""

from __future__ import annotations

import inspect
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

from activities.assessment import AssessmentActivities
from activities.authorisation import AuthorisationActivities
from activities.business_answer import BusinessAnswers
from activities.causes import CauseActivities
from activities.connectors.communications import Communications
from activities.connectors.delivery import Channel
from activities.connectors.erp import HttpErp
from activities.connectors.http import SystemClient
from activities.connectors.links import CustomerLinks
from activities.connectors.mail import Mail
from activities.connectors.settings import NotificationSettings, System, Systems
from activities.connectors.webhook import Webhook
from activities.credit import CreditActivities
from activities.crm import CrmActivities
from activities.customer_questions import CustomerQuestionActivities
from activities.deadlines import DeadlineActivities
from activities.edi import EdiActivities
from activities.erp import ErpActivities
from activities.notification import Desk, NotificationActivities
from activities.ports import CaseBook
from activities.pricing import PricingActivities
from activities.proofs import Proofs
from activities.reconciliation import ReconciliationActivities
from activities.tax import TaxActivities
from activities.tms import TmsActivities
from activities.triage import TriageActivities
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
) -> AsyncIterator[list[Activity]]:
    """The activities, for as long as the block lasts; then the connections are closed.

    `policies` is asked each time anew, so that a new set counts from the next call on; so are the keys that
    `proofs` knows. Without `links` no customer can be asked anything; without `cases` there is no reconciliation.
    """
    async with AsyncExitStack() as stack:

        def client(name: str, system: System) -> SystemClient:
            opened = SystemClient(name, system)
            stack.push_async_callback(opened.close)
            return opened

        erp, crm = HttpErp(client("erp", systems.erp)), client("crm", systems.crm)
        edi = client("edi", systems.edi)
        desk, channels = Desk(notifications.cli_command, notifications.ui_url), _channels(notifications, stack)
        yield activities_of(
            TriageActivities(erp, policies),
            AssessmentActivities(policies),
            DeadlineActivities(policies),
            AuthorisationActivities(policies, proofs),
            CauseActivities(policies),
            ErpActivities(erp),
            WmsActivities(client("wms", systems.wms)),
            TmsActivities(client("tms", systems.tms)),
            PricingActivities(client("pricing", systems.pricing)),
            CreditActivities(client("credit", systems.credit)),
            TaxActivities(client("tax", systems.tax)),
            EdiActivities(edi),
            CrmActivities(crm),
            CustomerQuestionActivities(crm, channels[0], policies, links),
            NotificationActivities(Communications(crm), channels, policies, desk, BusinessAnswers(erp, edi)),
            *([] if cases is None else [ReconciliationActivities(erp, cases)]),
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
