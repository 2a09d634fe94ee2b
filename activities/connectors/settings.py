"""Where the other systems are and how to get in. The processes fill these from their own settings."""

from __future__ import annotations

from datetime import timedelta
from typing import Self

from pydantic import BaseModel, ConfigDict, Field, SecretStr, model_validator


class Settings(BaseModel):
    """A value that an operator wrote: a misspelt name is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class System(Settings):
    """One system of record: base URL without `/v1`, and the bearer token of our service account."""

    url: str = Field(pattern=r"^https?://[^\s?#]+$")
    token: SecretStr = SecretStr("")
    connect_within: timedelta = timedelta(seconds=2)
    answer_within: timedelta = timedelta(seconds=5)


class Systems(Settings):
    """The systems of record that cases are worked on with."""

    erp: System
    wms: System
    tms: System
    crm: System
    pricing: System
    credit: System
    tax: System
    edi: System


class NotificationSettings(Settings):
    """How people are written to: by mail, by webhook, or approvers by both. Customers get mail if there is a server."""

    smtp_host: str | None = None
    smtp_port: int = Field(default=25, ge=1, le=65535)
    smtp_starttls: bool = False
    smtp_user: str | None = None
    smtp_password: SecretStr = SecretStr("")
    sender: str = Field(default="holdfast@localhost", pattern=r"^[^@\s]+@[^@\s]+$")
    webhook_url: str | None = Field(default=None, pattern=r"^https?://[^\s#]+$")
    webhook_token: SecretStr = SecretStr("")
    ui_url: str = "http://localhost:8233"
    """The Temporal UI, for the links in messages to approvers."""
    cli_command: str = "python approver.py"
    """How approvers start the CLI, for the commands in messages to them."""

    @model_validator(mode="after")
    def _somehow(self) -> Self:
        if self.smtp_host is None and self.webhook_url is None:
            raise ValueError("set smtp_host or webhook_url: without either nobody would hear of a held order")
        return self
