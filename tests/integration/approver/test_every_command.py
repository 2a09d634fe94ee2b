"""What holds for every command: JSON if wanted, and plain words in time if Temporal is not there."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from time import monotonic
from typing import Any

import pytest
from typer.main import get_command
from typer.testing import CliRunner

from approver import app
from runtime.approvals.refusals import ExitCode
from tests.integration.approver.stage import PATIENCE, SAID_WITHIN

ROOT = Path(__file__).parents[3]
ITEM = {
    "workflow_id": "order-exception/acme/SO-1",
    "order_id": "SO-1",
    "task_id": "T1",
    "task_revision": 1,
    "option": "X",
    "amount": {"amount": "1", "currency": "USD"},
}
LIST = {"frozen_at": "2026-07-06T09:00:00Z", "items": [ITEM]}
MORE = {
    "adjust": ("--option", "X", "--set", "amount=1", "--reason", "R"),
    "reject": ("--reason", "R"),
    "ask": ("why?",),
    "answer": ("because",),
    "comment": ("a remark",),
    "delegate": ("--to", "maya.patel"),
    "forward": ("--role", "controller"),
    "reassign": ("--to", "maya.patel"),
    "watch": ("--once",),
    "bulk reject": ("--reason", "R"),
}
"""What a command needs besides what it is about."""
LOOKING_AFTER_KEYS = "keys "


def _leaves(command: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, Any]]:
    below = getattr(command, "commands", None)
    if below is None:
        yield " ".join(path), command
        return
    for name, one in below.items():
        yield from _leaves(one, (*path, name))


COMMANDS = dict(_leaves(get_command(app)))
OVER_TEMPORAL = [name for name in COMMANDS if not name.startswith(LOOKING_AFTER_KEYS)]


def arguments(name: str, directory: Path) -> list[str]:
    """A whole command line."""
    about = {"inbox": [], "watch": []}.get(name, ["SO-1"])
    if name.startswith("bulk "):
        (directory / "list.json").write_text(json.dumps(LIST))
        about = [str(directory / "list.json")]
    return [*name.split(), *about, *MORE.get(name, ())]


def environment(address: str) -> dict[str, str]:
    return {
        "TEMPORAL_ADDRESS": address,
        "HOLDFAST_ENVIRONMENT": "dev",
        "HOLDFAST_USER": "bob.tanaka",
        "HOLDFAST_SETTINGS": "",
        "TEMPORAL_CONFIG_FILE": "/nowhere",
    }


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_can_speak_json(name: str) -> None:
    assert any("--json" in option.opts for option in COMMANDS[name].params)


@pytest.mark.parametrize("name", OVER_TEMPORAL)
def test_with_temporal_down_every_command_says_so_in_words_and_as_json(name: str, tmp_path: Path) -> None:
    began = monotonic()
    line = arguments(name, tmp_path)
    said = CliRunner().invoke(app, line, env=environment("127.0.0.1:1"))
    assert said.exit_code == ExitCode.TEMPORAL_UNREACHABLE, said.output
    assert said.stderr.startswith("TEMPORAL_UNREACHABLE: Temporal at 127.0.0.1:1 cannot be reached")
    assert said.stdout == ""
    as_json = CliRunner().invoke(app, [*line, "--json"], env=environment("127.0.0.1:1"))
    assert as_json.exit_code == ExitCode.TEMPORAL_UNREACHABLE
    assert json.loads(as_json.stdout)["refusal"]["code"] == "TEMPORAL_UNREACHABLE"
    assert monotonic() - began < 2 * SAID_WITHIN


@pytest.mark.parametrize("name", ["show", "approve", "bulk approve"])
def test_where_not_even_a_connection_comes_about_it_gives_up_in_time(name: str, tmp_path: Path) -> None:
    """As behind a firewall that drops everything: nobody says no."""
    with ExitStack() as full:
        deaf = full.enter_context(socket.socket())
        deaf.bind(("127.0.0.1", 0))
        deaf.listen(0)
        for _ in range(4):  # its queue is full: the kernel answers no more
            waiting = full.enter_context(socket.socket())
            waiting.settimeout(0)
            waiting.connect_ex(deaf.getsockname())
        began = monotonic()
        said = CliRunner().invoke(app, arguments(name, tmp_path), env=environment(f"127.0.0.1:{deaf.getsockname()[1]}"))
    assert said.exit_code == ExitCode.TEMPORAL_UNREACHABLE, said.output
    assert "Traceback" not in said.output
    assert monotonic() - began < SAID_WITHIN


@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        ("re", {"reject", "reassign", "release-claim"}),
        ("delegate SO-1 --to may", {"maya.patel"}),
        ("forward SO-1 --role cf", {"cfo"}),
    ],
)
def test_the_shell_completes_commands_and_people(typed: str, offered: set[str]) -> None:
    asked = {
        "_APPROVER.PY_COMPLETE": "complete_bash",
        "COMP_WORDS": f"approver.py {typed}",
        "COMP_CWORD": str(len(typed.split())),
        "HOLDFAST_POLICIES": str(ROOT / "policies"),
    }
    done = subprocess.run(
        [sys.executable, str(ROOT / "approver.py")],
        env={**os.environ, **environment("127.0.0.1:1"), **asked},
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert (done.returncode, set(done.stdout.split()), done.stderr) == (0, offered, "")
