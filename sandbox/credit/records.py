"""What credit management is told and what is asked of it. Amounts in units of the currency."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from decimal import Decimal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from domain.money import Currency
from sandbox.kernel import Settings, WriteBody

_STRICT = ConfigDict(frozen=True, extra="forbid")

Until = AwareDatetime | date
"""An instant, or the last day that counts (UTC)."""


def is_over(until: Until, now: datetime) -> bool:
    """Whether that moment has passed."""
    if not isinstance(until, datetime):
        until = datetime.combine(until, time.max, UTC)
    return until <= now


class CreditSettings(Settings):
    """Settings of credit management."""

    public_url: str = Field(default="", description="base of the payment links that customers are sent")


class CreditAccount(BaseModel):
    """A customer's books in one currency, before releases, limit changes and payments that were made here.

    `open_orders` are due inside the horizon; orders with a release are counted besides. A card is charged up to
    `card_limit`, if it has one.
    """

    model_config = _STRICT

    customer_id: str
    currency: Currency
    open_receivables: Decimal = Decimal(0)
    delivered_not_billed: Decimal = Decimal(0)
    billed_not_posted: Decimal = Decimal(0)
    open_orders: Decimal = Decimal(0)
    unapplied_cash: Decimal = Decimal(0)
    deposits: Decimal = Decimal(0)
    limit: Decimal
    group_limit: Decimal | None = None
    group_exposure: Decimal = Decimal(0)
    oldest_overdue_days: int = 0
    dunning_level: int = 0
    limit_review_on: date | None = None
    payment_terms: str = "NET30"
    returned_payments_90d: int = 0
    card_on_file: bool = False
    card_limit: Decimal | None = None
    insolvent: bool = False


class ReleaseBody(WriteBody):
    """Let an order go in spite of the limit: up to an amount, and for a while."""

    customer_id: str
    order_id: str
    amount: Decimal = Field(gt=0)
    currency: Currency
    valid_until: Until


class LimitChangeBody(WriteBody):
    """Give a customer another limit for a while."""

    customer_id: str
    limit: Decimal = Field(ge=0)
    currency: Currency
    valid_until: Until
    order_id: str | None = None


class AuthorisationBody(WriteBody):
    """Reserve the amount of an order on the customer's card."""

    customer_id: str
    order_id: str
    amount: Decimal = Field(gt=0)
    currency: Currency


class PaymentLinkBody(WriteBody):
    """Let the customer pay an order in advance."""

    customer_id: str
    order_id: str
    amount: Decimal = Field(gt=0)
    currency: Currency
    expires_at: Until


class PaymentBody(BaseModel):
    """Money that has come in: for an order if it names one, else for the oldest receivables. With `unapplied` nobody
    has found out yet what it is for.
    """

    model_config = _STRICT

    customer_id: str
    order_id: str | None = None
    amount: Decimal = Field(gt=0)
    currency: Currency | None = None
    unapplied: bool = False


class CashApplicationBody(BaseModel):
    """Cash without a purpose is found to be for receivables."""

    model_config = _STRICT

    customer_id: str
    amount: Decimal = Field(gt=0)
    currency: Currency | None = None
