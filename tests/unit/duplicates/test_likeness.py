from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.duplicates.likeness import Likeness, Purpose, Windows, likest
from domain.facts.similar_orders import SimilarOrder
from domain.order import Order, OrderStatus, OrderType
from tests.unit.playbooks.doubles import edi, placed_before
from tests.unit.playbooks.scenario import NOW, day, line, order

WINDOWS = Windows(purchase_order=timedelta(days=365), content=timedelta(days=30))


def like(the_order: Order, *others: SimilarOrder) -> Likeness:
    return likest(the_order, others, WINDOWS).likeness


MORE = {"lines": (line(quantity=120),)}


@pytest.mark.parametrize(
    ("newer", "older", "expected"),
    [
        ({}, {}, Likeness.SAME_PO_SAME_CONTENT),
        ({"po_number": "po 1"}, {}, Likeness.SAME_PO_SAME_CONTENT),
        (MORE, {}, Likeness.SAME_PO_OTHER_CONTENT),
        ({"po_number": "PO-2"}, {}, Likeness.OTHER_PO_SAME_CONTENT),
        ({"po_number": ""}, {"po_number": ""}, Likeness.OTHER_PO_SAME_CONTENT),
        ({"release_number": "2"}, {"release_number": "1"}, Likeness.OTHER_PO_SAME_CONTENT),
        ({"po_number": "PO-2", **MORE}, {}, Likeness.NONE),
        ({"edi": edi()}, {"edi": edi()}, Likeness.REPLAY),
        ({"edi": edi(), **MORE}, {"edi": edi()}, Likeness.SAME_PO_OTHER_CONTENT),
        ({"edi": edi(st="0002")}, {"edi": edi()}, Likeness.SAME_PO_SAME_CONTENT),
        ({"edi": edi("04")}, {"edi": edi("04")}, Likeness.SAME_PO_SAME_CONTENT),
        ({}, {"customer_id": "C-2"}, Likeness.NONE),
    ],
    ids=[
        "all the same",
        "written otherwise",
        "more of it",
        "another number",
        "no number",
        "another release",
        "all different",
        "the same message",
        "its numbers used again",
        "another message",
        "a change sent twice",
        "another customer",
    ],
)
def test_what_two_orders_have_in_common(newer: dict[str, Any], older: dict[str, Any], expected: Likeness) -> None:
    assert like(order(**newer), placed_before(1, **older)) is expected


@pytest.mark.parametrize(
    ("older", "counts"),
    [
        ({"status": OrderStatus.CANCELLED}, False),
        ({"status": OrderStatus.REJECTED}, False),
        ({"order_type": OrderType.QUOTE}, False),
        ({"order_type": OrderType.BLANKET}, False),
        ({"status": OrderStatus.SHIPPED}, True),
    ],
)
def test_cancelled_orders_quotes_and_blanket_orders_do_not_count(older: dict[str, Any], counts: bool) -> None:  # noqa: FBT001
    expected = Likeness.SAME_PO_SAME_CONTENT if counts else Likeness.NOT_COUNTED
    assert like(order(), placed_before(1, **older)) is expected


def test_a_replayed_blanket_order_is_still_a_replay() -> None:
    """One message is one order, of whatever kind and however late it comes again."""
    blanket = {"edi": edi(), "order_type": OrderType.BLANKET}
    assert like(order(**blanket), placed_before(24 * 400, **blanket)) is Likeness.REPLAY


@pytest.mark.parametrize("status", [OrderStatus.CANCELLED, OrderStatus.REJECTED])
def test_the_message_of_an_order_that_was_ended_is_a_replay_of_its_own_kind(status: OrderStatus) -> None:
    """It goes before an order under another number, and after one that delivers the same."""
    ended, repeat = placed_before(2, edi=edi(), status=status), placed_before(1, order_id="SO-B", po_number="PO-9")
    assert like(order(edi=edi()), ended, repeat) is Likeness.REPLAY_OF_CANCELLED
    again = placed_before(1, order_id="SO-C", edi=edi(st="0002"))
    assert like(order(edi=edi()), ended, again) is Likeness.SAME_PO_SAME_CONTENT


@pytest.mark.parametrize(("days", "counts"), [(365, True), (366, False)])
def test_a_purchase_order_number_counts_for_a_year(days: int, counts: bool) -> None:  # noqa: FBT001
    found = like(order(), placed_before(24 * days))
    assert found is (Likeness.SAME_PO_SAME_CONTENT if counts else Likeness.NOT_COUNTED)


@pytest.mark.parametrize(("days", "counts"), [(30, True), (31, False)])
def test_content_alone_counts_for_thirty_days(days: int, counts: bool) -> None:  # noqa: FBT001
    found = like(order(po_number="PO-2"), placed_before(24 * days))
    assert found is (Likeness.OTHER_PO_SAME_CONTENT if counts else Likeness.NOT_COUNTED)


def test_the_strongest_likeness_counts_and_among_equals_the_latest() -> None:
    found = likest(
        order(),
        [
            placed_before(1, order_id="SO-A", po_number="PO-9"),
            placed_before(9, order_id="SO-B"),
            placed_before(5, order_id="SO-C"),
            placed_before(2, order_id="SO-D", status=OrderStatus.CANCELLED),
        ],
        WINDOWS,
    )
    assert found.other is not None
    assert (found.likeness, found.other.order_id, found.more) == (Likeness.SAME_PO_SAME_CONTENT, "SO-C", 2)


HOURS = st.integers(-2, 2)
ORDERS = st.tuples(st.sampled_from(["SO-1", "SO-2", "SO-3"]), HOURS, st.sampled_from(["PO-1", "PO-2"]), st.booleans())


@given(ORDERS, ORDERS)
def test_of_two_orders_at_most_one_is_a_copy(
    first: tuple[str, int, str, bool], second: tuple[str, int, str, bool]
) -> None:
    """Both held and both looked at, they never take each other for the original."""
    alike = [like(_order(one), _similar(other)) for one, other in ((first, second), (second, first))]
    assert Likeness.NONE in alike


def _fields(drawn: tuple[str, int, str, bool]) -> dict[str, Any]:
    order_id, hours, po_number, by_edi = drawn
    return {
        "order_id": order_id,
        "ordered_at": NOW + timedelta(hours=hours),
        "po_number": po_number,
        "edi": edi() if by_edi else None,
    }


def _order(drawn: tuple[str, int, str, bool]) -> Order:
    return order(**_fields(drawn))


def _similar(drawn: tuple[str, int, str, bool]) -> SimilarOrder:
    return placed_before(1, **_fields(drawn))


@pytest.mark.parametrize(
    ("code", "purpose"),
    [("00", Purpose.ORIGINAL), ("04", Purpose.CHANGE), ("05", Purpose.REPLACEMENT), ("01", Purpose.OTHER)],
)
def test_beg01_says_what_an_order_is_for(code: str, purpose: Purpose) -> None:
    assert Purpose.of(edi(code)) is purpose
    assert Purpose.of(None) is Purpose.ORIGINAL


def test_content_is_compared_as_it_is_now() -> None:
    """What the first order lost meanwhile makes it another order: a person looks."""
    assert like(order(line(), line("2", "NUT")), placed_before(1, need_by=day(5))) is Likeness.SAME_PO_OTHER_CONTENT
