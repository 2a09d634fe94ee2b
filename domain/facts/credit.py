"""A customer's credit position, in one currency."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from domain.base import Model
from domain.money import Currency


class CreditPosition(Model):
    """Everything that exposure is made of, read at one moment. Amounts in `currency`.

    `open_orders` are the other orders due inside the credit horizon; this order is counted by the playbook, once.
    """

    customer_id: str
    currency: Currency
    open_receivables: Decimal
    delivered_not_billed: Decimal = Decimal(0)
    billed_not_posted: Decimal = Decimal(0)
    open_orders: Decimal = Decimal(0)
    unapplied_cash: Decimal = Decimal(0)
    deposits: Decimal = Decimal(0)
    limit: Decimal
    group_limit: Decimal | None = None
    group_exposure: Decimal = Decimal(0)
    """What the other companies of the customer's group already use of `group_limit`."""
    oldest_overdue_days: int = 0
    dunning_level: int = 0
    limit_review_on: date | None = None
    payment_terms: str = "NET30"
    returned_payments_90d: int = 0
    prepaid_for_order: Decimal = Decimal(0)
    """Prepayments and card authorisations already made for this very order."""
    card_on_file: bool = False
    insolvent: bool = False
    version: str = "0"
