"""The command line as a process: exit codes, pipes, interruptions, and a server that is not there."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic

import pytest
from temporalio import activity

from domain.calls import Authorisation, AuthoriseRequest
from domain.tasks import Action
from runtime.approvals.acting import Patience, pick_task, request_of, send
from runtime.approvals.refusals import ExitCode
from runtime.settings import EncryptionSettings
from runtime.temporal import open_client
from sandbox.temporal_server import TemporalServer
from tests.integration.approver.stage import PATIENCE, SAID_WITHIN, Enterprise, Opened, Stage, enterprise
from tests.signatures import dev_signer

ROOT = Path(__file__).parents[3]
OpenCase = Callable[..., Opened]
Start = Callable[..., subprocess.Popen[str]]


@pytest.fixture
def start(environment: Mapping[str, str]) -> Iterator[Start]:
    """Starts `approver.py` as a process of its own."""
    processes: list[subprocess.Popen[str]] = []

    def started(*arguments: str, **more: str) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, str(ROOT / "approver.py"), *arguments],
            env={**os.environ, **environment, **more},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        processes.append(process)
        return process

    yield started
    for process in processes:
        process.kill()
        process.communicate()


def test_a_refusal_is_an_exit_code_and_a_sentence(open_case: OpenCase, start: Start) -> None:
    case = open_case().asked()
    process = start("approve", case.order_id, "--as", "clerk")
    out, err = process.communicate(timeout=PATIENCE)
    assert (process.returncode, out) == (ExitCode.FORBIDDEN, "")
    assert err.startswith("FORBIDDEN: needs credit_manager\n")


def test_an_approval_exits_with_0(open_case: OpenCase, start: Start) -> None:
    case = open_case().asked()
    process = start("approve", case.order_id, "--as", "carla")
    out, err = process.communicate(timeout=PATIENCE)
    assert (process.returncode, err) == (0, "")
    assert "Recorded" in out


def test_a_reader_that_leaves_early_is_no_error(open_case: OpenCase, start: Start) -> None:
    case = open_case().asked()
    process = start("show", case.order_id, "--full", "--json")
    assert process.stdout is not None
    process.stdout.close()
    assert process.wait(PATIENCE) == 0
    assert process.stderr is not None
    assert process.stderr.read() == ""


def test_watch_prints_what_changes_and_ends_on_ctrl_c(open_case: OpenCase, start: Start) -> None:
    case = open_case().asked()
    process = start("watch", "--all", "--interval", "0.2")
    assert process.stdout is not None
    lines = iter(process.stdout.readline, "")
    assert any(f"new     {case.order_id} " in line for line in lines)
    case.approver("approve", "CASE", as_="carla")
    assert any(f"gone    {case.order_id} " in line for line in lines)
    process.send_signal(signal.SIGINT)
    assert process.wait(PATIENCE) == 0
    assert process.stderr is not None
    assert process.stderr.read() == ""


def test_an_interrupted_command_says_so_with_its_exit_code(start: Start) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        process = start("inbox", "--all", TEMPORAL_ADDRESS=f"127.0.0.1:{silent.getsockname()[1]}")
        silent.settimeout(PATIENCE)
        connection, _ = silent.accept()
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=PATIENCE)
        connection.close()
    assert (process.returncode, err) == (ExitCode.INTERRUPTED, "")


def test_watch_once_ends_by_itself(open_case: OpenCase, start: Start) -> None:
    case = open_case().asked()
    out, _ = start("watch", "--once", "--all").communicate(timeout=PATIENCE)
    assert case.order_id in out


@pytest.mark.parametrize("command", [("inbox",), ("show", "SO-1"), ("approve", "SO-1"), ("watch",)])
def test_with_temporal_down_it_says_so_in_time(start: Start, command: tuple[str, ...]) -> None:
    began = monotonic()
    process = start(*command, HOLDFAST_USER="carla", TEMPORAL_ADDRESS="127.0.0.1:1")
    _, err = process.communicate(timeout=PATIENCE)
    assert process.returncode == ExitCode.TEMPORAL_UNREACHABLE
    assert "Temporal at 127.0.0.1:1 cannot be reached" in err
    assert "Traceback" not in err
    assert monotonic() - began < SAID_WITHIN


def test_what_ends_a_watch_is_one_more_line_of_json(start: Start) -> None:
    out, _ = start("watch", "--all", "--json", TEMPORAL_ADDRESS="127.0.0.1:1").communicate(timeout=PATIENCE)
    [line] = out.splitlines()
    assert json.loads(line)["refusal"]["code"] == "TEMPORAL_UNREACHABLE"


def test_with_a_server_that_never_answers_it_gives_up_in_time(start: Start) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        began = monotonic()
        process = start("inbox", "--all", TEMPORAL_ADDRESS=f"127.0.0.1:{silent.getsockname()[1]}")
        _, err = process.communicate(timeout=PATIENCE)
    assert process.returncode == ExitCode.TEMPORAL_UNREACHABLE
    assert "Traceback" not in err
    assert monotonic() - began < SAID_WITHIN


def test_wrong_settings_are_named(start: Start) -> None:
    process = start("inbox", "--all", HOLDFAST_TASK_QUEUE="not a queue")
    _, err = process.communicate(timeout=PATIENCE)
    assert process.returncode == ExitCode.SETTINGS
    assert "task_queue" in err


@dataclass
class Slow(Enterprise):
    """An enterprise that takes its time to see whether somebody may."""

    asked: threading.Event = field(default_factory=threading.Event)
    answer: threading.Event = field(default_factory=threading.Event)

    @activity.defn(name="authorisation.authorise")
    async def authorise(self, request: AuthoriseRequest) -> Authorisation:
        self.asked.set()
        await asyncio.to_thread(self.answer.wait, PATIENCE)
        return await super().authorise(request)


def test_an_answer_survives_a_server_that_dies_before_it_was_recorded(
    tmp_path: Path, environment: Mapping[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Given the time that this machine needs to start a server again, which may be more than a person waits."""
    with TemporalServer(tmp_path) as server:
        monkeypatch.setenv("TEMPORAL_ADDRESS", server.address)
        stage = Stage(server.address)
        try:
            plain = enterprise("SO-1")
            slow = Slow(order=plain.order, judge=plain.judge)
            stop = stage.worker(slow, "slow")
            workflow = stage.start("SO-1", "slow")
            here = {**environment, "TEMPORAL_ADDRESS": server.address}
            case = Opened(stage, slow, "SO-1", workflow, here, stop).asked()
            seen = case.state()
            task = pick_task(seen, None, None)
            request = request_of(task, Action.APPROVE, "carla")
            client = stage.run(open_client("approver", EncryptionSettings(enabled=False)))
            patience = Patience(PATIENCE, 2 * PATIENCE)
            sending = stage.begin(send(client, dev_signer("carla"), seen, task, request, patience=patience))
            assert slow.asked.wait(PATIENCE)
            server.kill()
            server.start()
            slow.answer.set()
            assert sending.result(2 * PATIENCE).digest == request.digest
            case.state(lambda seen: seen.closed_at)
            assert slow.calls.count("credit.release") == 1
        finally:
            stage.close()
