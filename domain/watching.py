"""What a watcher saw last, what it sees now, and which events lie between the two. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from domain.base import Model
from domain.order import Hold, OrderStatus
from domain.reconciliation import HeldOrder


class Seen(Model):
    """What was told about an order: its version, and the ids of its holds."""

    version: int
    hold_ids: tuple[str, ...]


class WatchCursor(Model):
    """What was told so far, by order: the watcher goes on from here. `polls` counts how often it looked."""

    polls: int = 0
    orders: dict[str, Seen] = {}


class Placed(Model):
    """A hold that was not there before."""

    order: HeldOrder
    hold: Hold


class Changed(Model):
    """A held order that somebody changed; its holds are as before."""

    order: HeldOrder


class Ended(Model):
    """An order that was told to be held and of which some holds are gone; all of them if `hold_ids` says so."""

    order_id: str
    version: int
    hold_ids: tuple[str, ...]
    status: OrderStatus | None = None


News = Placed | Changed | Ended


def news(told: Mapping[str, Seen], held: Iterable[HeldOrder]) -> Iterator[News]:
    """What is different about orders that are held now. Those that are not held any more have to be looked up."""
    for order in held:
        before = told.get(order.order_id)
        known = set(before.hold_ids) if before else set()
        there = {hold.hold_id for hold in order.holds}
        new = [hold for hold in order.holds if hold.hold_id not in known]
        yield from (Placed(order=order, hold=hold) for hold in new)
        gone = tuple(sorted(known - there))
        if gone:
            yield Ended(order_id=order.order_id, version=order.version, hold_ids=gone)
        if before and not new and not gone and order.version != before.version:
            yield Changed(order=order)


def seen(held: Iterable[HeldOrder]) -> dict[str, Seen]:
    """What is told once the news of these has been."""
    return {
        order.order_id: Seen(version=order.version, hold_ids=tuple(hold.hold_id for hold in order.holds))
        for order in held
    }
