from __future__ import annotations

import io
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from rich.console import Console

from domain.assessment import Cause
from domain.calls import CaseRef
from domain.case import AuditEntry, Case, CaseOutcome, ExceptionCase, Outage
from domain.cause import CauseCase, Concern
from domain.exception_types import ExceptionType, IntegrationErrorKind
from domain.facts.fact import Fact
from domain.order import ServiceLevel
from domain.tasks import Deadlines, Escalation, ExpiryDefault, Task, TaskKind
from runtime.approvals.case_page import print_case
from runtime.approvals.case_view import PendingCall, Run, view_of
from runtime.approvals.inbox import Inbox, InboxRow
from runtime.approvals.rendering import inbox_line, print_inbox
from runtime.approvals.views import CaseView
from tests.orders import hold, order
from tests.workflow.world import option, usd, write

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
EVIL = "\x1b[2J\u202e[bold]x[/bold]\nnew line"
SHOWN = r"\x1b[2J\u202e[bold]x[/bold]\nnew line"


def on_paper(width: int = 80) -> tuple[Console, io.StringIO]:
    paper = io.StringIO()
    return Console(file=paper, width=width, markup=False, highlight=False, emoji=False), paper


def task(task_id: str = "T1", **more: object) -> Task:
    fields: dict[str, object] = {
        "task_id": task_id,
        "kind": TaskKind.RESOLUTION,
        "hold_id": "H1",
        "question": "Release?",
        "role": "credit_manager",
        "amount": usd(1000),
        "choices": ("RELEASE_ONCE", "REJECT"),
        "recommended": "RELEASE_ONCE",
        "opened_at": NOW,
        "deadlines": Deadlines(
            acknowledge_by=NOW + timedelta(minutes=15),
            escalations=(Escalation(at=NOW + timedelta(hours=3), role="controller"),),
            expires_at=NOW + timedelta(hours=4),
            at_expiry=ExpiryDefault(option="REJECT", max_amount=usd(500), ask_role="controller"),
            at_rejection="REJECT",
            calendar_digest="test",
        ),
    }
    return Task.model_validate(fields | more)


def case(**more: object) -> Case:
    ref = CaseRef(tenant="acme", order_id="SO-1", workflow_id="order-exception/acme/SO-1")
    return Case.model_validate({"ref": ref, "opened_at": NOW - timedelta(hours=2), "order": order(hold())} | more)


def view(shown: Case, *pending: PendingCall) -> CaseView:
    return view_of(shown, pending, Run("run-1", "http://ui/SO-1"), NOW)


def page(shown: Case, *pending: PendingCall, full: bool = False) -> str:
    out, paper = on_paper()
    print_case(out, view(shown, *pending), full=full)
    return paper.getvalue()


def outage(**more: object) -> Outage:
    fields: dict[str, object] = {
        "system": "tax",
        "activity": "tax.quote",
        "since": NOW - timedelta(minutes=10),
        "kind": IntegrationErrorKind.TRANSIENT,
        "message": "503",
        "attempt": 1,
        "next_try_at": NOW - timedelta(minutes=9),
    }
    return Outage.model_validate(fields | more)


def row(**more: object) -> InboxRow:
    fields: dict[str, object] = {
        "order_id": "SO-1",
        "workflow_id": "order-exception/acme/SO-1",
        "customer_id": "C-1",
        "state": "AWAITING_DECISION",
        "exception_types": ("CREDIT_HOLD", "INVENTORY_SHORTFALL", "TAX_DISCREPANCY"),
        "awaiting_roles": ("credit_manager", "operations_manager"),
        "retrying_systems": ("tax",),
        "jeopardy": "HIGH",
        "segment": "A",
        "amount_at_risk": Decimal("1234567.5"),
        "held_since": NOW,
        "due_at": NOW + timedelta(minutes=5),
    }
    return InboxRow.model_validate(fields | more)


def test_rework_is_marked_in_the_inbox() -> None:
    out, paper = on_paper()
    again = InboxRow(
        order_id="SO-1",
        workflow_id="order-exception/acme/SO-1",
        customer_id="C-1",
        state="AWAITING_DECISION",
        exception_types=("CREDIT_HOLD",),
        awaiting_roles=("credit_manager",),
        retrying_systems=(),
        jeopardy=None,
        segment=None,
        amount_at_risk=None,
        held_since=None,
        due_at=None,
        rework=True,
    )
    print_inbox(out, Inbox(roles=None, total=1, rows=(again,)), NOW)
    assert "CREDIT_HOLD (again)" in paper.getvalue()


def test_nothing_on_a_page_is_wider_than_80_columns_but_what_will_be_copied() -> None:
    fact = Fact(
        name="credit", system="credit", operation="position", version="v" * 30, read_at=NOW, value={"limit": "9" * 90}
    )
    held = ExceptionCase.model_validate(
        {
            "subject": {
                "hold": hold(),
                "exception_type": ExceptionType.CREDIT_HOLD,
                "owning_team": "finance",
                "fact_requests": (),
            },
            "opened_at": NOW,
            "facts": {"credit": fact},
        }
    )
    shown = case(exceptions={"H1": held}, tasks={"T1": task(question="long " * 60)}, outages={"tax.quote": outage()})
    too_wide = [line for line in page(shown, full=True).splitlines() if len(line) > 80]
    assert all(line.startswith(("http://", "  approver.py ")) for line in too_wide)


