"""What the carriers ask: the narrowest rate of each service, its pickup before the cut-off, and its day of delivery."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal

from domain.facts.transport import RateQuote, Rates
from sandbox.kernel import Records, Service
from sandbox.kernel.versions import version_of
from sandbox.tms.records import ANY, Capacity, CarrierService, CutOff, Rate, RatesQuery

_KG_A_CUBIC_METRE = Decimal(200)
"""Bulky goods are charged as if they weighed this."""
_CENT = Decimal("0.01")
_DAY = timedelta(days=1)


class RateBook:
    """Services, rates, cut-offs, and who has no capacity."""

    def __init__(self, service: Service) -> None:
        self._services = Records(service, "carrier-services", CarrierService, ("scac", "service"))
        self._rates = Records(service, "rates", Rate, ("scac", "service", "origin", "region"))
        self._cut_offs = Records(service, "cut-offs", CutOff, ("warehouse", "scac"))
        self._capacity = Records(service, "capacity", Capacity, ("scac", "region"))

    def service(self, scac: str, service: str) -> CarrierService | None:
        """The service of that code."""
        return self._services.get(scac, service)

    def accepts(self, scac: str, region: str) -> bool:
        """Whether the carrier takes tenders to a region."""
        known = self._capacity.get(scac, region) or self._capacity.get(scac, ANY)
        return known is None or known.accepting

    def close(self, scac: str, region: str) -> None:
        """The carrier takes no more tenders to a region. Belongs inside a transaction."""
        self._capacity.put(Capacity(scac=scac, region=region, accepting=False))

    def rates(self, asked: RatesQuery) -> Rates:
        """Every service that has a rate for the lane and room for the goods, whether or not it suits them otherwise."""
        lane = [rate for rate in self._rates.all() if _fits(rate, asked)]
        found = tuple(
            self._quote(service, rate, asked)
            for service in self._services.all()
            if (rate := _narrowest(lane, service)) is not None and asked.volume_m3 <= service.max_volume_m3
        )
        return Rates(quotes=found, version=version_of(*found))

    def _quote(self, service: CarrierService, rate: Rate, asked: RatesQuery) -> RateQuote:
        cut_off = self._cut_offs.get(asked.origin, service.scac) or CutOff(warehouse=asked.origin, scac=service.scac)
        pickup_on = pickup_day(cut_off, asked.ready_on, datetime.now(UTC))
        weight = max(asked.weight_kg, asked.volume_m3 * _KG_A_CUBIC_METRE)
        return RateQuote(
            **service.model_dump(include=set(RateQuote.model_fields)),
            cost=(rate.per_shipment + rate.per_kg * weight).quantize(_CENT, ROUND_HALF_UP),
            pickup_on=pickup_on,
            delivers_on=delivery_day(service.delivery_days, pickup_on, rate.transit_days),
            accepting=self.accepts(service.scac, asked.region),
        )


def pickup_day(cut_off: CutOff, ready_on: date, now: datetime) -> date:
    """The first day from `ready_on` on that the carrier comes, and that it can still be told about."""
    day = max(ready_on, now.date() if now.time() < cut_off.cut_off else now.date() + _DAY)
    while day.isoweekday() not in cut_off.days:
        day += _DAY
    return day


def delivery_day(delivery_days: Iterable[int], pickup_on: date, transit_days: int) -> date:
    """`transit_days` of the carrier's own days after the pickup."""
    days, day = frozenset(delivery_days), pickup_on
    for _ in range(transit_days):
        day += _DAY
        while day.isoweekday() not in days:
            day += _DAY
    return day


def _fits(rate: Rate, asked: RatesQuery) -> bool:
    return rate.origin in (ANY, asked.origin) and rate.region in (ANY, asked.region)


def _narrowest(rates: Iterable[Rate], service: CarrierService) -> Rate | None:
    own = [rate for rate in rates if (rate.scac, rate.service) == (service.scac, service.service)]
    return max(own, key=lambda rate: (rate.region != ANY, rate.origin != ANY), default=None)
