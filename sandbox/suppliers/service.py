"""The HTTP API of the supplier portal."""

from __future__ import annotations

from sandbox.kernel import Service, Settings


def build(settings: Settings) -> Service:
    """The service."""
    return Service("suppliers", settings, title="Supplier portal")
