"""The HTTP API of the supplier portal."""

from __future__ import annotations

from datetime import timedelta

from sandbox.kernel import Service
from sandbox.suppliers.portal import Portal
from sandbox.suppliers.records import SupplierSettings


def build(settings: SupplierSettings) -> Service:
    """The service. Seed: `suppliers`."""
    service = Service("suppliers", settings, title="Supplier portal")
    portal = Portal(service, timedelta(seconds=settings.acknowledge_after))
    service.background(portal.work)
    return service
