"""Pricing: what was agreed, and what the ERP sells by."""

from __future__ import annotations

from activities.connectors.http import SystemClient


class PricingActivities:
    """Every public method is the activity of its name."""

    def __init__(self, client: SystemClient) -> None:
        self._client = client
