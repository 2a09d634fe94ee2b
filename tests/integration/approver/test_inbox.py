from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from temporalio.common import SearchAttributePair, TypedSearchAttributes
from typer.testing import CliRunner

from approver import app
from domain.identifiers import workflow_id
from runtime.approvals import inbox as inbox_module
from runtime.approvals.inbox import Inbox, read_inbox
from tests.integration.approver.stage import Opened, Stage, eventually
from workflows import search_attributes as keys

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)


@pytest.fixture
def waiting(stage: Stage) -> Iterator[Callable[..., str]]:
    """Puts a case into visibility that awaits a role; nobody works on it."""
    started: list[str] = []

    def wait(order_id: str, role: str, due: timedelta | None) -> str:
        attributes: list[SearchAttributePair[Any]] = [
            SearchAttributePair(keys.ORDER_ID, order_id),
            SearchAttributePair(keys.AWAITING_ROLE, [role, "somebody_else"]),
        ]
        if due is not None:
            attributes.append(SearchAttributePair(keys.DUE_AT, NOW + due))
        started.append(workflow_id("acme", order_id))
        stage.run(
            stage.client.start_workflow(
                "OrderException",
                id=started[-1],
                task_queue="nobody",
                search_attributes=TypedSearchAttributes(attributes),
            )
        )
        return order_id

    yield wait
    for workflow in started:
        stage.run(stage.client.get_workflow_handle(workflow).terminate())


def read(stage: Stage, role: str, limit: int = 100, total: int | None = None) -> Inbox:
    """The inbox, once visibility has caught up with `total` cases."""
    return eventually(
        lambda: stage.run(read_inbox(stage.client, [role], limit, NOW)), lambda seen: total in (None, seen.total)
    )


def test_the_earliest_deadline_comes_first_and_a_case_without_one_last(
    stage: Stage, waiting: Callable[..., str]
) -> None:
    waiting("IN-1", "buyer", None)
    waiting("IN-2", "buyer", timedelta(hours=2))
    waiting("IN-3", "buyer", timedelta(hours=-1))
    waiting("IN-4", "seller", timedelta(hours=1))
    assert [row.order_id for row in read(stage, "buyer", total=3).rows] == ["IN-3", "IN-2", "IN-1"]


@pytest.mark.parametrize("limit", [1, 3, 7, 20])
def test_more_cases_than_fit_a_page_are_found_by_halving_windows_of_time(
    stage: Stage, waiting: Callable[..., str], monkeypatch: pytest.MonkeyPatch, limit: int
) -> None:
    monkeypatch.setattr(inbox_module, "_PAGE", 3)
    role = f"analyst{limit}"
    dues = [*(timedelta(hours=hours) for hours in (-900, -3, 1, 2, 30, 31, 4000)), timedelta(hours=1), None]
    for number, due in enumerate(dues):
        waiting(f"WIN-{limit}-{number}", role, due)
    found = read(stage, role, limit, total=len(dues))
    expected = [0, 1, 2, 7, 3, 4, 5, 6, 8]
    assert [int(row.order_id.rpartition("-")[2]) for row in found.rows] == expected[:limit]
    assert found.total == len(dues)


def test_many_cases_of_the_same_deadline_are_not_halved_for_ever(
    stage: Stage, waiting: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inbox_module, "_PAGE", 1)
    for number in range(4):
        waiting(f"SAME-{number}", "twin", timedelta(hours=1))
    assert len(read(stage, "twin", 2, total=4).rows) == 2


def test_everybody_sees_what_awaits_his_own_roles(open_case: Callable[..., Opened]) -> None:
    case = open_case().asked()

    def listed(*arguments: str, as_: str | None = None) -> bool:
        rows = case.approver("inbox", "--limit", "10000", "--json", *arguments, as_=as_).document["rows"]
        return case.order_id in [row["order_id"] for row in rows]

    assert listed(as_="carla")
    assert listed(as_="conrad")
    assert not listed(as_="irene")
    assert listed("--role", "credit_manager")
    assert not listed("--role", "controller")
    assert listed("--all")
    case.approver("approve", "CASE", as_="carla")
    eventually(lambda: listed("--all"), lambda found: not found)


def test_an_empty_inbox_says_so(environment: Mapping[str, str]) -> None:
    said = CliRunner().invoke(app, ["inbox", "--role", "nobody_at_all"], env=environment)
    assert (said.exit_code, said.stdout) == (0, "Nothing awaits nobody_at_all.\n")


def test_policies_without_people_are_named(environment: Mapping[str, str], tmp_path: Path) -> None:
    env = {**environment, "HOLDFAST_POLICIES": str(tmp_path), "HOLDFAST_USER": "carla"}
    said = CliRunner().invoke(app, ["inbox"], env=env)
    assert said.exit_code == 3
    assert "people.csv" in said.stderr
