"""Whoever can reach Temporal can send anything: what a case makes of it, on a real server."""

from __future__ import annotations

import asyncio
import json
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from temporalio.client import WorkflowUpdateFailedError
from temporalio.exceptions import ApplicationError

from activities.proofs import Keys as ProofKeys
from domain.audit import trail_of
from domain.case import CaseOutcome
from domain.keys import KeySet, KeysUnavailable
from domain.tasks import Action, Refusal, TaskRequest
from runtime.approvals.private_keys import PrivateKey
from runtime.approvals.refusals import ExitCode, Refused
from runtime.approvals.signing import Signer
from runtime.development_keys import DevelopmentKeys, development_public_key
from runtime.key_source import TRUSTED_FOR, KeySource
from sandbox.temporal_server import TemporalServer
from tests.integration.approver.proven import BOB, Attacked, proven
from tests.integration.approver.stage import PATIENCE, SAID_WITHIN, Stage, eventually, order_ids
from tests.signatures import AUDIENCE, NAMESPACE, dev_signer
from tests.unit.activities.policies import company_policies
from workflows.journal import LISTED

_ORDER_IDS = order_ids("FORGED")
FORGERIES = 5_000
STRANGER = Ed25519PrivateKey.generate()
REVOKED = development_public_key("maya.patel").model_copy(update={"revoked_at": 1})


class Keys:
    """The key set of these tests, which can be taken away."""

    def __init__(self) -> None:
        self.down = False
        self._everybody = DevelopmentKeys(company_policies)

    async def __call__(self, kid: str | None = None) -> KeySet:
        if self.down:
            raise KeysUnavailable("the keys of approvers cannot be read from https://keys.example")
        known = await self._everybody(kid)
        return KeySet.of(tuple(REVOKED if key.kid == REVOKED.kid else key for key in known.keys))


@pytest.fixture
def keys() -> Keys:
    return Keys()


class Published:
    """A key set that is published somewhere, read as a worker reads it; and the time."""

    def __init__(self) -> None:
        self.key = PrivateKey.new(BOB, 0)
        self.text: str | Exception = json.dumps(KeySet.of((self.key.public,)).document)
        self.now = 0.0
        self.source = KeySource(self.read, timedelta(seconds=30), "https://keys.example", lambda: self.now)

    async def read(self) -> str:
        if isinstance(self.text, Exception):
            raise self.text
        return self.text


@pytest.fixture
def case(stage: Stage, environment: Mapping[str, str], keys: Keys) -> Iterator[Attacked]:
    with opened(stage, environment, keys) as case:
        yield case


@contextmanager
def opened(stage: Stage, environment: Mapping[str, str], keys: ProofKeys) -> Iterator[Attacked]:
    """A case whose people are recognised by these keys."""
    order_id = next(_ORDER_IDS)
    world = proven(order_id, keys)
    stop = stage.worker(world, order_id)
    case = Attacked(stage, world, order_id, stage.start(order_id, order_id), environment, stop)
    case.state(lambda seen: seen.open_tasks)
    yield case
    stop()


def refused(case: Attacked, request: TaskRequest) -> ApplicationError:
    """The refusal of a request that whoever can reach Temporal sends."""
    with pytest.raises(WorkflowUpdateFailedError) as caught:
        case.update(request)
    assert isinstance(caught.value.cause, ApplicationError)
    return caught.value.cause


