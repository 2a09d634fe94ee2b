"""How tests are run: which of them in one process, and with which examples.

Hypothesis takes the same examples in every run, and none fails for want of speed. For others, and new ones each time:
`pytest --hypothesis-profile=explore`.
"""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from xdist.scheduler import LoadFileScheduling  # type: ignore[import-untyped]

CONTRACT = "tests/contract/"

settings.register_profile(
    "repeatable", derandomize=True, deadline=None, print_blob=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile("explore", settings.get_profile("repeatable"), derandomize=False)
settings.load_profile("repeatable")


class Together(LoadFileScheduling):  # type: ignore[misc]
    """Tests of one file run in one process; so do those of the contract, because a Tryton takes a minute to start."""

    def _split_scope(self, nodeid: str) -> str:
        return CONTRACT if nodeid.startswith(CONTRACT) else str(super()._split_scope(nodeid))


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Together | None:
    """For `--dist loadfile`."""
    return Together(config, log) if config.getoption("dist") == "loadfile" else None
