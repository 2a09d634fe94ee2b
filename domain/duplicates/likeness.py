"""How an order is like one that the customer placed before."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from domain.duplicates.keys import MessageKey, PurchaseKey, content_key
from domain.facts.similar_orders import SimilarOrder
from domain.order import EdiEnvelope, Order, OrderType

_NOT_BINDING = frozenset({OrderType.BLANKET, OrderType.QUOTE})


class Likeness(StrEnum):
    """What two orders have in common, the strongest first."""

    REPLAY = "REPLAY"
    """They came in one and the same EDI message, and ask for the same."""
    SAME_PO_SAME_CONTENT = "SAME_PO_SAME_CONTENT"
    REPLAY_OF_CANCELLED = "REPLAY_OF_CANCELLED"
    """The same message again, and what it had made was cancelled: nobody knows whether it is wanted now."""
    SAME_PO_OTHER_CONTENT = "SAME_PO_OTHER_CONTENT"
    OTHER_PO_SAME_CONTENT = "OTHER_PO_SAME_CONTENT"
    NOT_COUNTED = "NOT_COUNTED"
    """Only cancelled orders, quotes, blanket orders, or orders of longer ago are like it."""
    NONE = "NONE"
    """Nothing is like it."""


class Purpose(StrEnum):
    """What an order's message is for, by BEG01. Without a message an order is an original."""

    ORIGINAL = "ORIGINAL"
    CHANGE = "CHANGE"
    REPLACEMENT = "REPLACEMENT"
    OTHER = "OTHER"

    @classmethod
    def of(cls, edi: EdiEnvelope | None) -> Purpose:
        """`00` original, `04` change, `05` replace; anything else, such as `01` cancellation, is for people."""
        return cls.ORIGINAL if edi is None else _PURPOSES.get(edi.purpose, cls.OTHER)


_PURPOSES = {"00": Purpose.ORIGINAL, "04": Purpose.CHANGE, "05": Purpose.REPLACEMENT}


@dataclass(frozen=True)
class Windows:
    """How far back orders count: those with the same PO number, and those with the same content only."""

    purchase_order: timedelta
    content: timedelta


@dataclass(frozen=True)
class Likest:
    """The earlier order that is most like the one in question, and how many others are like it, too."""

    likeness: Likeness
    other: SimilarOrder | None = None
    more: int = 0


def likest(order: Order, others: Iterable[SimilarOrder], windows: Windows) -> Likest:
    """The strongest likeness to an earlier order; among equals, to the latest.

    Of two orders only the later one can be the copy, so that never both of them are cancelled for the other's sake.
    """
    earlier = [other for other in others if _before(other, order)]
    found = [(alike, other) for other in earlier if (alike := likeness(order, other, windows)) is not Likeness.NONE]
    if not found:
        return Likest(Likeness.NONE)
    strength = list(Likeness)
    best, other = min(found, key=lambda each: (strength.index(each[0]), order.ordered_at - each[1].ordered_at))
    return Likest(best, other, sum(each is not Likeness.NOT_COUNTED for each, _ in found if _ is not other))


def likeness(order: Order, other: SimilarOrder, windows: Windows) -> Likeness:
    """What `order` has in common with `other`, an earlier order of the same customer."""
    same_content = content_key(order.ship_to, order.need_by, order.lines) == content_key(
        other.ship_to, other.need_by, other.lines
    )
    alike = _likeness(order, other, same_content=same_content)
    if alike is Likeness.REPLAY:  # one message is one order, of whatever kind and however late it comes again
        return Likeness.REPLAY_OF_CANCELLED if other.status.is_dead else Likeness.REPLAY
    return alike if alike is Likeness.NONE or _counts(order, other, alike, windows) else Likeness.NOT_COUNTED


def _likeness(order: Order, other: SimilarOrder, *, same_content: bool) -> Likeness:
    """A message whose numbers were used before for something else is no replay: some partners never count on."""
    if order.customer_id != other.customer_id:
        return Likeness.NONE
    same_message = _same_message(order, other)
    if same_message and same_content:
        return Likeness.REPLAY
    if same_message or _same_purchase_order(order, other):
        return Likeness.SAME_PO_SAME_CONTENT if same_content else Likeness.SAME_PO_OTHER_CONTENT
    return Likeness.OTHER_PO_SAME_CONTENT if same_content else Likeness.NONE


def _same_message(order: Order, other: SimilarOrder) -> bool:
    message = MessageKey.of(order.edi, order.po_number)
    return (
        message is not None
        and message == MessageKey.of(other.edi, other.po_number)
        and Purpose.of(order.edi) is Purpose.ORIGINAL
    )


def _same_purchase_order(order: Order, other: SimilarOrder) -> bool:
    key = PurchaseKey.of(order.customer_id, order.po_number, order.release_number)
    return key is not None and key == PurchaseKey.of(other.customer_id, other.po_number, other.release_number)


def _counts(order: Order, other: SimilarOrder, alike: Likeness, windows: Windows) -> bool:
    if other.status.is_dead:
        return False
    if order.order_type in _NOT_BINDING or other.order_type in _NOT_BINDING:
        return False
    within = windows.content if alike is Likeness.OTHER_PO_SAME_CONTENT else windows.purchase_order
    return order.ordered_at - other.ordered_at <= within


def _before(other: SimilarOrder, order: Order) -> bool:
    return _place(other.ordered_at, other.order_id) < _place(order.ordered_at, order.order_id)


def _place(ordered_at: datetime, order_id: str) -> tuple[datetime, str]:
    return ordered_at, order_id
