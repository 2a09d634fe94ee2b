from __future__ import annotations

import asyncio
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from sandbox.processes import free_ports
from sandbox.supervisor import Part, PartCrashed, Supervisor
from tests.integration.processes import alive, eventually

ROOT = Path(__file__).parents[2]
FOREVER = "import time\nwhile True: time.sleep(1)"


def part(name: str, program: str, ready: Path | None = None) -> Part:
    async def exists() -> bool:
        return ready is not None and ready.exists()

    return Part(name, (sys.executable, "-c", program), os.environ, exists if ready else None)


async def forever() -> None:
    await asyncio.Event().wait()


async def test_a_part_that_crashes_is_named_with_its_last_words(tmp_path: Path) -> None:
    async with Supervisor(tmp_path) as supervisor:
        await supervisor.start(part("steady", FOREVER))
        steady = supervisor.process_id("steady")
        await supervisor.start(part("erp", "import sys; print('the disk is full'); sys.exit(3)"))
        with pytest.raises(PartCrashed, match=r"(?s)erp ended by itself \(exit status 3\).*the disk is full"):
            await supervisor.guard(forever())
    assert not alive(steady)


async def test_a_crash_while_starting_is_noticed_before_the_deadline_for_readiness(tmp_path: Path) -> None:
    async with Supervisor(tmp_path) as supervisor:
        with pytest.raises(PartCrashed, match="wms ended by itself"):
            await supervisor.start(part("wms", "raise SystemExit(1)", ready=tmp_path / "never"))


async def test_a_part_killed_on_purpose_is_no_crash_and_can_be_started_again(tmp_path: Path) -> None:
    ready = tmp_path / "ready"
    program = f"open({str(ready)!r}, 'w').close()\n{FOREVER}"
    async with Supervisor(tmp_path) as supervisor:
        await supervisor.start(part("worker", program, ready))
        first = supervisor.process_id("worker")
        supervisor.kill("worker")
        ready.unlink()
        await supervisor.restart("worker")
        assert not alive(first)
        assert alive(supervisor.process_id("worker"))
        assert await supervisor.guard(asyncio.sleep(0, "done")) == "done"


async def test_a_part_that_ignores_the_polite_signal_is_killed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sandbox.supervisor.END_WITHIN", 0.2)
    ready = tmp_path / "ready"
    deaf = f"import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN)\nopen({str(ready)!r}, 'w').close()\n{FOREVER}"
    async with Supervisor(tmp_path) as supervisor:
        await supervisor.start(part("deaf", deaf, ready))
        pid = supervisor.process_id("deaf")
    assert not alive(pid)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells children that their parent was killed")
def test_no_part_outlives_a_supervisor_that_was_killed(tmp_path: Path) -> None:
    program = f"""
import asyncio, os, sys
from pathlib import Path
from sandbox.supervisor import Part, Supervisor

async def main():
    async with Supervisor(Path({str(tmp_path)!r})) as supervisor:
        await supervisor.start(Part("erp", (sys.executable, "-c", {FOREVER!r}), os.environ))
        print(supervisor.process_id("erp"), flush=True)
        await asyncio.Event().wait()

asyncio.run(main())
"""
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True, cwd=ROOT) as parent:
        try:
            assert parent.stdout is not None
            child = int(parent.stdout.readline())
            assert alive(child)
        finally:
            parent.send_signal(signal.SIGKILL)
    assert eventually(lambda: not alive(child))


def test_free_ports_are_all_different_and_given_to_nobody_else(monkeypatch: pytest.MonkeyPatch) -> None:
    """Another process finds them taken too, although nobody listens yet."""
    ours = free_ports(50)
    assert len(set(ours)) == 50
    monkeypatch.setattr("sandbox.processes._PORTS", ours)
    assert free_ports(1) == []
    with socket.socket() as server:
        server.bind(("127.0.0.1", ours[0]))
        server.listen()