UNAUTHENTICATED, STALE = Refusal.UNAUTHENTICATED, Refusal.STALE
FORGED: dict[str, tuple[Callable[[Attacked], TaskRequest], Refusal]] = {
    "unsigned": (lambda case: case.request(), UNAUTHENTICATED),
    "forged": (lambda case: case.forged(case.request(), key=STRANGER), UNAUTHENTICATED),
    "edited": (
        lambda case: case.forged(case.request()).model_copy(update={"comment": "and more"}),
        UNAUTHENTICATED,
    ),
    "wrong kid": (lambda case: case.forged(case.request(), head={"kid": "stranger"}), UNAUTHENTICATED),
    "alg none": (
        lambda case: case.request().model_copy(
            update={"credential": "eyJhbGciOiJub25lIiwidHlwIjoiaG9sZC1kZWNpc2lvbitqd3QiLCJraWQiOiJhIn0.e30.x"}
        ),
        UNAUTHENTICATED,
    ),
    "HS256": (lambda case: case.forged(case.request(), key=b"k" * 32, algorithm="HS256"), UNAUTHENTICATED),
    "expired": (lambda case: case.forged(case.request(), at=time.time() - 700), UNAUTHENTICATED),
    "another task's": (lambda case: case.forged(case.request(), task_id="T9"), UNAUTHENTICATED),
    "another case's": (lambda case: case.forged(case.request(), workflow_id="order-exception/acme/X"), UNAUTHENTICATED),
    "old revision": (lambda case: case.forged(case.request(), task_rev=0), STALE),
    "revoked key": (lambda case: case.forged(case.request(actor="maya.patel")), UNAUTHENTICATED),
    "somebody else's key": (lambda case: case.forged(case.request(), subject="carol.singh"), UNAUTHENTICATED),
    "clock ten minutes ahead": (lambda case: case.forged(case.request(), at=time.time() + 600), UNAUTHENTICATED),
    "claim without a proof": (lambda case: case.request(action=Action.CLAIM), UNAUTHENTICATED),
    "too large": (lambda case: case.request().model_copy(update={"credential": "x" * 20_000}), Refusal.INVALID),
    "not his role": (lambda case: case.forged(case.request(actor="jack.novak")), Refusal.FORBIDDEN),
}


def test_each_forgery_has_its_refusal_changes_nothing_and_leaves_one_line(case: Attacked) -> None:
    before = case.standing()
    for name, (forge, refusal) in FORGED.items():
        request = forge(case)
        error = refused(case, request)
        assert error.type == refusal, name
        assert request.credential is None or request.credential not in str(error), name
    after, state = case.standing(), case.state()
    assert after.task == before.task
    lines = [entry.detail for entry in state.audit[before.entries :]]
    wanted = [refusal for name, (_, refusal) in FORGED.items() if name != _A_LOAD]
    told = [re.fullmatch(r"(?:APPROVE|CLAIM) of T1 as [a-z.]+: ([A-Z]+)", line) for line in lines]
    assert [found and found[1] for found in told] == wanted, lines
    assert case.send(case.request()).message == "APPROVED: RELEASE_ONCE"


_A_LOAD = "too large"
"""Turned away by the validator, which must leave no trace in a history: its line is in the worker's log."""

WRONG: dict[str, tuple[dict[str, Any], Refusal]] = {
    "no such task": ({"task_id": "T9"}, Refusal.NOT_FOUND),
    "another revision": ({"task_revision": 7}, STALE),
    "no such option": ({"option": "GIVE_IT_AWAY"}, Refusal.INVALID),
    "not claimed": ({"action": Action.ASK, "comment": "why?"}, Refusal.CONFLICT),
}


def test_a_signed_request_that_comes_to_nothing_has_its_refusal_and_one_line(case: Attacked) -> None:
    before = case.standing()
    for name, (wrong, refusal) in WRONG.items():
        assert refused(case, case.forged(case.request(**wrong))).type == refusal, name
    state = case.state()
    assert case.standing().task == before.task
    lines = [entry.detail.rpartition(": ")[2] for entry in state.audit[before.entries :]]
    assert lines == [str(refusal) for _, refusal in WRONG.values()]


def test_of_refusals_without_end_the_first_have_a_line_and_the_others_cost_the_case_nothing(case: Attacked) -> None:
    before, stale = case.standing(), case.forged(case.request(task_revision=7))
    for _ in range(LISTED + 5):
        assert refused(case, stale).type == STALE
    state = case.state()
    assert len(trail_of(state).entries) == before.entries + LISTED
    length = case.stage.run(case.stage.client.get_workflow_handle(case.workflow).describe()).history_length
    assert refused(case, stale).type == STALE
    assert case.stage.run(case.stage.client.get_workflow_handle(case.workflow).describe()).history_length == length
    assert case.send(case.request()).message == "APPROVED: RELEASE_ONCE"


def test_what_is_signalled_passes_the_same_gate_and_every_refusal_has_one_line(case: Attacked) -> None:
    before = case.standing()
    for forge, _ in FORGED.values():
        case.signal(forge(case))
    wanted = before.entries + len(FORGED)
    state = case.state(lambda seen: len(seen.audit) >= wanted)
    assert case.standing().task == before.task
    said = [entry.detail.rpartition(": ")[2] for entry in state.audit[before.entries :]]
    assert sorted(said) == sorted(str(refusal) for _, refusal in FORGED.values())
    case.signal(case.forged(case.request()))
    assert case.state(lambda seen: seen.outcome).outcome is CaseOutcome.RELEASED


