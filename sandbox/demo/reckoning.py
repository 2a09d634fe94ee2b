"""The end of the day: what became of every order, from the ERP's own books and the cases' last words."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from domain.calls import ReleaseResolution
from domain.case import CaseOutcome
from domain.exception_types import ExceptionType
from domain.order import Hold, Order
from sandbox.day.plan import PlannedOrder
from sandbox.demo.authority import Auditor
from sandbox.demo.cases import CaseRow, CauseRow

Document = dict[str, Any]

_GONE = {"RELEASED", "ALLOCATED", "PICKING", "PARTIALLY_SHIPPED", "SHIPPED", "INVOICED", "CLOSED"}
_ENDED = _GONE | {"CANCELLED", "REJECTED"}
_OURS = "holdfast"
_STATUS = "communications.status"
"""Says how far a message is, under the message's own reference: several times by nature."""


_WRITTEN = "communications.create"
_ABOUT_THE_END = {"released", "order_cancelled", "order_covered"}
_SETTLED_BY_US = (CaseOutcome.RELEASED, CaseOutcome.ORDER_CANCELLED)
_HELD, _SEVERAL, _EACH_TYPE = 120, 15, 8
"""What a day must have at least, in orders and in holds, to prove anything."""


@dataclass(frozen=True)
class Books:
    """What was written down: by the ERP (orders with their holds past and present, releases, cancellations), by every
    service's ledger, and by Temporal.
    """

    orders: Sequence[Document]
    releases: Sequence[Document]
    ledgers: Mapping[str, Sequence[Document]]
    cases: Sequence[CaseRow]
    broken_chains: Sequence[str] = ()
    """What is wrong with the audit chains of the cases."""
    causes: Sequence[CauseRow] = ()
    """What held several orders."""

    def unsettled(self) -> set[str]:
        """The orders that are neither on their way nor dead, and those whose case is still open."""
        waiting = {order["order_id"] for order in self.orders if order["status"] not in _ENDED or order["holds"]}
        return waiting | {case.order_id for case in self.cases if case.open}


