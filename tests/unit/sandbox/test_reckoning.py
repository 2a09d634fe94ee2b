from __future__ import annotations

import itertools
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import pytest
from temporalio.client import WorkflowExecutionStatus

from domain.case import CaseOutcome, ClosingSummary
from domain.cause import CauseSummary, Settlement
from runtime.policy_files import load_policies
from sandbox.demo.authority import Auditor
from sandbox.demo.cases import CaseRow, CauseRow
from sandbox.demo.reckoning import Books, Reckoning
from sandbox.demo.stakes import CreditBooks, Stakes
from sandbox.stack import POLICIES

_numbers = itertools.count(1)
NOW = "2026-11-23T09:00:00Z"
CODES = ("CREDIT", "STOCK", "PRICE", "TAX", "ADDRESS", "CARRIER", "DUPLICATE", "INTEGRATION")
"""A hold code of every type."""
FOR_PEOPLE = (
    ("CREDIT", "TEMP_LIMIT"),
    ("STOCK", "CANCEL_LINE"),
    ("STOCK", "DROP_SHIP"),
    ("PRICE", "FIX_MASTER"),
    ("TAX", "APPLY_CERTIFICATE"),
    ("ADDRESS", "PICKUP"),
    ("CARRIER", "RELEASE_ONCE"),
    ("DUPLICATE", "REPLACE_OLD"),
    ("INTEGRATION", "FALLBACK_ROUTE"),
)
"""Options that no row lets policy choose."""
Document = dict[str, Any]


@pytest.fixture(scope="module")
def auditor() -> Auditor:
    entered = {"SO-1": order(), "SO-2": order()}
    owed = {"C-1": {"open_receivables": "0"}}
    return Auditor(load_policies(*POLICIES), {"C-1": "B"}, Stakes(entered, CreditBooks(owed, ())))


def hold(code: str = "CREDIT", hold_class: str = "SYSTEM") -> Document:
    return {
        "hold_id": "SO-1-H1",
        "code": code,
        "hold_class": hold_class,
        "source_system": "ERP",
        "source_code": code,
        "applied_at": NOW,
    }


def order(status: str = "INVOICED", *, held: Sequence[Document] = (), cleared: Sequence[Document] = ()) -> Document:
    line = {"line_id": "1", "item": "PUMP", "quantity": "1", "unit_price": "9", "need_by": "2026-11-30"}
    return {
        "tenant": "acme",
        "order_id": "SO-1",
        "version": 3,
        "status": status,
        "customer_id": "C-1",
        "po_number": "PO-1",
        "currency": "USD",
        "service_level": "STANDARD",
        "entered_by": "maya.patel",
        "ordered_at": NOW,
        "need_by": "2026-11-30",
        "carrier_cutoff": NOW,
        "warehouse": "EAST",
        "ship_to": {"site_id": "1", "region": "TX", "postal_code": "75201"},
        "lines": [line],
        "holds": list(held),
        "holds_placed": len(held) + len(cleared),
        "cleared_holds": list(cleared),
    }


def cleared(by: str = "holdfast", release_id: str | None = "rel-1", **of: str) -> Document:
    return {"hold": hold(**of), "cleared_at": NOW, "cleared_by": by, "release_id": release_id}


def release(
    decided_by: str, *, amount: str = "100", role: str | None = None, option: str = "RELEASE_ONCE", **of: str
) -> Document:
    resolution = {
        "hold_id": "SO-1-H1",
        "resolution": option,
        "reason": "",
        "decided_by": decided_by,
        "on_behalf_of": of.pop("stands_in_for", None),
        "role": role,
        "amount": {"amount": amount, "currency": "USD"},
        "policy_version": "1",
    }
    return {"id": "rel-1", "order_id": "SO-1", "holds": [hold(**of)], "resolutions": [resolution]}


def message(template: str) -> Document:
    return {
        "client": "holdfast",
        "operation": "communications.create",
        "reference": f"m-{next(_numbers)}",
        "order_id": "SO-1",
        "detail": {"template": template},
    }


def case(*, closed: CaseOutcome | None = CaseOutcome.RELEASED, awaiting: tuple[str, ...] = ()) -> CaseRow:
    moment = datetime(2026, 11, 23, 9, tzinfo=UTC)
    summary = ClosingSummary(
        tenant="acme",
        order_id="SO-1",
        customer_id="C-1",
        outcome=closed or CaseOutcome.RELEASED,
        exceptions=(),
        touchless=True,
        opened_at=moment,
        released_at=moment,
        shipped_at=None,
        invoiced_at=None,
        closed_at=moment,
        order_value=None,
        added_cost=None,
        policy_version=None,
    )
    status = WorkflowExecutionStatus.COMPLETED if closed else WorkflowExecutionStatus.RUNNING
    return CaseRow("SO-1", "run", status, "CLOSED", awaiting, (), summary if closed else None)


