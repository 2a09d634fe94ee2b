"""Where the other systems are and how to get in. The processes fill these from their own settings."""

from __future__ import annotations

from datetime import time, timedelta
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, SecretStr, model_validator


class Settings(BaseModel):
    """A value that an operator wrote: a misspelt name is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class TrytonTerms(Settings):
    """What a Tryton needs besides its address and our password, and what it does not know about orders.

    `set_aside` is the code of a storage location outside all warehouses, for soft reservations. `drafts_after`: a draft
    that nobody has touched for so long is waiting, not being typed. `wanted_within`: when goods are needed whose sale
    has no shipping date. `cutoff` (UTC): when the carrier comes. `poll_every`: how often the watcher looks.
    """

    database: str = Field(default="tryton", pattern=r"^[A-Za-z0-9_-]{1,63}$")
    user: str = "holdfast"
    tenant: str = Field(default="acme", pattern=r"^[A-Za-z0-9][A-Za-z0-9._:-]{0,127}$")
    set_aside: str = "RESERVED"
    drafts_after: timedelta = timedelta(minutes=5)
    wanted_within: timedelta = timedelta(days=5)
    cutoff: time = time(17)
    poll_every: timedelta = timedelta(seconds=30)


class System(Settings):
    """One system of record: base URL without `/v1`, and the bearer token of our service account."""

    url: str = Field(pattern=r"^https?://[^\s?#]+$")
    token: SecretStr = SecretStr("")
    connect_within: timedelta = timedelta(seconds=2)
    answer_within: timedelta = timedelta(seconds=5)


class PortSystem(System):
    """A system that more than one product can be: `connector` says which of ours speaks with it. For `tryton` the token
    is our user's password there, and `Systems.tryton` says the rest.
    """

    connector: Literal["http", "tryton"] = "http"


class Systems(Settings):
    """The systems of record that cases are worked on with."""

    erp: PortSystem
    wms: PortSystem
    tms: System
    crm: System
    pricing: PortSystem
    credit: PortSystem
    tax: System
    edi: System
    tryton: TrytonTerms = TrytonTerms()


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
