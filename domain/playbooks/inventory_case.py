"""What the options of an inventory shortfall are made from: the facts, in the form in which sourcing thinks."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from functools import cached_property
from typing import NamedTuple

from domain.assessment import Circumstances
from domain.facts.account import Account
from domain.facts.inventory import FreightQuotes, ItemSourcing, Sourcing, StockPosition, StockPositions
from domain.inventory.costs import NOTHING, Cost, CostTerms, lateness
from domain.inventory.sourcing import Need, Site, SourcingPlan, SourcingProblem, nearest
from domain.inventory.stock import Stock
from domain.order import Hold, LineStatus, Order, OrderLine
from domain.playbooks.ruling import is_hard, terms
from domain.policy.policy_set import PolicySet
from domain.policy.table import Match

CRITICALITIES = ("NORMAL", "HIGH", "CRITICAL")
_MOST_SITES_FOR_SHIP_COMPLETE = 1


def lines_concerned(order: Order, hold: Hold) -> tuple[OrderLine, ...]:
    """The open lines that the hold names; all of them if it names none. What is backordered has its answer already."""
    lines = tuple(line for line in order.lines if line.status is LineStatus.OPEN)
    named = tuple(line for line in lines if line.line_id in hold.line_ids)
    return named or lines


class ShortageSplit(NamedTuple):
    """The needs that the planned warehouse cannot serve today, those that it can, and the stock they leave."""

    short: tuple[Need, ...]
    served: tuple[Need, ...]
    stock_left: Stock


@dataclass(frozen=True)
class InventoryCase:
    """One shortfall. Sites, days and stock are those of all warehouses that can ship to the customer."""

    circumstances: Circumstances
    policy: PolicySet
    account: Account
    lines: tuple[OrderLine, ...]
    positions: StockPositions
    freight: FreightQuotes
    sourcing: Sourcing

    @classmethod
    def of(cls, circumstances: Circumstances, policy: PolicySet) -> InventoryCase:
        """The case as the facts have it."""
        facts = circumstances.facts
        return cls(
            circumstances=circumstances,
            policy=policy,
            account=facts.get("account", Account),
            lines=lines_concerned(circumstances.order, circumstances.hold),
            positions=facts.get("stock", StockPositions),
            freight=facts.get("freight", FreightQuotes),
            sourcing=facts.get("sourcing", Sourcing),
        )

    @property
    def order(self) -> Order:
        """The order that is held."""
        return self.circumstances.order

    @property
    def home(self) -> str:
        """The warehouse that was to ship it."""
        return self.order.warehouse

    @property
    def today(self) -> date:
        """The day it is, in UTC."""
        return self.circumstances.now.date()

    @property
    def first_departure(self) -> date:
        """The first day on which something can leave: not today, if the carrier is gone before it is picked."""
        picked = self.circumstances.now + timedelta(minutes=self.order.pick_minutes)
        return self.today if picked <= self.order.carrier_cutoff else self.today + timedelta(days=1)

    @property
    def is_hard(self) -> bool:
        """Whether automation must never release the hold."""
        return is_hard(self.circumstances)

    @property
    def segment(self) -> str:
        """The customer's segment, as tables know it."""
        return self.policy.segment(self.account.segment)

    @property
    def value(self) -> Decimal:
        """What the customer pays for the lines concerned."""
        return sum((line.value for line in self.lines), NOTHING)

    @property
    def margin(self) -> Decimal:
        """What these lines earn."""
        return sum((line.margin for line in self.lines), NOTHING)

    @property
    def criticality(self) -> str:
        """The worst of the items concerned; a word that nobody knows counts as the worst there is."""
        items = {line.item for line in self.lines}
        known = [item.criticality for item in self.sourcing.items if item.item in items]
        ranks = [CRITICALITIES.index(word) if word in CRITICALITIES else len(CRITICALITIES) - 1 for word in known]
        return CRITICALITIES[max(ranks, default=0)]

    @cached_property
    def terms_row(self) -> Match:
        """The row of `inventory_terms`."""
        return terms(
            self.policy,
            "inventory_terms",
            segment=self.segment,
            service_level=self.order.service_level,
            order_value=self.order.value.amount,
            criticality=self.criticality,
        )

    @cached_property
    def cost_terms(self) -> CostTerms:
        """What trouble costs here."""
        row = self.terms_row
        return CostTerms(row.number("late_per_day"), row.number("concession_percent"), row.number("risk_percent"))

    @cached_property
    def needs(self) -> tuple[Need, ...]:
        """What the lines want."""
        return tuple(
            Need(
                line.line_id,
                line.item,
                line.quantity,
                line.need_by,
                line.unit_price,
                line.unit_cost or self.item(line.item).standard_cost,
            )
            for line in self.lines
        )

    @cached_property
    def sites(self) -> tuple[Site, ...]:
        """The warehouses that can ship to the customer, as many as can be enumerated."""
        quoted = [Site(quote.warehouse, quote.cost, quote.handling, quote.days) for quote in self.freight.quotes]
        return nearest(quoted, self.home)

    @cached_property
    def home_site(self) -> Site:
        """The planned warehouse. Without a quote it counts as what the customer pays for freight, a day away."""
        known = (site for site in self.sites if site.warehouse == self.home)
        return next(known, Site(self.home, self.order.freight, NOTHING, 1))

    @cached_property
    def shipping_anyway(self) -> str | None:
        """The planned warehouse, if it sends lines of the order that are not concerned."""
        concerned = {line.line_id for line in self.lines}
        rest = [line for line in self.order.lines if line.status is LineStatus.OPEN and line.line_id not in concerned]
        return self.home if rest else None

    @cached_property
    def planned(self) -> Cost:
        """What shipping costs as planned: nothing more, if the planned warehouse ships anyway."""
        return self.from_home()

    @cached_property
    def stock(self) -> Stock:
        """What can be promised, once the lines that are not concerned have theirs."""
        return self.stock_of(self.positions.positions)

    def stock_of(self, positions: Iterable[StockPosition]) -> Stock:
        """What could be promised if these were the positions."""
        stock = Stock.of(positions, self.terms_row.whole("priority"), self.order.order_id)
        concerned = {line.line_id for line in self.lines}
        for line in self.order.lines:
            if line.status is LineStatus.OPEN and line.line_id not in concerned:
                share = min(line.quantity, stock.usable(self.home, line.item, self.today))
                stock = stock.take(self.home, line.item, share, self.today)
        return stock

    @cached_property
    def problem(self) -> SourcingProblem:
        """The question of where to ship from."""
        return SourcingProblem(
            needs=self.needs,
            sites=self.sites,
            stock=self.stock,
            today=self.today,
            first_departure=self.first_departure,
            terms=self.cost_terms,
            shipping_anyway=self.shipping_anyway,
        )

    @cached_property
    def plans(self) -> list[SourcingPlan]:
        """Every way to ship everything from stock, the cheapest first."""
        return self.problem.plans()

    def home_plans(self, stock: Stock | None = None) -> list[SourcingPlan]:
        """Every day on which the planned warehouse could ship everything."""
        return replace(self.problem, sites=(self.home_site,), stock=stock or self.stock).plans()

    @cached_property
    def shortage(self) -> ShortageSplit:
        """Which lines the planned warehouse cannot serve today."""
        short: list[Need] = []
        served: list[Need] = []
        stock = self.stock
        for need in self.needs:
            enough = stock.usable(self.home, need.item, self.today) >= need.quantity
            (served if enough else short).append(need)
            if enough:
                stock = stock.take(self.home, need.item, need.quantity, self.today)
        return ShortageSplit(tuple(short), tuple(served), stock)

    def item(self, item: str) -> ItemSourcing:
        """What the item master says; of an unknown item, nothing."""
        return next((known for known in self.sourcing.items if known.item == item), ItemSourcing(item=item))

    def arrival(self, ship_on: date, days: int | None = None) -> date:
        """When the customer has what leaves on that day, from the planned warehouse if no transit is given."""
        transit = self.home_site.days if days is None else days
        return max(ship_on, self.first_departure) + timedelta(days=transit)

    def from_home(self, shipments: int = 1) -> Cost:
        """So many shipments of these lines from the planned warehouse; the one that goes anyway is not counted."""
        count = shipments - (1 if self.shipping_anyway else 0)
        return Cost(freight=count * self.home_site.freight, handling=count * self.home_site.handling)

    def delays(self, arrivals: Iterable[tuple[Need, date]]) -> Cost:
        """What it costs that lines come then: the latest counts for the penalty, each late one for the concession."""
        found = [lateness((day - need.need_by).days, need.value, self.cost_terms) for need, day in arrivals]
        late = max((cost.late for cost in found), default=NOTHING)
        return Cost(late=late, concession=sum((cost.concession for cost in found), NOTHING))

    def all_on(self, arrives_on: date) -> Cost:
        """What it costs that everything comes then."""
        return self.delays((need, arrives_on) for need in self.needs)

    def objections(self, shipments: int, *, partial: bool = False) -> tuple[str, ...]:
        """What the customer would have to agree to, if it came in so many shipments."""
        order = self.order
        found = []
        if order.ship_complete and shipments > _MOST_SITES_FOR_SHIP_COMPLETE:
            found.append("the order is to ship complete")
        elif shipments > order.max_shipments:
            found.append(f"the customer takes no more than {order.max_shipments} shipments")
        if partial and not order.allow_partial:
            found.append("the customer takes no part of an order")
        if partial and not order.allow_backorder:
            found.append("the customer takes no backorders")
        return tuple(found)
