"""The HTTP API of the pricing system."""

from __future__ import annotations

from sandbox.kernel import Service, Settings


def build(settings: Settings) -> Service:
    """The service."""
    return Service("pricing", settings, title="Pricing")
