"""What the CRM is told and what is asked of it."""

from __future__ import annotations

from enum import StrEnum
from typing import Literal

from pydantic import BaseModel, ConfigDict

from domain.facts.account import Account
from sandbox.kernel import WriteBody

_STRICT = ConfigDict(frozen=True, extra="forbid")


class CustomerAccount(Account):
    """A customer. `version` is made by the CRM."""

    model_config = _STRICT


class Contact(BaseModel):
    """Whom to write to about a customer's orders: personal data."""

    model_config = _STRICT

    customer_id: str
    email: str
    name: str = ""
    language: str = "en"


class CommunicationStatus(StrEnum):
    """What became of a message."""

    REGISTERED = "REGISTERED"
    SENDING = "SENDING"
    SENT = "SENT"
    UNCERTAIN = "UNCERTAIN"
    """It may have gone out or not: nobody sends it again."""


MAY_FOLLOW: dict[CommunicationStatus, frozenset[CommunicationStatus]] = {
    CommunicationStatus.REGISTERED: frozenset({CommunicationStatus.REGISTERED, CommunicationStatus.SENDING}),
    CommunicationStatus.SENDING: frozenset(CommunicationStatus) - {CommunicationStatus.SENDING},
    CommunicationStatus.SENT: frozenset({CommunicationStatus.SENT}),
    CommunicationStatus.UNCERTAIN: frozenset({CommunicationStatus.UNCERTAIN, CommunicationStatus.SENT}),
}
"""Only one of two senders gets a message to SENDING; what could not be handed over is free again."""


class CommunicationBody(WriteBody):
    """A message that is going to be sent; `reference` is the message's id."""

    audience: Literal["CUSTOMER", "APPROVER"]
    channel: str
    order_id: str
    template: str
    status: CommunicationStatus = CommunicationStatus.REGISTERED


class StatusBody(BaseModel):
    """What became of a message."""

    model_config = _STRICT

    status: CommunicationStatus