def test_a_signal_of_the_temporal_cli_without_a_proof_is_ignored(case: Attacked, temporal: TemporalServer) -> None:
    binary = shutil.which("temporal", path=str(Path(sys.executable).parent))
    assert binary is not None
    before = case.standing()
    unsigned = {"task_id": "T1", "task_revision": 1, "action": "APPROVE", "actor": BOB}
    for content in (unsigned, unsigned | {"credential": "a.b.c"}, unsigned | {"actor": "system:policy"}):
        command = [binary, "workflow", "signal", "--address", temporal.address, "--workflow-id", case.workflow]
        done = subprocess.run(
            [*command, "--name", "decision", "--input", json.dumps(content)],
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )
        assert done.returncode == 0, done.stderr
    state = case.state(lambda seen: len(seen.audit) == before.entries + 3)
    assert {entry.action for entry in state.audit[before.entries :]} == {"refused"}
    assert case.standing().task == before.task


async def _flood(case: Attacked, requests: list[TaskRequest], thrown: list[int]) -> None:
    """As fast as a server takes it: most as signals, some as updates, which a server takes ten of at a time."""
    handle = case.stage.client.get_workflow_handle(case.workflow)
    free = asyncio.Semaphore(40)

    async def throw(number: int, request: TaskRequest) -> None:
        async with free:
            try:
                if number % 20:
                    await handle.signal("decision", request)
                else:
                    await handle.execute_update("decide", request)
            except Exception:  # noqa: BLE001 - whatever becomes of a forgery, the next one is thrown
                return
            finally:
                thrown.append(number)

    await asyncio.gather(*(throw(number, request) for number, request in enumerate(requests)))


