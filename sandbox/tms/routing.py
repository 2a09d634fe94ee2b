"""Standing instructions: routing guides, sites, order types, accounts and where customers may collect."""

from __future__ import annotations

from datetime import date

from domain.facts.transport import CarrierAccount, Dock, PickupSite, Route, Routing
from domain.order import FreightTerms
from sandbox.kernel import Records, Service
from sandbox.kernel.versions import version_of
from sandbox.tms.records import ANY, Account, CollectionSite, Guide, OrderTypeRoute, RoutingQuery, Site


class RoutingBook:
    """Everything that is known about how a customer's orders travel."""

    def __init__(self, service: Service) -> None:
        lane = ("customer_id", "site_id", "region", "warehouse", "service_level")
        self._guides = Records(service, "routing-guides", Guide, lane, indexed=("customer_id",))
        self._sites = Records(service, "sites", Site, ("site_id",))
        self._types = Records(service, "order-types", OrderTypeRoute, ("order_type", "service_level"))
        account = ("customer_id", "scac", "terms", "account")
        self._accounts = Records(service, "carrier-accounts", Account, account, indexed=("customer_id",))
        self.collections = Records(service, "collection-sites", CollectionSite, ("warehouse",))

    def routing(self, asked: RoutingQuery) -> Routing:
        """What counts for orders like that, the narrowest routing guide for one."""
        site, site_of_pickup = self._sites.get(asked.site_id), self.collections.get(asked.warehouse)
        found = Routing(
            guide=_route(self._guide(asked)),
            ship_to=_route(site.route if site else None),
            order_type=_route(self._types.get(asked.order_type, asked.service_level)),
            dock=site.dock if site else Dock(),
            accounts=tuple(
                CarrierAccount.model_validate(known.model_dump())
                for known in self._accounts.all(customer_id=asked.customer_id)
            ),
            pickup=None if site_of_pickup is None else PickupSite.model_validate(site_of_pickup.model_dump()),
        )
        return found.model_copy(update={"version": version_of(found)})

    def is_valid(self, customer_id: str, scac: str, terms: FreightTerms, account: str | None, on: date) -> bool:
        """Whether freight can be billed to that account on that day."""
        known = self._accounts.get(customer_id, scac, terms, account or "")
        return known is not None and known.valid_from <= on <= known.valid_to

    def _guide(self, asked: RoutingQuery) -> Guide | None:
        fitting = [guide for guide in self._guides.all(customer_id=asked.customer_id) if _fits(guide, asked)]
        return max(fitting, key=lambda guide: guide.narrowness, default=None)


def _fits(guide: Guide, asked: RoutingQuery) -> bool:
    places = (guide.site_id, asked.site_id), (guide.region, asked.region), (guide.warehouse, asked.warehouse)
    anywhere = all(mine in (ANY, theirs) for mine, theirs in places)
    return anywhere and guide.service_level in (None, asked.service_level)


def _route(found: Route | None) -> Route | None:
    return None if found is None else Route.model_validate(found.model_dump())
