"""A run that is killed takes its Tryton along, and its PostgreSQL."""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.contract.conftest import BACKEND
from tests.integration.processes import Started, eventually

PATIENCE = 600.0


@pytest.fixture
def scratch() -> Iterator[Path]:
    """For the files, which nobody takes away when a run is killed. A PostgreSQL as nobody wants to get in."""
    folder = Path(tempfile.mkdtemp(prefix="holdfast-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


@pytest.mark.skipif(sys.platform != "linux", reason="only there the kernel tells a process that its parent died")
def test_a_run_that_is_killed_leaves_no_process_behind(scratch: Path) -> None:
    run = Started("tests.contract.kept_up", scratch, str(scratch / "erp"), BACKEND.value)
    try:
        assert eventually(lambda: "up" in run.said().split() or run.ended, PATIENCE), run.said()
        assert not run.ended, run.said()
        assert len(run.left()) > 1
    finally:
        run.kill()
    assert eventually(lambda: not run.left(), PATIENCE), run.left()
