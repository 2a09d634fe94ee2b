"""The HTTP API of the TMS."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query

from domain.facts.transport import Rates, Routing
from sandbox.kernel import Service
from sandbox.tms.bookings import Collections, Tenders
from sandbox.tms.rating import RateBook
from sandbox.tms.records import RatesQuery, RoutingQuery, TmsSettings
from sandbox.tms.routing import RoutingBook


def build(settings: TmsSettings) -> Service:
    """The service. Seed: `carrier-services`, `rates`, `cut-offs`, `capacity`, `routing-guides`, `sites`, `order-types`,
    `carrier-accounts`, `collection-sites`.
    """
    service = Service("tms", settings, title="Transport management")
    rates, routing = RateBook(service), RoutingBook(service)
    Tenders(service, settings, rates, routing)
    Collections(service, routing)

    @service.v1.get("/routing", tags=["routing"], summary="How a customer's orders travel")
    async def instructions(asked: Annotated[RoutingQuery, Query()]) -> Routing:
        """Routing guide, defaults of the ship-to and the order type, dock, accounts, and collection by the customer."""
        return routing.routing(asked)

    @service.v1.get("/rates", tags=["rates"], summary="What the carriers ask")
    async def quotes(asked: Annotated[RatesQuery, Query()]) -> Rates:
        """Every service on the lane, with what it is able to carry, when it picks up and when it delivers."""
        return rates.rates(asked)

    return service
