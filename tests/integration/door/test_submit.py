from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Self

import pytest
from temporalio.client import Client

from domain.identifiers import workflow_id
from sandbox.temporal_server import TemporalServer
from tests.integration.door.stage import PATIENCE, ROOT, SAID_WITHIN, an_order, environment_for, event, told
from tests.integration.processes import eventually

MANY = 1_000
"""Events: more than the pipe between the program and the test holds, so that a run is stopped half-way."""
STOPPED = 3


class Starter:
    """`starter.py submit` in a directory of its own. What was begun ends with the block."""

    def __init__(self, server: TemporalServer, directory: Path) -> None:
        self._environment = environment_for(server)
        self._begun: list[subprocess.Popen[bytes]] = []
        self.directory = directory

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for run in self._begun:
            run.kill()
            run.communicate()

    def command(self, *arguments: str) -> list[str]:
        return [sys.executable, str(ROOT / "starter.py"), "submit", "--json", *arguments]

    def __call__(self, *arguments: str, stdin: bytes = b"") -> tuple[int, list[dict[str, Any]], str]:
        done = subprocess.run(
            self.command(*arguments),
            cwd=self.directory,
            env=self._environment,
            input=stdin,
            capture_output=True,
            timeout=PATIENCE,
            check=False,
        )
        outcomes = [json.loads(line) for line in done.stdout.splitlines()]
        return done.returncode, outcomes, done.stderr.decode()

    def to_the_end(self, file: str) -> tuple[list[dict[str, Any]], str]:
        """Resume a run until all is done: a Temporal that is slow to take events stops it as one that is down does."""
        outcomes: list[dict[str, Any]] = []
        for _ in range(20):
            code, found, said = self(file, "--resume")
            outcomes += found
            if code != STOPPED:
                assert code == 0, said
                break
        return outcomes, said

    def begin(self, *arguments: str) -> subprocess.Popen[bytes]:
        run = subprocess.Popen(
            self.command(*arguments),
            cwd=self.directory,
            env=self._environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        self._begun.append(run)
        return run

    def quarantine(self) -> list[dict[str, Any]]:
        file = self.directory / "holdfast-quarantine.jsonl"
        return [json.loads(line) for line in file.read_text().splitlines()]

    @property
    def position(self) -> Path:
        return self.directory / "holdfast-position.json"

    def done_through(self) -> int:
        """How far the position file says that standard input is done."""
        if not self.position.exists():
            return 0
        return int(json.loads(self.position.read_text())["sources"]["-"]["done_through"])


@pytest.fixture
def starter(temporal: TemporalServer, tmp_path: Path) -> Iterator[Starter]:
    with Starter(temporal, tmp_path) as starter:
        yield starter


def lines(events: Sequence[dict[str, Any]]) -> bytes:
    return b"".join(json.dumps(each).encode() + b"\n" for each in events)


def holds(number: int) -> list[dict[str, Any]]:
    return [event(order_id=an_order()) for _ in range(number)]


async def test_a_file_of_json_lines_is_submitted(client: Client, starter: Starter) -> None:
    events = holds(20)
    order_id = events[0]["data"]["order_id"]
    events += [events[3], event(order_id=order_id), event("order_changed", order_id="SO-unknown")]
    (starter.directory / "events.jsonl").write_bytes(lines(events))

    code, outcomes, summary = starter("events.jsonl")

    assert code == 0, summary
    found = {outcome["position"]: outcome["disposition"] for outcome in outcomes}
    assert found == {**dict.fromkeys(range(1, 21), "accepted"), 21: "duplicate", 22: "joined", 23: "no-case"}
    assert "20 accepted" in summary
    assert len((await told(client, order_id)).events) == 2
    assert not starter.position.exists()


async def test_standard_input_may_be_an_array_laid_out_anyhow(client: Client, starter: Starter) -> None:
    events = holds(3)
    code, outcomes, _ = starter(stdin=b"\xef\xbb\xbf\n " + json.dumps(events, indent=3).encode())
    assert code == 0
    assert sorted(outcome["position"] for outcome in outcomes) == [1, 2, 3]
    assert len((await told(client, events[2]["data"]["order_id"])).events) == 1


def test_rejected_events_are_quarantined_as_they_came_with_the_reason(starter: Starter) -> None:
    good = holds(1)[0]
    wrong_key = event(order_id="x' OR OrderId != 'zzz")
    huge = event(order_id="SO-1", detail="x" * 2_200_000)
    body = b"\n".join(
        [b"{not json", json.dumps(wrong_key).encode(), json.dumps(good).encode(), json.dumps(huge).encode(), b"\xff\n"]
    )

    code, outcomes, summary = starter("-", stdin=body)

    assert code == 1
    assert "4 rejected" in summary
    assert [each["disposition"] for each in outcomes if each["position"] == 3] == ["accepted"]
    kept = {line["position"]: line for line in starter.quarantine()}
    assert kept.keys() == {1, 2, 4, 5}
    assert kept[1]["text"] == "{not json"
    assert kept[2]["text"] == json.dumps(wrong_key)
    assert "data/order_id" in kept[2]["reason"]
    assert "bytes" in kept[4]["reason"]
    assert kept[4]["size"] > 2_200_000
    assert "base64" in kept[5]
    assert (starter.directory / "holdfast-quarantine.jsonl").stat().st_mode & 0o077 == 0


def test_an_array_that_is_cut_off_is_not_taken_for_whole(starter: Starter) -> None:
    events = holds(2)
    code, outcomes, _ = starter(stdin=json.dumps(events).encode()[:-30])
    assert code == 1
    assert [outcome["disposition"] for outcome in outcomes].count("accepted") == 1
    assert "cut off" in starter.quarantine()[0]["reason"]


def test_a_strangers_text_does_not_reach_the_terminal(starter: Starter) -> None:
    body = lines([event(order_id=an_order(), id="\x1b[31mred\u202e\n")])
    done = subprocess.run(
        [sys.executable, str(ROOT / "starter.py"), "submit"],
        cwd=starter.directory,
        env=starter._environment,
        input=body,
        capture_output=True,
        timeout=PATIENCE,
        check=False,
    )
    assert done.stdout.isascii()
    assert b"\x1b" not in done.stdout
    assert done.stdout.count(b"\n") == 1


async def test_temporal_down_stops_the_run_and_resume_does_the_rest_once(tmp_path: Path) -> None:
    with TemporalServer(tmp_path / "temporal") as server, Starter(server, tmp_path) as starter:
        events = holds(MANY)
        (tmp_path / "events.jsonl").write_bytes(lines(events))
        run = starter.begin("events.jsonl", "--lanes", "10")
        assert run.stdout is not None
        assert run.stderr is not None
        before = [json.loads(run.stdout.readline()) for _ in range(100)]

        server.kill()
        killed = time.monotonic()
        before += [json.loads(line) for line in run.stdout.read().splitlines()]
        said = run.stderr.read().decode()
        code = run.wait(PATIENCE)

        assert time.monotonic() - killed < SAID_WITHIN
        assert (code, "--resume" in said) == (3, True), said
        assert 100 <= len(before) < MANY
        again, nothing, _ = starter("events.jsonl", "--resume")
        assert (again, nothing) == (3, [])

        server.start()
        after, said = starter.to_the_end("events.jsonl")

        positions = [each["position"] for each in (*before, *after)]
        assert sorted(positions) == list(range(1, MANY + 1)), said
        assert not starter.position.exists()
        client = await Client.connect(server.address)
        query = "WorkflowType = 'OrderException'"
        deadline = time.monotonic() + PATIENCE
        while (await client.count_workflows(query)).count != MANY:
            assert time.monotonic() < deadline
        description = await client.get_workflow_handle(workflow_id("acme", events[-1]["data"]["order_id"])).describe()
        assert description.raw_description.workflow_execution_info.type.name == "OrderException"


def test_temporal_that_hangs_stops_the_run_within_ten_seconds(tmp_path: Path) -> None:
    with TemporalServer(tmp_path / "temporal") as server, Starter(server, tmp_path) as starter:
        run = starter.begin("-")
        assert run.stdin is not None
        assert run.stdout is not None
        run.stdin.write(lines(holds(1)))
        run.stdin.flush()
        assert json.loads(run.stdout.readline())["disposition"] == "accepted"
        os.kill(server.pid or 0, signal.SIGSTOP)
        run.stdin.write(lines(holds(1)))
        run.stdin.flush()
        stopped = time.monotonic()
        assert run.wait(PATIENCE) == 3
        assert time.monotonic() - stopped < SAID_WITHIN
        assert starter.position.exists()
        os.kill(server.pid or 0, signal.SIGCONT)


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_run_can_be_resumed_too(starter: Starter, how: signal.Signals) -> None:
    run = starter.begin("-")
    assert run.stdin is not None
    assert run.stdout is not None
    first, second = holds(2)
    run.stdin.write(lines([first]))
    run.stdin.flush()
    run.stdout.readline()
    run.send_signal(how)
    assert run.wait(PATIENCE) == 130

    code, outcomes, _ = starter("-", "--resume", stdin=lines([first, second]))

    assert code == 0
    assert [(each["position"], each["disposition"]) for each in outcomes] == [(2, "accepted")]


def test_a_killed_run_is_resumed_near_where_it_was_and_quarantines_nothing_twice(starter: Starter) -> None:
    events = [event(order_id="x y") if number % 4 == 0 else holds(1)[0] for number in range(1, 41)]
    run = starter.begin("-")
    assert run.stdin is not None
    assert run.stdout is not None
    run.stdin.write(lines(events[:30]))
    run.stdin.flush()
    assert eventually(lambda: starter.done_through() == 30)
    run.stdin.write(lines(events[30:]))
    run.stdin.flush()
    for _ in range(40):
        run.stdout.readline()
    run.kill()
    run.wait()

    code, outcomes, summary = starter("-", "--resume", stdin=lines([*events, event(order_id="y x"), *holds(1)]))

    wrong = [number for number, each in enumerate(events, 1) if each["data"]["order_id"] == "x y"]
    again = {each["position"]: each["disposition"] for each in outcomes}
    assert again.keys() <= set(range(31, 43)) - set(wrong)
    assert (again.pop(41), again.pop(42)) == ("rejected", "accepted")
    assert set(again.values()) <= {"duplicate", "joined"}
    assert (code, f"{len(wrong) + 1} rejected" in summary) == (1, True), summary
    assert sorted(line["position"] for line in starter.quarantine()) == [*wrong, 41]
    assert not starter.position.exists()


def test_what_the_interrupted_run_rejected_still_counts_when_it_is_resumed(starter: Starter) -> None:
    run = starter.begin("-")
    assert run.stdin is not None
    assert run.stdout is not None
    wrong, good = event(order_id="x y"), holds(1)[0]
    run.stdin.write(lines([wrong]))
    run.stdin.flush()
    assert json.loads(run.stdout.readline())["disposition"] == "rejected"
    run.send_signal(signal.SIGINT)
    assert run.wait(60) == 130

    code, outcomes, summary = starter("-", "--resume", stdin=lines([wrong, good]))

    assert [each["disposition"] for each in outcomes] == ["accepted"]
    assert (code, "1 rejected" in summary) == (1, True), summary
    assert [line["position"] for line in starter.quarantine()] == [1]


def test_resuming_with_another_file_is_refused(starter: Starter) -> None:
    run = starter.begin("-")
    assert run.stdin is not None
    assert run.stdout is not None
    run.stdin.write(lines(holds(1)))
    run.stdin.flush()
    run.stdout.readline()
    run.send_signal(signal.SIGINT)
    run.wait(PATIENCE)

    code, outcomes, said = starter("-", "--resume", stdin=lines(holds(1)))

    assert (code, outcomes) == (2, [])
    assert "first event" in said


def test_files_that_are_not_there_and_positions_that_are_not_there_are_named(starter: Starter) -> None:
    assert starter("nowhere.jsonl")[0] == 2
    code, _, said = starter("-", "--resume")
    assert (code, "no run was interrupted" in said) == (2, True)
