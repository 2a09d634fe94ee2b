"""Chains of approvals and substitutes: what the check of the policies finds, and what the tables say."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from domain.exception_types import ExceptionType
from domain.money import Money
from domain.policy.chains import levels_for
from domain.policy.policy_set import PolicyError, PolicySet
from domain.policy.substitutes import parse_substitutes
from tests.approvals.policies import approval_files, approval_policy

CHAINS = "rule,exception_type,currency,amount,role,levels,note\n"
SUBSTITUTES = "person,substitute,from,until,scope,note\n"


def usd(amount: int) -> Money:
    return Money(amount=Decimal(amount), currency="USD")


def problems(**files: str) -> list[str]:
    with pytest.raises(PolicyError) as found:
        PolicySet.parse(approval_files(**files))
    return [str(problem) for problem in found.value.problems]


@pytest.mark.parametrize(
    ("amount", "levels"),
    [
        (500_000, []),
        (500_001, [("credit_manager", 1), ("controller", 1), ("cfo", 1)]),
        (1_000_001, [("controller", 1), ("cfo", 1), ("president", 1)]),
    ],
)
def test_the_amount_says_whose_approvals_it_takes(amount: int, levels: list[tuple[str, int]]) -> None:
    found = levels_for(approval_policy(), ExceptionType.CREDIT_HOLD, usd(amount), "credit_manager")
    assert [(level.role, level.quorum) for level in found] == levels


def test_each_level_carries_the_limit_of_its_role() -> None:
    found = levels_for(approval_policy(), ExceptionType.CREDIT_HOLD, usd(2_000_000), "cfo")
    assert [level.limit for level in found] == [usd(500_000), usd(1_000_000), None]


def test_two_people_of_a_role() -> None:
    [first, last] = levels_for(approval_policy(), ExceptionType.INVENTORY_SHORTFALL, usd(300_000), "controller")
    assert (first.role, first.quorum, last.role) == ("operations_manager", 2, "controller")


@pytest.mark.parametrize(
    ("levels", "found"),
    [
        ("credit_manager|nobody", "chains.csv:2: levels: 'nobody' is not known"),
        ("credit_manager:0", "chains.csv:2: levels: 'credit_manager:0' is not a role with a number of people"),
        ("cfo|cfo", "chains.csv:2: levels: 'cfo|cfo' names a role twice: ask for two people of it with ROLE:2"),
        ("", "chains.csv:2: levels: is empty"),
        ("cfo:2|president", "chains.csv:2: levels: CREDIT_HOLD in USD: people.csv has too few different people"),
        ("sales_manager", "chains.csv:2: levels: CREDIT_HOLD in USD: sales_manager and its seniors all have a limit"),
    ],
)
def test_a_chain_that_cannot_be_is_found_with_its_row_and_column(levels: str, found: str) -> None:
    assert any(
        problem.startswith(found) for problem in problems(chains_csv=f"{CHAINS}one,CREDIT_HOLD,*,>500000,*,{levels},\n")
    )


@pytest.mark.parametrize(
    ("row", "found"),
    [
        ("mallory,bob.tanaka,2026-07-01,2026-07-02,*,", "substitutes.csv:2: person: 'mallory' is not in people.csv"),
        (
            "bob.tanaka,mallory,2026-07-01,2026-07-02,*,",
            "substitutes.csv:2: substitute: 'mallory' is not in people.csv",
        ),
        (
            "bob.tanaka,bob.tanaka,2026-07-01,2026-07-02,*,",
            "substitutes.csv:2: substitute: nobody stands in for himself",
        ),
        ("bob.tanaka,maya.patel,2026-07-02,2026-07-01,*,", "substitutes.csv:2: until: does not come after `from`"),
        ("bob.tanaka,maya.patel,soon,2026-07-01,*,", "substitutes.csv:2: from: 'soon' is no day"),
        (
            "bob.tanaka,maya.patel,2026-07-01T08:00,2026-07-02,*,",
            "substitutes.csv:2: from: '2026-07-01T08:00' is no day",
        ),
        ("bob.tanaka,maya.patel,2026-07-01,2026-07-02,CREDIT,", "substitutes.csv:2: scope: 'CREDIT' is not known"),
    ],
)
def test_a_substitution_that_cannot_be_is_found_with_its_row_and_column(row: str, found: str) -> None:
    said = problems(substitutes_csv=f"{SUBSTITUTES}{row}\n")
    assert any(problem.startswith(found) for problem in said), said


def test_missing_columns_are_named() -> None:
    assert "substitutes.csv:1: scope: is missing" in problems(substitutes_csv="person,substitute,from,until\n")


def test_without_the_file_nobody_is_substituted() -> None:
    files = approval_files()
    del files["substitutes.csv"]
    assert PolicySet.parse(files).substitutions == ()


@pytest.mark.parametrize(
    ("at", "holds"),
    [
        (datetime(2026, 7, 1, 3, 59, tzinfo=UTC), False),
        (datetime(2026, 7, 1, 4, tzinfo=UTC), True),
        (datetime(2026, 7, 3, 3, 59, tzinfo=UTC), True),
        (datetime(2026, 7, 3, 4, tzinfo=UTC), False),
    ],
    ids=["the evening before", "midnight at the site", "the last minute", "the day after"],
)
def test_days_are_whole_days_of_the_site(at: datetime, holds: bool) -> None:  # noqa: FBT001 - of the table
    text = f"{SUBSTITUTES}bob.tanaka,maya.patel,2026-07-01,2026-07-02,CREDIT_HOLD|NONE,\n"
    [row] = parse_substitutes(text, "America/New_York")
    assert row.holds("bob.tanaka", "maya.patel", "CREDIT_HOLD", at) is holds
    assert not row.holds("bob.tanaka", "maya.patel", "TAX_DISCREPANCY", at)
    assert not row.holds("maya.patel", "bob.tanaka", "CREDIT_HOLD", at)


def test_a_duty_is_no_role_that_can_be_asked() -> None:
    company = approval_files()["company.toml"].replace("[roles]", '[roles]\nadministrator = "administrator"')
    assert any("administrator is no role that can be asked" in problem for problem in problems(company_toml=company))


def test_every_kind_of_question_has_its_terms() -> None:
    terms = "rule,kind,exception_type,enquiries,enquiry_for,extend_by,adjust_alone_up_to,note\n"
    said = problems(task_terms_csv=f"{terms}credit,*,CREDIT_HOLD,2,8h,4h,,\n")
    assert any(problem.startswith("task_terms.csv: exception_type: no row covers") for problem in said)


def test_below_cost_two_have_to_agree_whatever_the_amount() -> None:
    """The price table gives the decision to the CFO, and to nobody below; then the vice president of sales is first."""
    below_cost = levels_for(approval_policy(), ExceptionType.PRICE_DISCREPANCY, usd(10), "cfo")
    assert [level.role for level in below_cost] == ["vp_sales", "cfo"]
    assert levels_for(approval_policy(), ExceptionType.PRICE_DISCREPANCY, usd(10), "vp_sales") == ()
