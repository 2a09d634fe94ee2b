from __future__ import annotations

import io
from datetime import UTC, datetime, timedelta

from rich.console import Console

from domain.calls import CaseRef, OpenException
from domain.case import AuditEntry, Case, CaseOutcome, ExceptionCase, Milestone
from domain.exception_types import ExceptionType
from domain.facts.fact import Fact
from domain.order import ClearedHold
from domain.tasks import ApprovalOutcome, Decision
from runtime.approvals.timeline import Stage, Timeline, timeline_of
from runtime.approvals.timeline_page import print_timeline
from tests.orders import LONG_AGO, hold, order
from tests.workflow.world import usd

NOW = datetime(2026, 3, 4, 9, tzinfo=UTC)
EVIL = "\x1b[2J\u202e"


def at(hours: float) -> datetime:
    return LONG_AGO + timedelta(hours=hours)


def journey() -> Case:
    """An order that was held again for the same, went by policy, shipped in two parts and was invoiced."""
    before = ClearedHold(hold=hold("H0").model_copy(update={"applied_at": at(-20)}), cleared_at=at(-18))
    subject = OpenException(
        hold=hold("H1"),
        exception_type=ExceptionType.CREDIT_HOLD,
        owning_team="finance",
        fact_requests=(),
        rework_of="H0",
    )
    decision = Decision(
        task_id=None,
        outcome=ApprovalOutcome.AUTO_APPROVED,
        option="RELEASE_ONCE",
        decided_by="system:policy",
        amount=usd(1),
        decided_at=at(1.2),
        digest="0",
        policy_version="1",
    )
    fact = Fact(name="credit", system="credit", operation="position", version="9", read_at=at(1.1), value={})
    settled = ExceptionCase(subject=subject, opened_at=at(1), facts={"credit": fact}, decision=decision)
    return Case(
        ref=CaseRef(tenant="acme", order_id="SO-1", workflow_id="order-exception/acme/SO-1"),
        opened_at=at(1),
        order=order().model_copy(update={"ordered_at": at(-24), "cleared_holds": (before,)}),
        settled=[settled],
        outcome=CaseOutcome.RELEASED,
        shipped_at=at(5),
        invoiced_at=at(8),
        closed_at=at(8.1),
        milestones=[
            Milestone(at=at(0), source="/erp", name="hold_placed", detail="H1"),
            Milestone(at=at(5), source=EVIL, name="order_shipped"),
            Milestone(at=at(6), source="/erp", name="order_shipped"),
            Milestone(at=at(8), source="/erp", name="order_invoiced", detail="1000 USD"),
        ],
        audit=[
            AuditEntry(at=at(1.3), actor="system:policy", action="done", detail="Release 1,000 USD of credit"),
            AuditEntry(at=at(1.35), actor="system:policy", action="undone", detail="Release 1,000 USD of credit: news"),
            AuditEntry(at=at(1.4), actor="system:policy", action="done", detail="Release order SO-1"),
            AuditEntry(at=at(1.5), actor="system:notifier", action="customer told", detail="RELEASED: SENT"),
        ],
    )


def test_the_way_of_an_order_is_told_once_and_in_order() -> None:
    """From its receipt to its invoice; what two sources tell is there once."""
    timeline = timeline_of(journey(), NOW)
    assert [entry.stage for entry in timeline.entries] == [
        Stage.ORDER,
        Stage.HOLD,
        Stage.HOLD,
        Stage.HOLD,
        Stage.CASE,
        Stage.FACT,
        Stage.DECISION,
        Stage.STEP,
        Stage.UNDO,
        Stage.RELEASE,
        Stage.CUSTOMER,
        Stage.SHIPMENT,
        Stage.SHIPMENT,
        Stage.INVOICE,
        Stage.CASE,
    ]
    assert [entry.at for entry in timeline.entries] == sorted(entry.at for entry in timeline.entries)
    assert timeline.entries[0].what == "order received by EDI, PO PO-1"


def test_rework_and_invoice_delay_are_on_it() -> None:
    timeline = timeline_of(journey(), NOW)
    assert (timeline.rework, timeline.invoice_delay_seconds) == (("H1",), 3 * 3600)
    assert any("again after H0: rework" in entry.what for entry in timeline.entries)


def test_a_case_that_knows_nothing_yet_has_a_beginning() -> None:
    fresh = Case(ref=journey().ref, opened_at=at(1))
    assert [entry.what for entry in timeline_of(fresh, NOW).entries] == ["case opened"]


def test_it_fits_eighty_columns_and_obeys_no_stranger() -> None:
    paper = _printed(timeline_of(journey(), NOW), 80)
    assert max(map(len, paper.splitlines())) <= 80
    assert "\x1b" not in paper
    assert "\u202e" not in paper
    assert "Invoiced 3 h 00 min after the first shipment (elapsed time)" in paper


def test_in_a_pipe_every_entry_is_a_line() -> None:
    timeline = timeline_of(journey(), NOW)
    body = _printed(timeline, 200).partition("WHEN")[2].strip().splitlines()[1:]
    assert len(body) == len(timeline.entries)


def _printed(timeline: Timeline, width: int) -> str:
    paper = io.StringIO()
    print_timeline(Console(file=paper, width=width, markup=False, highlight=False, emoji=False), timeline)
    return paper.getvalue()