def found(
    auditor: Auditor,
    orders: Sequence[Document],
    releases: Sequence[Document] = (),
    cases: Sequence[CaseRow] = (),
    *,
    ledger: Sequence[Document] = (),
    told: int | None = None,
) -> list[str]:
    """Everything found wrong in the books; the customer was told what became of the order as often as a case says."""
    ended = sum(1 for each in cases if each.closing and each.closing.outcome is CaseOutcome.RELEASED)
    messages = [message("released") for _ in range(ended if told is None else told)]
    books = Books(orders, releases, {"erp": ledger, "crm": messages}, cases)
    return Reckoning(books, {}, auditor).problems()


def test_an_order_released_by_policy_and_shipped_is_in_order(auditor: Auditor) -> None:
    assert not found(auditor, [order(cleared=[cleared()])], [release("system:policy")], [case()])


def test_an_order_that_was_held_and_never_seen_is_lost(auditor: Auditor) -> None:
    assert "has no case" in found(auditor, [order("ON_HOLD", held=[hold()])])[0]


def test_an_order_that_is_held_while_nobody_is_asked_is_found(auditor: Auditor) -> None:
    stuck = [order("ON_HOLD", held=[hold()])]
    unsettled = "order SO-1 was not settled in time"
    assert "nobody is asked" in found(auditor, stuck, cases=[case(closed=None)])[0]
    assert found(auditor, stuck, cases=[case(closed=None, awaiting=("credit_manager",))]) == [unsettled]


def test_a_hold_released_twice_is_found(auditor: Auditor) -> None:
    releases = [release("system:policy"), release("system:policy")]
    assert "released 2 times" in found(auditor, [order(cleared=[cleared()])], releases, [case()])[0]


@pytest.mark.parametrize(
    ("made", "why"),
    [
        (release("system:policy", hold_class="HARD"), "only a person"),
        (release("system:policy", code="QA-77"), "no row lets policy"),
        *((release("system:policy", option="NONSENSE", code=code), "no row lets policy") for code in CODES),
        *((release("system:policy", option=option, code=code), "no row lets policy") for code, option in FOR_PEOPLE),
        *((release("system:sla", option="NONSENSE", code=code), "no row lets silence") for code in CODES),
        (release("system:sla", option="RELEASE_ONCE"), "no row lets silence"),
        (release("system:sla", option="PARTIAL_BACKORDER", code="STOCK"), "inventory-operations"),
        (release("system:sla", option="RELEASE_ONCE", code="QA-77"), "nobody classified"),
        (release("system:policy", amount="8.99"), "at least 9.00 USD was at stake"),
        (release("bob.tanaka", role="credit_manager", amount="8.99"), "at least 9.00 USD was at stake"),
        (release("bob.tanaka", role="credit_manager", amount="250001"), "above the limit"),
        (release("bob.tanaka", role="cfo"), "do not have them as cfo"),
        (release("a.stranger", role="credit_manager"), "do not have them"),
        (release("frank.rossi", role="sales_manager"), "above the limit"),
        (release("maya.patel", role="credit_manager"), "changed the order themselves"),
        (release("dan.weber", role="controller"), "do not have them"),
        (release("bob.tanaka", role="credit_manager", stands_in_for="maya.patel"), "whom they stood in for"),
        (release("system:chance"), "is nobody"),
    ],
)
def test_a_release_without_authority_is_found(auditor: Auditor, made: Document, why: str) -> None:
    of = {"code": made["holds"][0]["code"], "hold_class": made["holds"][0]["hold_class"]}
    problems = found(auditor, [order(cleared=[cleared(**of)])], [made], [case()])
    assert len(problems) == 1
    assert why in problems[0]