def test_a_flood_of_forgeries_changes_nothing_and_holds_up_nobody(case: Attacked) -> None:
    before = case.standing()
    forgery = case.forged(case.request(), key=STRANGER)
    flood = [forgery.model_copy(update={"comment": f"forgery {number}"}) for number in range(FORGERIES)]
    thrown: list[int] = []
    flooding = asyncio.run_coroutine_threadsafe(_flood(case, flood, thrown), case.stage._loop)
    eventually(lambda: len(thrown), lambda count: count > FORGERIES // 3, 3 * PATIENCE)
    amid = seconds(lambda: case.send(case.request(action=Action.COMMENT, comment="honest")))
    flooding.result(600)
    after = seconds(lambda: case.send(case.request()))
    assert amid < PATIENCE
    assert after < SAID_WITHIN
    state = case.state(lambda seen: seen.outcome)
    assert state.tasks["T1"].decision is not None
    assert state.tasks["T1"].decision.decided_by == BOB
    assert len(state.audit) < 500, "the story of the case is still there"
    assert case.world.calls.count("credit.release") == 1
    assert before.task.deadlines == state.tasks["T1"].deadlines
    print(f"{FORGERIES} forgeries: a comment amid them took {amid:.2f} s, the approval {after:.2f} s")  # noqa: T201


def seconds(work: Callable[[], object]) -> float:
    """How long it took."""
    began = time.monotonic()
    work()
    return time.monotonic() - began


@pytest.mark.parametrize(
    ("seconds_off", "said"), [(600, "s ahead of the case's; 30 s are allowed"), (-600, "the clock is behind")]
)
def test_an_approver_whose_clock_is_wrong_is_told_so(case: Attacked, seconds_off: int, said: str) -> None:
    before = case.standing()
    with pytest.raises(Refused) as caught:
        case.send(case.request(), dev_signer(BOB, clock=lambda: time.time() + seconds_off))
    assert caught.value.code is ExitCode.UNAUTHENTICATED
    assert said in caught.value.message
    assert case.standing().task == before.task


def test_an_update_id_that_somebody_used_before_is_noticed(case: Attacked) -> None:
    first = case.request(action=Action.COMMENT, comment="one thing")
    case.send(first, update_id="the-same")
    with pytest.raises(Refused) as caught:
        case.send(case.request(action=Action.COMMENT, comment="another thing"), update_id="the-same")
    assert caught.value.code is ExitCode.RECEIPT_MISMATCH


def test_a_claim_that_was_copied_does_not_take_the_task_again(case: Attacked) -> None:
    claim = dev_signer(BOB).sign(*case.seen(), case.request(action=Action.CLAIM))
    handle = case.stage.client.get_workflow_handle(case.workflow)
    first: Any = case.stage.run(handle.execute_update("claim", claim))
    case.send(case.request(action=Action.RELEASE_CLAIM))
    again: Any = case.stage.run(handle.execute_update("claim", claim))
    assert again == first
    assert case.seen()[1].owner is None


def test_without_keys_nobody_decides_and_it_recovers_by_itself(case: Attacked, keys: Keys) -> None:
    before = case.standing()
    keys.down = True
    with pytest.raises(Refused) as caught:
        case.send(case.request())
    assert caught.value.code is ExitCode.UNAVAILABLE
    assert case.standing().task == before.task
    keys.down = False
    assert case.send(case.request()).message == "APPROVED: RELEASE_ONCE"


@pytest.mark.parametrize(
    "trouble", [httpx.ConnectError("refused"), TimeoutError(), "<html>"], ids=["down", "slow", "garbage"]
)
def test_row_21_a_key_set_in_trouble_counts_for_a_quarter_of_an_hour_then_nobody_decides_until_it_is_back(
    stage: Stage, environment: Mapping[str, str], trouble: str | Exception
) -> None:
    published = Published()
    good, signer = published.text, Signer(published.key, AUDIENCE, NAMESPACE)
    with opened(stage, environment, published.source) as case:
        case.send(case.request(action=Action.COMMENT, comment="as long as it is there"), signer)
        published.text, published.now = trouble, TRUSTED_FOR.total_seconds()
        case.send(case.request(action=Action.COMMENT, comment="and for a while without it"), signer)
        before = case.standing()
        published.now += 1
        with pytest.raises(Refused) as caught:
            case.send(case.request(), signer)
        assert caught.value.code is ExitCode.UNAVAILABLE
        assert "https://keys.example" in caught.value.message
        assert case.standing().task == before.task
        published.text, published.now = good, published.now + 60
        assert case.send(case.request(), signer).message == "APPROVED: RELEASE_ONCE"


def test_a_decision_keeps_by_what_its_maker_was_recognised(case: Attacked) -> None:
    receipt = case.send(case.request())
    state = case.state(lambda seen: seen.closed_at)
    decision = state.tasks["T1"].decision
    assert decision is not None
    assert decision.evidence is not None
    assert decision.evidence.kid == development_public_key(BOB).kid
    assert decision.evidence.proof == receipt.proof
    assert decision.policy_version == company_policies().version
    assert [entry.actor for entry in state.audit if entry.proof == receipt.proof] == [BOB]


def exported(case: Attacked, file: Path) -> dict[str, Any]:
    said = case.approver("audit", "show", "CASE", "--json")
    assert said.code == 0, said
    file.write_text(said.out)
    document: dict[str, Any] = said.document
    return document


def test_the_audit_chain_of_a_closed_case_verifies_and_every_tampering_is_named(case: Attacked, tmp_path: Path) -> None:
    receipt = case.send(case.request())
    case.state(lambda seen: seen.closed_at)
    eventually(lambda: case.approver("audit", "verify", "CASE").code, lambda code: code == 0)
    file = tmp_path / "chain.json"
    original = exported(case, file)
    anchor = f"{receipt.audit_length}:{receipt.audit_head[:12]}"
    verified = case.approver("audit", "verify", "CASE", "--file", str(file), "--anchor", anchor)
    assert (verified.code, "The chain holds" in verified.out) == (0, True), verified
    assert case.approver("audit", "verify", "--file", str(file)).code == 0
    for number, entries in tampered(original["entries"]):
        file.write_text(json.dumps(original | {"entries": entries}))
        said = case.approver("audit", "verify", "--file", str(file))
        assert said.code == ExitCode.AUDIT_BROKEN
        assert f"Entry {number} of {case.workflow} " in said.err


def tampered(entries: list[dict[str, Any]]) -> Iterator[tuple[int, list[dict[str, Any]]]]:
    """The number of the first bad entry, and the entries: one edited, one removed, two swapped, the tail cut."""
    yield 2, [entries[0], entries[1] | {"actor": "mallory"}, *entries[2:]]
    yield 3, [*entries[:2], *entries[3:]]
    yield 1, [entries[1], entries[0], *entries[2:]]
    yield len(entries), entries[:-1]