def test_nothing_in_the_inbox_is_wider_than_80_columns() -> None:
    out, paper = on_paper()
    print_inbox(out, Inbox(roles=None, total=3, rows=(row(), row(order_id="S" * 128))), NOW)
    assert max(map(len, paper.getvalue().splitlines())) <= 80
    assert "The 2 earliest of 3" in paper.getvalue()


@pytest.mark.parametrize("field", ["question", "owner", "role"])
def test_text_of_strangers_is_shown_and_never_obeyed(field: str) -> None:
    text = page(case(tasks={"T1": task(**{field: EVIL})}))
    assert "\x1b" not in text
    assert "\u202e" not in text
    assert SHOWN in " ".join(text.split())


def test_a_line_in_a_pipe_is_one_line() -> None:
    written = inbox_line(row(customer_id=EVIL, awaiting_roles=(EVIL,)), NOW)
    assert SHOWN in written
    assert "\n" not in written


def test_a_page_says_what_happens_when_nobody_answers() -> None:
    text = " ".join(page(case(tasks={"T1": task()})).split())
    assert "Answer by 2026-03-02" in text
    assert "4 h 00 min left" in text
    assert "on controller is awaited" in text
    assert "system:sla carries out REJECT up to 500.00 USD; above that controller is asked" in text


def test_commands_name_the_question_only_if_there_are_several() -> None:
    assert view(case(tasks={"T1": task()})).tasks[0].commands[0] == "approver.py approve SO-1 --revision 1"
    two = view(case(tasks={"T1": task(), "T2": task("T2")}))
    assert two.tasks[1].commands[0] == "approver.py approve SO-1 --task T2 --revision 1"


@pytest.mark.parametrize(
    ("attempt", "next_try", "made"),
    [(1, None, 2), (1, NOW + timedelta(seconds=2), 1), (5, NOW + timedelta(seconds=30), 5), (5, None, 6)],
)
def test_attempts_are_those_of_the_case_and_those_that_temporal_made(
    attempt: int, next_try: datetime | None, made: int
) -> None:
    pending = PendingCall("tax.quote", attempt, next_try, "still 503")
    seen = view(case(outages={"tax.quote": outage()}), pending)
    assert seen.state == "RETRYING"
    assert seen.outages[0].attempt == made
    assert seen.outages[0].next_try_at == next_try
    assert seen.outages[0].message == "still 503"


def test_an_outage_whose_next_attempt_is_not_scheduled_yet_is_told_as_the_case_knows_it() -> None:
    assert view(case(outages={"tax.quote": outage()})).outages[0].attempt == 1


def test_a_retry_that_the_case_has_not_declared_is_shown_too() -> None:
    seen = view(case(), PendingCall("notification.notify_role", 3, NOW, "no mail server"))
    assert [(one.system, one.attempt) for one in seen.outages] == [("notification", 2)]
    assert seen.state == "OPENED"


def test_a_long_history_is_cut_on_the_page_and_whole_with_full() -> None:
    audit = [AuditEntry(at=NOW, actor="system:policy", action="did", detail=f"thing {n}") for n in range(30)]
    shown = case(audit=audit, audit_dropped=5, outcome=CaseOutcome.RELEASED)
    assert "HISTORY (and 23 earlier)" in page(shown)
    assert "thing 0 " not in page(shown)
    assert "thing 0 " in page(shown, full=True)


def cause(*order_ids: str) -> CauseCase:
    concerns = [
        Concern(
            case=CaseRef(tenant="acme", order_id=order_id, workflow_id=f"order-exception/acme/{order_id}"),
            hold_id=f"{order_id}-H1",
            amount=usd(70),
            order_value=usd(1000),
            requester="erin",
            service_level=ServiceLevel.STANDARD,
            joined_at=NOW,
        )
        for order_id in order_ids
    ]
    fix = option("FIX_MASTER", write("mend"))
    return CauseCase(
        ref=CaseRef(
            tenant="acme", order_id="price-record:PR-7:USD", workflow_id="root-cause/acme/price-record:PR-7:USD"
        ),
        opened_at=NOW - timedelta(minutes=5),
        cause=Cause(key="price-record/PR-7", system="pricing", title=f"Record PR-7 {EVIL}", fix="FIX_MASTER"),
        fix=fix,
        concerns={concern.key: concern for concern in concerns},
        tasks={"T1": task(kind=TaskKind.CAUSE, hold_id=None, choices=("FIX_MASTER", "SEPARATELY"))},
    )


def test_a_cause_is_shown_with_its_orders_and_what_would_mend_it() -> None:
    shown = page(cause("SO-1", "SO-2"))
    assert "Cause price-record:PR-7:USD" in shown
    assert "2 orders, 2,000.00 USD together" in " ".join(shown.split())
    assert "SO-1-H1" in shown
    assert "SO-2-H1" in shown
    assert "1. step mend" in shown
    assert "\x1b" not in shown


def test_a_long_list_of_orders_is_cut_unless_all_is_wanted() -> None:
    many = cause(*(f"SO-{number}" for number in range(30)))
    assert "and 10 more with --full" in page(many)
    assert "SO-29-H1" in page(many, full=True)
