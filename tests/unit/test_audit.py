from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.audit import (
    Anchor,
    AuditTrail,
    Fault,
    NumberedEntry,
    anchor_of,
    append,
    first_difference,
    first_fault,
    link,
    trail_of,
)
from domain.calls import CaseRef
from domain.case import AuditEntry, Case

OPENED = datetime(2026, 3, 2, 9, tzinfo=UTC)
LENGTH = 8


def case(entries: int = LENGTH, keep: int = 500, order_id: str = "SO-1") -> Case:
    ref = CaseRef(tenant="acme", order_id=order_id, workflow_id=f"order-exception/acme/{order_id}")
    made = Case(ref=ref, opened_at=OPENED)
    for number in range(1, entries + 1):
        at = OPENED + timedelta(minutes=number)
        append(made, AuditEntry(at=at, actor="carla", action="comment", detail=f"T1: comment {number}"), keep)
    return made


def with_entries(trail: AuditTrail, entries: list[NumberedEntry]) -> AuditTrail:
    return trail.model_copy(update={"entries": tuple(entries)})


def relinked(trail: AuditTrail, start: int) -> AuditTrail:
    """A forger who knows how the chain is made links everything from `start` on anew."""
    entries = list(trail.entries)
    for at in range(start, len(entries)):
        previous = entries[at - 1].hash if at else trail.base
        entry = entries[at].model_copy(update={"number": trail.dropped + at + 1})
        entries[at] = entry.model_copy(update={"hash": link(previous, entry)})
    anchor = Anchor(length=trail.dropped + len(entries), head=entries[-1].hash)
    return with_entries(trail, entries).model_copy(update={"anchor": anchor})


def edited(trail: AuditTrail, at: int) -> AuditTrail:
    entries = list(trail.entries)
    entries[at] = entries[at].model_copy(update={"actor": "mallory"})
    return with_entries(trail, entries)


def test_an_untouched_chain_holds_also_when_its_oldest_entries_have_given_way() -> None:
    assert first_fault(trail_of(case())) is None
    short = case(keep=3)
    assert [entry.number for entry in trail_of(short).entries] == [6, 7, 8]
    assert first_fault(trail_of(short), [anchor_of(case(2)), anchor_of(case(7))]) is None
    assert anchor_of(short) == anchor_of(case())


def test_it_survives_being_written_down_and_read() -> None:
    trail = trail_of(case())
    assert first_fault(AuditTrail.model_validate_json(trail.model_dump_json())) is None
    assert anchor_of(Case.model_validate_json(case().model_dump_json())) == trail.anchor


@given(at=st.integers(0, LENGTH - 1), field=st.sampled_from(["actor", "action", "detail", "proof"]))
def test_an_edited_entry_is_named(at: int, field: str) -> None:
    trail = trail_of(case())
    entries = list(trail.entries)
    entries[at] = entries[at].model_copy(update={field: "something else"})
    fault = first_fault(with_entries(trail, entries))
    assert fault == Fault(number=at + 1, problem="was changed, or does not follow the entry before it")


@given(at=st.integers(0, LENGTH - 2))
def test_a_removed_entry_is_named(at: int) -> None:
    trail = trail_of(case())
    fault = first_fault(with_entries(trail, [entry for entry in trail.entries if entry.number != at + 1]))
    assert fault == Fault(number=at + 1, problem="is missing")


@given(first=st.integers(0, LENGTH - 1), second=st.integers(0, LENGTH - 1))
def test_of_two_entries_that_changed_places_the_earlier_is_named(first: int, second: int) -> None:
    trail = trail_of(case())
    entries = list(trail.entries)
    entries[first], entries[second] = entries[second], entries[first]
    fault = first_fault(with_entries(trail, entries))
    if first == second:
        assert fault is None
        return
    assert fault is not None
    assert fault.number == min(first, second) + 1
    assert "out of order" in fault.problem


@given(kept=st.integers(0, LENGTH - 1))
def test_a_cut_tail_is_noticed_by_what_the_chain_must_add_up_to(kept: int) -> None:
    trail = trail_of(case())
    fault = first_fault(with_entries(trail, list(trail.entries[:kept])))
    assert fault == Fault(number=kept + 1, problem=f"is missing: the chain had {LENGTH} entries")


@given(at=st.integers(0, LENGTH - 1))
def test_a_chain_that_was_linked_anew_is_found_out_by_an_anchor_and_by_the_case(at: int) -> None:
    original = trail_of(case())
    forged = relinked(edited(original, at), at)
    assert first_fault(forged) is None
    fault = first_fault(forged, [original.anchor])
    assert fault == Fault(number=LENGTH, problem="is not what was seen before")
    assert first_difference(forged, original) == Fault(number=at + 1, problem="is not what the case recorded")


def test_a_tail_cut_together_with_its_anchor_is_found_out_by_the_case() -> None:
    original = trail_of(case())
    cut = relinked(with_entries(original, list(original.entries[:5])), 5)
    assert first_fault(cut) is None
    assert first_difference(cut, original) == Fault(number=6, problem=f"is missing: the chain had {LENGTH} entries")


def test_an_entry_cannot_come_from_another_case() -> None:
    ours, theirs = trail_of(case()), trail_of(case(order_id="SO-2"))
    renamed = theirs.model_copy(update={"workflow_id": ours.workflow_id})
    fault = first_fault(renamed)
    assert fault is not None
    assert fault.number == 1
    assert first_difference(theirs, ours) == Fault(number=1, problem=first_difference(theirs, ours).problem)  # type: ignore[union-attr]


@pytest.mark.parametrize("link_text", ["", "zz", "00"])
def test_a_link_that_is_none_is_a_fault_and_no_crash(link_text: str) -> None:
    trail = trail_of(case())
    entries = list(trail.entries)
    entries[2] = entries[2].model_copy(update={"hash": link_text})
    fault = first_fault(with_entries(trail, entries))
    assert fault is not None
    assert fault.number == 3
