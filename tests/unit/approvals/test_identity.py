"""Whose questions somebody looks after, and what the shell completes."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from runtime.approvals.completion import people_beginning_with, roles_beginning_with
from runtime.approvals.identity import roles_of
from runtime.approvals.refusals import ExitCode, Refused
from tests.integration.approver.policy_stage import write_policies

NOW = datetime(2026, 7, 6, tzinfo=UTC)


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    return write_policies(tmp_path)


@pytest.mark.parametrize(
    ("subject", "roles"),
    [
        ("bob.tanaka", ("credit_manager",)),
        ("dan.weber", ("cfo", "controller")),
        ("alice.moreno", ("assistant_credit_manager", "credit_manager")),
        ("wanda.ortiz", None),
        ("yuri.lang", None),
    ],
)
def test_a_substitute_looks_after_two_desks_and_an_auditor_after_all(
    directory: Path, subject: str, roles: tuple[str, ...] | None
) -> None:
    assert roles_of(subject, [directory], NOW) == roles


def test_a_stranger_is_told_so(directory: Path) -> None:
    with pytest.raises(Refused) as refused:
        roles_of("mallory", [directory], NOW)
    assert refused.value.code is ExitCode.UNAUTHENTICATED


def test_without_calendars_or_with_a_broken_list_nobody_is_substituted(directory: Path) -> None:
    (directory / "substitutes.csv").write_text("nonsense\n")
    assert roles_of("dan.weber", [directory], NOW) == ("cfo",)


def test_the_shell_completes_people_and_roles(directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOLDFAST_ENVIRONMENT", "dev")
    monkeypatch.setenv("HOLDFAST_POLICIES", str(directory))
    assert people_beginning_with("ma") == ["maya.patel"]
    assert "credit_manager" in roles_beginning_with("cred")
    monkeypatch.setenv("HOLDFAST_POLICIES", str(directory / "nowhere"))
    assert people_beginning_with("ma") == []
