"""From where to ship: every subset of warehouses on every day that matters, and what each costs. Exact."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from itertools import combinations

from domain.inventory.costs import NOTHING, Cost, CostTerms, lateness, together
from domain.inventory.stock import Stock

MOST_SITES = 8
"""Beyond that the subsets are too many: the planned warehouse and the cheapest others are looked at."""


@dataclass(frozen=True)
class Need:
    """So much of an item for a line, at the customer's by `need_by`. Values in the order's currency."""

    line_id: str
    item: str
    quantity: Decimal
    need_by: date
    unit_value: Decimal = NOTHING
    unit_cost: Decimal = NOTHING

    @property
    def value(self) -> Decimal:
        """What the customer pays for it."""
        return self.quantity * self.unit_value


@dataclass(frozen=True)
class Site:
    """A warehouse: a shipment from there costs `freight` and `handling`, and is on its way for `days`."""

    warehouse: str
    freight: Decimal
    handling: Decimal
    days: int


@dataclass(frozen=True)
class Share:
    """What one warehouse sends of one line."""

    line_id: str
    item: str
    warehouse: str
    quantity: Decimal


@dataclass(frozen=True)
class SourcingPlan:
    """Everything ships on `ship_on` from `warehouses`, and has arrived on `arrives_on`."""

    warehouses: tuple[str, ...]
    ship_on: date
    arrives_on: date
    late_days: int
    shares: tuple[Share, ...]
    cost: Cost

    def of_line(self, line_id: str) -> tuple[Share, ...]:
        """Where that line comes from."""
        return tuple(share for share in self.shares if share.line_id == line_id)


@dataclass(frozen=True)
class SourcingProblem:
    """What is wanted and what there is. `shipping_anyway` is a warehouse that sends other lines of the order.

    Nothing leaves before `first_departure`: today's carrier may be gone.
    """

    needs: tuple[Need, ...]
    sites: tuple[Site, ...]
    stock: Stock
    today: date
    first_departure: date
    terms: CostTerms
    shipping_anyway: str | None = None

    def plans(self) -> list[SourcingPlan]:
        """Every way that works, the cheapest first; of equal ones the fewest shipments, then the earliest arrival."""
        days = self.stock.days({need.item for need in self.needs}, self.today)
        found = (self._plan(sites, day) for sites in _subsets(self.sites) for day in days)
        return sorted((plan for plan in found if plan is not None), key=_rank)

    def _plan(self, sites: Sequence[Site], ship_on: date) -> SourcingPlan | None:
        """Everything from exactly these sites on that day, or None if that does not work.

        A subset of which a site has nothing to send is passed over: without that site it is no dearer.
        """
        taken = self._taken(sites, ship_on)
        if taken is None or {warehouse for warehouse, _ in taken} != {site.warehouse for site in sites}:
            return None
        arrives_on = max(ship_on, self.first_departure) + timedelta(days=max(site.days for site in sites))
        late_days = max(0, *((arrives_on - need.need_by).days for need in self.needs))
        return SourcingPlan(
            warehouses=tuple(site.warehouse for site in sites),
            ship_on=ship_on,
            arrives_on=arrives_on,
            late_days=late_days,
            shares=tuple(_shared_out(self.needs, taken)),
            cost=together(self._shipments(sites), self._delay(arrives_on, late_days), self._risk(sites, ship_on)),
        )

    def _taken(self, sites: Sequence[Site], on: date) -> dict[tuple[str, str], Decimal] | None:
        """How much of which item each warehouse sends: what nobody will miss first. None if it is not enough."""
        taken: defaultdict[tuple[str, str], Decimal] = defaultdict(Decimal)
        for item, quantity in _by_item(self.needs).items():
            left = quantity
            for measure in (self.stock.spare, self.stock.usable):
                for site in sites:
                    place = (site.warehouse, item)
                    share = min(left, measure(site.warehouse, item, on) - taken[place])
                    taken[place] += max(NOTHING, share)
                    left -= max(NOTHING, share)
            if left > 0:
                return None
        return {place: quantity for place, quantity in taken.items() if quantity > 0}

    def _shipments(self, sites: Sequence[Site]) -> Cost:
        paying = [site for site in sites if site.warehouse != self.shipping_anyway]
        return Cost(
            freight=sum((site.freight for site in paying), NOTHING),
            handling=sum((site.handling for site in paying), NOTHING),
        )

    def _delay(self, arrives_on: date, late_days: int) -> Cost:
        late_value = sum((need.value for need in self.needs if need.need_by < arrives_on), NOTHING)
        return lateness(late_days, late_value, self.terms)

    def _risk(self, sites: Sequence[Site], on: date) -> Cost:
        """What is taken beyond what nobody misses, whichever site it comes from."""
        unit_costs = {need.item: need.unit_cost for need in self.needs}
        at_risk = NOTHING
        for item, quantity in _by_item(self.needs).items():
            spare = sum((self.stock.spare(site.warehouse, item, on) for site in sites), NOTHING)
            at_risk += max(NOTHING, quantity - spare) * unit_costs[item]
        return Cost(risk=at_risk * self.terms.risk_percent / 100)


def nearest(sites: Sequence[Site], planned: str) -> tuple[Site, ...]:
    """The planned warehouse and the cheapest others, no more than can be enumerated."""
    ranked = sorted(sites, key=lambda site: (site.warehouse != planned, site.freight + site.handling, site.warehouse))
    return tuple(ranked[:MOST_SITES])


def _subsets(sites: Sequence[Site]) -> Iterator[tuple[Site, ...]]:
    for size in range(1, len(sites) + 1):
        yield from combinations(sites, size)


def _by_item(needs: Sequence[Need]) -> Mapping[str, Decimal]:
    total: defaultdict[str, Decimal] = defaultdict(Decimal)
    for need in needs:
        total[need.item] += need.quantity
    return total


def _shared_out(needs: Sequence[Need], taken: Mapping[tuple[str, str], Decimal]) -> Iterator[Share]:
    """Hand to each line what its item's warehouses send, line by line."""
    left = dict(taken)
    for need in needs:
        wanted = need.quantity
        for (warehouse, item), quantity in left.items():
            share = min(wanted, quantity)
            if item == need.item and share > 0:
                left[warehouse, item] = quantity - share
                wanted -= share
                yield Share(need.line_id, item, warehouse, share)


def _rank(plan: SourcingPlan) -> tuple[Decimal, int, date, tuple[str, ...]]:
    return plan.cost.total, len(plan.warehouses), plan.arrives_on, plan.warehouses