@pytest.mark.parametrize(
    ("code", "option"),
    [
        ("CREDIT", "RELEASE_ONCE"),
        ("STOCK", "FULL_FROM_STOCK"),
        ("STOCK", "SPLIT_DC"),
        ("STOCK", "SUBSTITUTE"),
        ("PRICE", "HONOR_CONTRACT"),
        ("PRICE", "HONOR_PO"),
        ("TAX", "USE_ENGINE"),
        ("TAX", "FALLBACK_TRUE_UP"),
        ("ADDRESS", "STANDARDISE"),
        ("CARRIER", "APPLY_DEFAULT"),
        ("DUPLICATE", "KEEP_BOTH"),
        ("INTEGRATION", "RETRY"),
    ],
)
def test_what_a_row_lets_policy_do_is_in_order(auditor: Auditor, code: str, option: str) -> None:
    made = release("system:policy", option=option, code=code)
    assert not found(auditor, [order(cleared=[cleared(code=code)])], [made], [case()])


@pytest.mark.parametrize(
    ("code", "option"),
    [
        ("STOCK", "WAIT_FULL"),
        ("PRICE", "HONOR_CONTRACT"),
        ("ADDRESS", "CUSTOMER_CONFIRM"),
        ("CARRIER", "RATE_SHOP"),
        ("INTEGRATION", "RETRY"),
    ],
)
def test_what_a_row_lets_silence_do_is_in_order(auditor: Auditor, code: str, option: str) -> None:
    made = release("system:sla", option=option, code=code, amount="50")
    assert not found(auditor, [order(cleared=[cleared(code=code)])], [made], [case()])


def test_a_person_within_the_limit_may_release_also_what_is_hard(auditor: Auditor) -> None:
    made = release("bob.tanaka", role="credit_manager", amount="250000", hold_class="HARD")
    assert not found(auditor, [order(cleared=[cleared(hold_class="HARD")])], [made], [case()])


def test_silence_may_do_what_its_row_says_up_to_its_amount(auditor: Auditor) -> None:
    def by_silence(amount: str) -> list[str]:
        made = release("system:sla", option="USE_ENGINE", amount=amount, code="TAX")
        return found(auditor, [order(cleared=[cleared(code="TAX")])], [made], [case()])

    assert not by_silence("2500")
    assert by_silence("2501")


def test_a_hold_that_we_cleared_without_a_release_is_found(auditor: Auditor) -> None:
    assert "without a release" in found(auditor, [order(cleared=[cleared(release_id=None)])], cases=[case()])[0]
    by_hand = [order(cleared=[cleared(by="admin", release_id=None)])]
    assert not found(auditor, by_hand, cases=[case(closed=CaseOutcome.NO_LONGER_HELD)])


def test_two_effects_of_one_decision_are_found(auditor: Auditor) -> None:
    entry = {"client": "holdfast", "operation": "orders.release", "reference": "hf-1", "detail": {}}
    books = [order(cleared=[cleared()])], [release("system:policy")], [case()]
    assert "had 2 effects" in found(auditor, *books, ledger=[entry, entry])[0]


def test_a_case_that_says_otherwise_than_the_erp_is_found(auditor: Auditor) -> None:
    problems = found(auditor, [order("CANCELLED", cleared=[cleared()])], [release("system:policy")], [case()])
    assert "says RELEASED, the ERP CANCELLED" in problems[0]


def test_a_customer_who_is_told_twice_or_never_is_found(auditor: Auditor) -> None:
    books = [order(cleared=[cleared()])], [release("system:policy")], [case()]
    assert not found(auditor, *books, told=1)
    assert found(auditor, *books, told=2) == ["order SO-1 was settled 1 times and its customer told 2 times"]
    assert found(auditor, *books, told=0) == ["order SO-1 was settled 1 times and its customer told 0 times"]


def test_a_day_on_which_little_was_held_proves_nothing(auditor: Auditor) -> None:
    books = Books([order(cleared=[cleared()])], [release("system:policy")], {}, [case()])
    said = list(Reckoning(books, {}, auditor).too_little())
    assert said[0] == "only 1 orders were held, 120 were wanted"
    assert said[1] == "only 0 orders had several holds, 15 were wanted"
    assert len(said) == 2 + 8


def test_a_question_about_many_orders_that_nobody_settled_is_found(auditor: Auditor) -> None:
    at = datetime(2026, 11, 23, 9, tzinfo=UTC)
    mended = CauseSummary(
        key="record",
        settlement=Settlement.MENDED,
        decided_by="quinn.osei",
        orders=("SO-1",),
        amount=None,
        opened_at=at,
        closed_at=at,
    )
    causes = [CauseRow("root-cause/acme/record", mended), CauseRow("root-cause/acme/outage", None)]
    reckoning = Reckoning(Books([], [], {}, [], causes=causes), {}, auditor)
    assert reckoning.problems() == ["root-cause/acme/outage was never settled"]
    assert reckoning.causes() == {Settlement.MENDED: 1}
