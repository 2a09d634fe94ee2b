"""The HTTP API of the order channels."""

from __future__ import annotations

from sandbox.kernel import Service, Settings


def build(settings: Settings) -> Service:
    """The service."""
    return Service("channels", settings, title="Order channels")
