"""The time-skipping server, on a machine that has other things to do."""

from __future__ import annotations

import shutil
import sys
from datetime import timedelta
from pathlib import Path

from temporalio.api.testservice.v1 import SleepRequest
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.runtime import Runtime
from temporalio.testing import WorkflowEnvironment

PATIENCE = 120.0
"""Seconds until a test gives up waiting."""


async def started(runtime: Runtime | None = None) -> WorkflowEnvironment:
    """A server of the test's own: it has one clock for everybody."""
    return await WorkflowEnvironment.start_time_skipping(
        data_converter=pydantic_data_converter,
        test_server_existing_path=shutil.which("temporal-test-server", path=str(Path(sys.executable).parent)),
        test_server_startup_timeout=timedelta(seconds=PATIENCE),
        runtime=runtime,
    )


async def let_pass(environment: WorkflowEnvironment, span: timedelta) -> None:
    """So much time passes on the server's clock, and whatever happens meanwhile happens. The environment's own `sleep`
    gives the server half a minute for that.
    """
    request = SleepRequest()
    request.duration.FromTimedelta(span)
    service = environment.client.test_service
    await service.unlock_time_skipping_with_sleep(request, timeout=timedelta(seconds=PATIENCE))
