"""The HTTP API of the TMS."""

from __future__ import annotations

from sandbox.kernel import Service, Settings


def build(settings: Settings) -> Service:
    """The service."""
    return Service("tms", settings, title="Transport management")
