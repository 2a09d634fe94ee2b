"""The EDI gateway: what came in from partners, and what they are told."""

from __future__ import annotations

from activities.connectors.http import SystemClient


class EdiActivities:
    """Every public method is the activity of its name."""

    def __init__(self, client: SystemClient) -> None:
        self._client = client
