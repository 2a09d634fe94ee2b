"""Small tables for the tests of the policy engine."""

from __future__ import annotations

from pathlib import Path

from domain.policy.table import DecisionTable
from runtime.policy_files import read_files

ROOT = Path(__file__).parents[3]
COMPANY = ROOT / "policies"
DEMO = ROOT / "sandbox" / "policies"


def header(columns: str, *, hit_policy: str = "FIRST", complete: bool = True) -> str:
    """A header with these columns."""
    return (
        'title = "Test"\nowner = "Tests"\nversion = "1"\neffective_from = 2026-01-01\n'
        f'hit_policy = "{hit_policy}"\ncomplete = {str(complete).lower()}\n{columns}'
    )


SMALL = """
[inputs.segment]
type = "enum"
values = ["A", "B"]

[inputs.over]
type = "decimal"
min = 0

[inputs.days]
type = "integer"
min = 0
max = 90

[outputs.action]
type = "text"
"""


def small(*rows: str, hit_policy: str = "FIRST", complete: bool = True) -> DecisionTable:
    """The small table with these rows."""
    text = "rule,segment,over,days,action\n" + "\n".join(rows) + "\n"
    return DecisionTable.parse("small", header(SMALL, hit_policy=hit_policy, complete=complete), text)


def company_files() -> dict[str, str]:
    """The company's own policies, as text, to spoil one and see it found."""
    return read_files(COMPANY)