class Reckoning:
    """Judges the books against the plan and the policies."""

    def __init__(self, books: Books, plans: Mapping[str, PlannedOrder], auditor: Auditor) -> None:
        self._books = books
        self._plans = plans
        self._auditor = auditor
        self._cases: dict[str, list[CaseRow]] = defaultdict(list)
        for case in books.cases:
            self._cases[case.order_id].append(case)

    def problems(self) -> list[str]:
        """Everything that must not be: lost, held without a task, released twice or without authority."""
        return [
            *self._lost(),
            *self._held_without_task(),
            *self._released_twice(),
            *self._released_without_authority(),
            *self._effects_twice(),
            *self._told_otherwise(),
            *self._customers_told(),
            *self._causes_left(),
            *self._books.broken_chains,
            *(f"order {order_id} was not settled in time" for order_id in sorted(self._books.unsettled())),
        ]

    def _lost(self) -> Iterator[str]:
        known = {order["order_id"] for order in self._books.orders}
        yield from (f"order {order_id} never got into the ERP" for order_id in self._plans if order_id not in known)
        for order in self._books.orders:
            if order["holds_placed"] and not self._cases[order["order_id"]]:
                yield f"order {order['order_id']} was held and has no case"
            elif order["status"] not in _ENDED and not order["holds"]:
                yield f"order {order['order_id']} stands still as {order['status']}"

    def _held_without_task(self) -> Iterator[str]:
        for order in self._books.orders:
            asked = any(case.open and case.awaiting for case in self._cases[order["order_id"]])
            if order["holds"] and not asked:
                codes = ", ".join(hold["code"] for hold in order["holds"])
                yield f"order {order['order_id']} is held ({codes}) and nobody is asked"

    def _released_twice(self) -> Iterator[str]:
        times = Counter(hold["hold_id"] for release in self._books.releases for hold in release["holds"])
        yield from (f"hold {hold_id} was released {count} times" for hold_id, count in times.items() if count > 1)

    def _released_without_authority(self) -> Iterator[str]:
        orders = {order["order_id"]: Order.model_validate(order) for order in self._books.orders}
        for release in self._books.releases:
            holds = tuple(Hold.model_validate(hold) for hold in release["holds"])
            resolutions = tuple(ReleaseResolution.model_validate(entry) for entry in release["resolutions"])
            yield from self._auditor.objections(orders[release["order_id"]], holds, resolutions)
        for order in self._books.orders:
            for cleared in order["cleared_holds"]:
                if cleared["cleared_by"] == _OURS and not cleared["release_id"] and order["status"] != "CANCELLED":
                    yield f"order {order['order_id']}: we cleared hold {cleared['hold']['hold_id']} without a release"

    def _effects_twice(self) -> Iterator[str]:
        for service, entries in self._books.ledgers.items():
            ours = [entry for entry in entries if entry["client"] == _OURS and entry["reference"]]
            ours = [entry for entry in ours if entry["operation"] != _STATUS]
            times = Counter((entry["operation"], entry["reference"]) for entry in ours)
            for (operation, reference), count in times.items():
                if count > 1:
                    yield f"{service}: {operation} with reference {reference} had {count} effects"

    def _told_otherwise(self) -> Iterator[str]:
        """Cases that ended badly, or say something else than the ERP does."""
        status = {order["order_id"]: order["status"] for order in self._books.orders}
        for case in self._books.cases:
            if case.open:
                continue
            if case.closing is None:
                yield f"the case of order {case.order_id} ended as {case.status.name} without a closing summary"
            elif case.closing.outcome is CaseOutcome.RELEASED and status[case.order_id] not in _GONE:
                yield f"the case of order {case.order_id} says RELEASED, the ERP {status[case.order_id]}"
            elif case.closing.outcome is CaseOutcome.ORDER_CANCELLED and status[case.order_id] != "CANCELLED":
                yield f"the case of order {case.order_id} says ORDER_CANCELLED, the ERP {status[case.order_id]}"

    def _customers_told(self) -> Iterator[str]:
        """One message about what became of an order, for each time that we settled it."""
        written = [entry for entry in self._books.ledgers.get("crm", ()) if entry["operation"] == _WRITTEN]
        told = Counter(str(entry["order_id"]) for entry in written if entry["detail"].get("template") in _ABOUT_THE_END)
        settled = Counter(
            case.order_id for case in self._books.cases if case.closing and case.closing.outcome in _SETTLED_BY_US
        )
        for order_id in sorted(told | settled):
            if told[order_id] != settled[order_id]:
                times = f"{settled[order_id]} times and its customer told {told[order_id]} times"
                yield f"order {order_id} was settled {times}"

    def _causes_left(self) -> Iterator[str]:
        """Questions about many orders that outlived them."""
        yield from (f"{cause.name} was never settled" for cause in self._books.causes if cause.closing is None)

    def too_little(self) -> Iterator[str]:
        """What did not happen often enough. A day on which hardly anything was held proves nothing."""
        holds = {order["order_id"]: _holds(order) for order in self._books.orders}
        held = sum(1 for each in holds.values() if each)
        several = sum(1 for each in holds.values() if len({hold["code"] for hold in each}) > 1)
        by_type = self.by_type()
        if held < _HELD:
            yield f"only {held} orders were held, {_HELD} were wanted"
        if several < _SEVERAL:
            yield f"only {several} orders had several holds, {_SEVERAL} were wanted"
        for kind in ExceptionType:
            count = by_type.get(kind, Counter()).total()
            if kind is not ExceptionType.UNCLASSIFIED and count < _EACH_TYPE:
                yield f"only {count} holds were {kind}, {_EACH_TYPE} were wanted"

    def by_type(self) -> dict[str, Counter[str]]:
        """For every kind of exception, how its holds were resolved, as the ERP and the cases have it."""
        ways: dict[str, Counter[str]] = {}
        for order in self._books.orders:
            for hold in _holds(order):
                kind = self._auditor.exception_type(Hold.model_validate(hold))
                ways.setdefault(kind, Counter())[self._way(order, hold["hold_id"])] += 1
        return dict(sorted(ways.items(), key=lambda entry: list(ExceptionType).index(ExceptionType(entry[0]))))

    def _way(self, order: Document, hold_id: str) -> str:
        for release in self._books.releases:
            for resolution in release["resolutions"]:
                if resolution["hold_id"] == hold_id:
                    return _hand(resolution["decided_by"])
        if any(hold["hold_id"] == hold_id for hold in order["holds"]):
            return "still held"
        return "order cancelled" if order["status"] == "CANCELLED" else "cleared in the ERP"

    def touchless(self) -> tuple[int, int]:
        """How many held orders were released with no person deciding, and how many were released in all."""
        ended = [case.closing for case in self._books.cases if case.closing]
        released = {closing.order_id for closing in ended if closing.outcome is CaseOutcome.RELEASED}
        return len({closing.order_id for closing in ended if closing.touchless}), len(released)

    def causes(self) -> Counter[str]:
        """How the causes that orders have in common were settled."""
        return Counter(str(cause.closing.settlement) for cause in self._books.causes if cause.closing)

    def notices(self) -> Counter[str]:
        """What approvers were written about, as the CRM has it."""
        entries = [entry["detail"] for entry in self._books.ledgers["crm"]]
        return Counter(str(entry["template"]) for entry in entries if entry.get("audience") == "APPROVER")

    def orders_by_status(self) -> Counter[str]:
        """How many orders ended where."""
        return Counter(order["status"] for order in self._books.orders)


def _holds(order: Document) -> list[Document]:
    """Every hold that an order has or had."""
    return [*order["holds"], *(cleared["hold"] for cleared in order["cleared_holds"])]


def _hand(decided_by: str) -> str:
    return {"system:policy": "by policy", "system:sla": "by silence"}.get(decided_by, "by a person")
