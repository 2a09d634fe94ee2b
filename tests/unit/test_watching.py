"""What lies between two looks at an ERP."""

from __future__ import annotations

from collections.abc import Iterable

from domain.order import OrderStatus
from domain.reconciliation import HeldOrder
from domain.watching import Changed, Ended, Placed, Seen, news, seen
from tests.orders import hold


def held(*hold_ids: str, version: int = 2) -> HeldOrder:
    holds = tuple(hold(one) for one in hold_ids)
    return HeldOrder(tenant="acme", order_id="SO-1", version=version, status=OrderStatus.ON_HOLD, holds=holds)


def told(*orders: HeldOrder) -> dict[str, Seen]:
    return seen(orders)


def named(found: Iterable[object]) -> list[tuple[str, object]]:
    return [
        (type(one).__name__, one.hold.hold_id if isinstance(one, Placed) else getattr(one, "hold_ids", None))
        for one in found
    ]


def test_an_order_that_was_not_told_is_told_with_every_hold() -> None:
    assert named(news({}, [held("A", "B")])) == [("Placed", "A"), ("Placed", "B")]


def test_what_was_told_is_not_told_again() -> None:
    assert not list(news(told(held("A")), [held("A")]))


def test_a_hold_that_joins_is_told_and_the_change_with_it_is_not() -> None:
    assert named(news(told(held("A")), [held("A", "B", version=3)])) == [("Placed", "B")]


def test_a_hold_that_is_gone_while_others_stay_has_ended() -> None:
    assert named(news(told(held("A", "B")), [held("B", version=3)])) == [("Ended", ("A",))]


def test_an_order_whose_holds_are_as_before_has_changed() -> None:
    found = list(news(told(held("A")), [held("A", version=3)]))
    assert [type(one) for one in found] == [Changed]


def test_a_hold_that_gives_way_to_another_is_both() -> None:
    found = list(news(told(held("A")), [held("B", version=3)]))
    assert [type(one) for one in found] == [Placed, Ended]
