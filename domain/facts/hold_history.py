"""All holds that an order ever had, open ones and cleared ones."""

from __future__ import annotations

from datetime import datetime

from domain.base import Model
from domain.order import Hold


class PastHold(Model):
    """One hold. `cleared_at` and `cleared_by` (a client of the ERP) are None while it is open; `release_id` is set if a
    release resolved it.
    """

    hold: Hold
    applied_at: datetime
    cleared_at: datetime | None = None
    cleared_by: str | None = None
    release_id: str | None = None

    @property
    def is_open(self) -> bool:
        """Whether it still stops the order."""
        return self.cleared_at is None


class HoldHistory(Model):
    """The answer of the ERP, the oldest hold first."""

    holds: tuple[PastHold, ...]
    version: str
