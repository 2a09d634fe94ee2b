"""The HTTP API of the EDI gateway."""

from __future__ import annotations

from sandbox.kernel import Service, Settings


def build(settings: Settings) -> Service:
    """The service."""
    return Service("edi", settings, title="EDI gateway")
