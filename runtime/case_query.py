"""Asking a case for its state, also in the moment in which a worker can't tell it."""

from __future__ import annotations

from datetime import timedelta
from typing import TypeVar

from pydantic import BaseModel
from temporalio.client import Client, WorkflowQueryFailedError
from tenacity import AsyncRetrying, retry_if_exception, stop_after_attempt, wait_fixed

TOO_EARLY = "Something has just happened to this case that no worker was told yet. Ask again."
"""What a worker answers in place of the state: see runtime/whole_tasks.py."""

State = TypeVar("State", bound=BaseModel)


async def query_case(
    client: Client, workflow: str, state: type[State], *, run_id: str | None = None, within: timedelta | None = None
) -> State:
    """The state of a case or root cause, open or closed. Each try takes at most `within`.

    Asks again when it was too early: then a workflow task is under way, and the server answers with it. Raises
    WorkflowQueryFailedError and RPCError as the client does.
    """
    handle = client.get_workflow_handle(workflow, run_id=run_id)
    async for attempt in AsyncRetrying(
        retry=retry_if_exception(_too_early), stop=stop_after_attempt(5), wait=wait_fixed(0.2), reraise=True
    ):
        with attempt:
            answer: State = await handle.query("case", result_type=state, rpc_timeout=within)
    return answer


def _too_early(error: BaseException) -> bool:
    return isinstance(error, WorkflowQueryFailedError) and TOO_EARLY in str(error)
