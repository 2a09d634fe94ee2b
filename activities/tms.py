"""The TMS: how goods travel."""

from __future__ import annotations

from activities.connectors.http import SystemClient


class TmsActivities:
    """Every public method is the activity of its name."""

    def __init__(self, client: SystemClient) -> None:
        self._client = client
