"""What the ERP's own validation of an order last came to."""

from __future__ import annotations

from datetime import datetime

from domain.base import Model


class OrderValidation(Model):
    """The answer of the ERP. `unanswered` are the systems that could not be asked: while there are any, nobody knows
    what the order ought to be held for.
    """

    order_id: str
    validated_at: datetime | None
    unanswered: tuple[str, ...] = ()
    version: str
