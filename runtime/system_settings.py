"""The sections about systems of record and about writing to people."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

from pydantic import model_validator

from activities.connectors.settings import NotificationSettings, PortSystem, System, Systems, TrytonTerms
from runtime.setting_values import Days, Patience, Seconds, read_secret


class TrytonSettings(TrytonTerms):
    """The Tryton behind those systems whose connector it is."""

    drafts_after: Patience = timedelta(minutes=5)
    wanted_within: Days = timedelta(days=5)
    poll_every: Seconds = timedelta(seconds=30)


class SystemSettings(System):
    """One system of record: `url`, and `token` or `token_file`."""

    token_file: Path | None = None
    connect_within: Seconds = timedelta(seconds=2)
    answer_within: Seconds = timedelta(seconds=5)

    @model_validator(mode="before")
    @classmethod
    def _from_file(cls, values: Any) -> Any:
        return read_secret(values, "token")


class PortSystemSettings(SystemSettings, PortSystem):
    """A system that more than one product can be."""


class SystemsSettings(Systems):
    """The systems of record: all of them or none. The door needs the CRM at most, the approvers' CLI none."""

    erp: PortSystemSettings
    wms: PortSystemSettings
    tms: SystemSettings
    crm: SystemSettings
    pricing: PortSystemSettings
    credit: PortSystemSettings
    tax: SystemSettings
    edi: SystemSettings
    tryton: TrytonSettings = TrytonSettings()


class NotificationsSettings(NotificationSettings):
    """How people are written to; secrets may come from files."""

    smtp_password_file: Path | None = None
    webhook_token_file: Path | None = None

    @model_validator(mode="before")
    @classmethod
    def _from_files(cls, values: Any) -> Any:
        return read_secret(read_secret(values, "smtp_password"), "webhook_token")
