"""The customer, as the CRM knows it, without anything that identifies a person."""

from __future__ import annotations

from typing import Literal

from domain.base import Model


class Account(Model):
    """Segment A (best) to C; `strategic` accounts have an account manager who is asked before they get a substitute."""

    customer_id: str
    segment: Literal["A", "B", "C"]
    strategic: bool = False
    account_manager: str | None = None
    language: str = "en"
    insolvent: bool = False
    version: str = "0"
