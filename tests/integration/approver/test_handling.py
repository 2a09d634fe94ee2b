"""The commands that hand questions on, ask, put off and withdraw, and many decisions at once; on a real server."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from domain.tasks import TaskState
from runtime.approvals.refusals import ExitCode
from tests.integration.approver.policy_stage import Case, PolicyStage, write_policies
from tests.integration.approver.stage import Stage, eventually


@pytest.fixture
def policy_stage(stage: Stage, environment: Mapping[str, str], tmp_path: Path) -> PolicyStage:
    directory = write_policies(tmp_path / "policies")
    return PolicyStage(stage, {**environment, "HOLDFAST_POLICIES": str(directory)}, directory)


def message(case: Case, *arguments: str, as_: str) -> str:
    said = case.approver(*arguments, "--json", as_=as_)
    assert said.code == 0, said
    return str(said.document["receipts"][-1]["message"])


def test_three_levels_with_a_substitute_and_an_enquiry(policy_stage: PolicyStage) -> None:
    case = policy_stage.open(amount=700_000, asked="cfo", requester="oskar")
    case.asked()
    assert message(case, "claim", "CASE", as_="bob.tanaka") == "claimed by bob.tanaka"
    assert "stands still" in message(case, "ask", "CASE", "Why so much?", as_="bob.tanaka")
    shown = case.approver("show", "CASE").out
    assert "The clock stands still" in shown
    assert "bob.tanaka asked the requester: Why so much?" in shown
    assert "approver.py answer" in shown
    digest = hashlib.sha256(b"contract").hexdigest()
    document = f"https://dms.example/c/4711#{digest}"
    assert "answered" in message(case, "answer", "CASE", "A new contract", "--attach", document, as_="oskar")
    assert "controller is next" in message(case, "approve", "CASE", as_="bob.tanaka")
    inbox = case.approver("inbox", "--json", "--limit", "1000", as_="dan.weber").document["rows"]
    assert case.order_id in [row["order_id"] for row in inbox]
    assert "cfo is next" in message(case, "approve", "CASE", "--for", "carol.singh", as_="dan.weber")
    shown = case.approver("show", "CASE").out
    assert "Takes credit_manager, then controller, then cfo; one person fills one level" in shown
    assert "Approved: RELEASE_ONCE by dan.weber on behalf of carol.singh as controller" in shown
    assert digest in shown
    assert case.refused("approve", "CASE", as_="dan.weber") == "SEGREGATION"
    assert message(case, "approve", "CASE", as_="erin.okafor") == "APPROVED: RELEASE_ONCE"
    closed = case.state(lambda seen: seen.outcome)
    assert [entry.actor for entry in closed.audit if entry.action == "approve"] == [
        "bob.tanaka",
        "dan.weber on behalf of carol.singh",
        "erin.okafor",
    ]


def test_every_other_command_hands_it_on(policy_stage: PolicyStage) -> None:
    case = policy_stage.open(requester="oskar")
    case.asked()
    message(case, "claim", "CASE", as_="bob.tanaka")
    assert message(case, "delegate", "CASE", "--to", "maya.patel", as_="bob.tanaka") == "delegated to maya.patel"
    assert "put off" in message(case, "extend", "CASE", as_="wanda.ortiz")
    assert message(case, "forward", "CASE", "--role", "controller", as_="maya.patel") == "forwarded to controller"
    assert "carol" in message(case, "reassign", "CASE", "--to", "carol.singh", as_="wanda.ortiz")
    assert message(case, "release-claim", "CASE", as_="carol.singh") == "claim released"
    assert case.refused("delegate", "CASE", "--to", "bob.tanaka", as_="carol.singh") == "CONFLICT"
    assert case.refused("withdraw", "CASE", as_="carol.singh") == "FORBIDDEN"
    assert message(case, "withdraw", "CASE", "--comment", "they gave up", as_="oskar") == "withdrawn: REJECT"
    assert case.state(lambda seen: seen.outcome).tasks["T1"].state is TaskState.WITHDRAWN


def test_many_decisions_over_a_frozen_list_have_an_answer_each(policy_stage: PolicyStage, tmp_path: Path) -> None:
    role = "assistant_credit_manager"  # no other test's cases await it
    cases = [policy_stage.open(amount=20_000 + number, asked=role) for number in range(3)]
    cases.append(policy_stage.open(amount=20_000, asked=role, requester="bob.tanaka"))
    first, file = cases[0], tmp_path / "list.json"
    for case in cases:
        case.asked()

    def frozen() -> set[str]:
        first.approver("bulk", "freeze", str(file), "--role", role)
        return {item["order_id"] for item in json.loads(file.read_text())["items"]}

    mine = {case.order_id for case in cases}
    eventually(frozen, mine.issubset)
    document = json.loads(file.read_text())
    document["items"] = [item for item in document["items"] if item["order_id"] in mine]
    file.write_text(json.dumps(document))
    adjust = ("adjust", "CASE", "--option", "RELEASE_ONCE", "--set", "amount=8000", "--reason", "LESS")
    message(cases[1], *adjust, as_="maya.patel")
    said = first.approver("bulk", "approve", str(file), "--json", as_="bob.tanaka")
    answers = {answer["order_id"]: answer["refusal"] for answer in said.document["answers"]}
    assert answers == {
        cases[0].order_id: None,
        cases[1].order_id: "STALE",
        cases[2].order_id: None,
        cases[3].order_id: "SEGREGATION",
    }
    assert said.code == ExitCode.PARTLY
    again = first.approver("bulk", "approve", str(file), as_="bob.tanaka")
    assert "2 of 4 recorded" in again.out
    rejected = first.approver("bulk", "reject", str(file), "--reason", "NO", "--json", as_="maya.patel")
    told = {answer["order_id"]: answer["refusal"] for answer in rejected.document["answers"]}
    assert told[cases[0].order_id] == "CONFLICT"
    assert told[cases[3].order_id] is None


def test_a_list_that_is_none_or_too_long_is_refused(policy_stage: PolicyStage, tmp_path: Path) -> None:
    case, file = policy_stage.open(), tmp_path / "list.json"
    file.write_text("{}")
    assert case.refused("bulk", "approve", str(file), as_="bob.tanaka") == "INVALID"
    item = {"workflow_id": "w", "order_id": "o", "task_id": "T1", "task_revision": 1, "option": "X"}
    items = [{**item, "amount": {"amount": "1", "currency": "USD"}}] * 201
    file.write_text(json.dumps({"frozen_at": "2026-07-06T09:00:00Z", "items": items}))
    assert case.refused("bulk", "approve", str(file), as_="bob.tanaka") == "INVALID"


@pytest.mark.parametrize("document", ["https://dms.example/c", "https://dms.example/c#abc", "ftp://x#" + "0" * 64])
def test_an_attachment_needs_a_link_and_its_digest(policy_stage: PolicyStage, document: str) -> None:
    case = policy_stage.open()
    case.state(lambda seen: seen.open_tasks)
    assert case.refused("comment", "CASE", "see there", "--attach", document, as_="bob.tanaka") == "INVALID"
