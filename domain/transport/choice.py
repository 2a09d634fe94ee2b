"""Which service an order travels with: by standing instruction, or the cheapest that does what is needed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from domain.facts.transport import RateQuote, Route, Routing
from domain.order import FreightTerms, Order
from domain.transport.shipment import Shipment
from domain.transport.terms import Accounts, Payment


class Source(StrEnum):
    """Where the choice of a service comes from. The standing instructions stand in the order in which they count."""

    CUSTOMER = "CUSTOMER"
    ORDER = "ORDER"
    ROUTING_GUIDE = "ROUTING_GUIDE"
    SHIP_TO = "SHIP_TO"
    ORDER_TYPE = "ORDER_TYPE"
    CHEAPEST = "CHEAPEST"
    LATE = "LATE"
    """No service arrives in time: the one that is there first."""
    NONE = "NONE"
    """No service can carry the goods there."""


@dataclass(frozen=True)
class Offer:
    """A service that can carry the order's goods: `cost` is what the carrier asks, in the order's currency."""

    quote: RateQuote
    payment: Payment
    cost: Decimal
    arrives_on: date
    in_time: bool

    @property
    def code(self) -> str:
        """Carrier and service."""
        return self.quote.code


@dataclass(frozen=True)
class Standing:
    """The standing instruction that counts, if any does, and why those before it do not."""

    source: Source
    offer: Offer | None
    passed_over: tuple[tuple[Source, str], ...]


@dataclass(frozen=True)
class Market:
    """Every service on the order's lane, looked at with the order's goods, dock and accounts in mind."""

    order: Order
    shipment: Shipment
    quotes: tuple[RateQuote, ...]
    accounts: Accounts

    @classmethod
    def of(cls, order: Order, routing: Routing, quotes: Iterable[RateQuote]) -> Market:
        """The market for one order."""
        return cls(order, Shipment.of(order, routing.dock), tuple(quotes), Accounts(routing.accounts))

    def find(self, code: str) -> RateQuote | None:
        """The service of that code, whether or not it can carry the goods."""
        return next((quote for quote in self.quotes if quote.code == code), None)

    def able(self) -> tuple[RateQuote, ...]:
        """The services that can carry the goods there, in time or not."""
        return tuple(quote for quote in self.quotes if not self.shipment.obstacles(quote))

    def offer(self, quote: RateQuote, payment: Payment) -> Offer:
        """The service under these terms; it must be able to carry the goods."""
        arrival = self.shipment.arrival(quote)
        if arrival is None:
            raise ValueError(f"{quote.code} never delivers to order {self.order.order_id}")
        return Offer(quote, payment, self.shipment.cost(quote), arrival, arrival <= self.shipment.need_by)

    def honoured(self, quote: RateQuote) -> Payment | str:
        """The payment as the order wants it, or what is wrong with its account."""
        carrier = self.order.carrier
        return self.accounts.payment(carrier.freight_terms, carrier.account, quote.scac, quote.pickup_on)

    def shopped(self, quote: RateQuote) -> Offer:
        """The service as policy may choose it: nobody pays for what he has not agreed to. Without a valid account, or
        for an expedited service that the customer would have to pay, the freight is ours.
        """
        payment = self.honoured(quote)
        if isinstance(payment, str) or (quote.expedited and payment.by_customer):
            payment = Payment(FreightTerms.PREPAID)
        return self.offer(quote, payment)

    def agreed(self, quote: RateQuote) -> Offer:
        """The service as the customer chose it: without a valid account the freight is added to the invoice."""
        payment = self.honoured(quote)
        return self.offer(quote, Payment(FreightTerms.PREPAY_ADD) if isinstance(payment, str) else payment)

    def shop(self) -> Offer | None:
        """The cheapest service that is in time; if none is, the one that is there first; None if none is able.

        Those that the order names and those whose account is valid come before all others.
        """
        pool = [quote for quote in self.able() if self._named(quote.scac, quote.service)] or [*self.able()]
        pool = [quote for quote in pool if isinstance(self.honoured(quote), Payment)] or pool
        offers = [self.shopped(quote) for quote in pool]
        in_time = [offer for offer in offers if offer.in_time]
        if in_time:
            return min(in_time, key=lambda offer: (offer.cost, offer.arrives_on, offer.code))
        return min(offers, key=lambda offer: (offer.arrives_on, offer.cost, offer.code), default=None)

    def standing(self, routing: Routing) -> Standing:
        """The first instruction that counts: the order's own, routing guide, ship-to, order type."""
        passed_over: list[tuple[Source, str]] = []
        for source, route in self._routes(routing):
            found = self._follow(source, route)
            if isinstance(found, Offer):
                return Standing(source, found, tuple(passed_over))
            passed_over.append((source, found))
        return Standing(Source.NONE, None, tuple(passed_over))

    def _routes(self, routing: Routing) -> Iterator[tuple[Source, Route]]:
        carrier = self.order.carrier
        if carrier.scac and carrier.service:
            yield Source.ORDER, Route(scac=carrier.scac, service=carrier.service, account=carrier.account)
        known = {
            Source.ROUTING_GUIDE: routing.guide,
            Source.SHIP_TO: routing.ship_to,
            Source.ORDER_TYPE: routing.order_type,
        }
        yield from ((source, route) for source, route in known.items() if route is not None)

    def _follow(self, source: Source, route: Route) -> Offer | str:
        """The service that an instruction names, or why the instruction does not count."""
        quote = self.find(f"{route.scac}:{route.service}")
        if not self._named(route.scac, route.service):
            return "the order names another carrier or service"
        if quote is None:
            return f"nobody quotes {route.scac}:{route.service} on this lane"
        obstacles = self.shipment.obstacles(quote)
        if obstacles:
            return f"{quote.code} {' and '.join(obstacles)}"
        payment = self._payment(route, quote)
        if isinstance(payment, str):
            return payment
        if source is Source.ORDER_TYPE and quote.expedited and payment.by_customer:
            return f"the customer has not agreed to pay for {quote.code}, which is expedited"
        offer = self.offer(quote, payment)
        return offer if offer.in_time else f"{quote.code} arrives on {offer.arrives_on}, too late"

    def _payment(self, route: Route, quote: RateQuote) -> Payment | str:
        """Terms that the order states come before those of the instruction."""
        carrier = self.order.carrier
        if carrier.freight_terms is not FreightTerms.PREPAID:
            account = carrier.account or (route.account if route.freight_terms is carrier.freight_terms else None)
            return self.accounts.payment(carrier.freight_terms, account, quote.scac, quote.pickup_on)
        terms = route.freight_terms or FreightTerms.PREPAID
        return self.accounts.payment(terms, route.account, quote.scac, quote.pickup_on)

    def _named(self, scac: str, service: str) -> bool:
        """Whether it is what the order names, as far as it names anything."""
        carrier = self.order.carrier
        return (carrier.scac or scac, carrier.service or service) == (scac, service)
