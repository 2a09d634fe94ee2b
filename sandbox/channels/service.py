"""The HTTP API of the order channels."""

from __future__ import annotations

from datetime import timedelta

from pydantic import Field

from sandbox.channels.catalogue import Catalogue
from sandbox.channels.entries import DeskOrder, Translator, WebOrder
from sandbox.channels.forwarding import Channel
from sandbox.kernel import Service, Settings


class ChannelSettings(Settings):
    """The settings of the channels. `peers` names the `erp`, and may name `credit`, where cards are charged."""

    warehouse: str = Field(default="EAST", description="where orders are planned to ship from")
    cutoff_after: float = Field(default=9.0, gt=0, description="hours from an order to its carrier's cut-off")
    retry_after: int = Field(default=2, ge=1, description="seconds after which to try again while the ERP is down")


def build(settings: ChannelSettings) -> Service:
    """The service. Seed: `items`."""
    service = Service("channels", settings, title="Order channels")
    translator = Translator(Catalogue(service), settings.warehouse, timedelta(hours=settings.cutoff_after))
    Channel(service, "web-orders", WebOrder, translator.of_web, settings.retry_after)
    Channel(service, "desk-orders", DeskOrder, translator.of_desk, settings.retry_after)
    return service
