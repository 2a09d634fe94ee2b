"""The inbox of a busy company: 5,000 open cases, and every request that listing them takes.

The client is the real one; visibility behind it is a list in memory that pages as the server does. That the windows of
time find the same on a real server is for `test_inbox.py`.
"""

from __future__ import annotations

import re
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any
from unittest.mock import patch

import pytest
from temporalio.api.workflow.v1 import WorkflowExecutionInfo
from temporalio.api.workflowservice.v1 import (
    CountWorkflowExecutionsRequest,
    CountWorkflowExecutionsResponse,
    ListWorkflowExecutionsRequest,
    ListWorkflowExecutionsResponse,
)
from temporalio.client import Client
from temporalio.common import SearchAttributePair, TypedSearchAttributes
from temporalio.converter import encode_search_attributes

from domain.identifiers import workflow_id
from runtime.approvals.inbox import Inbox, read_inbox
from workflows import search_attributes as keys

OPEN = 5_000
NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
_WINDOW = re.compile(r"DueAt >= '([^']+)' AND DueAt < '([^']+)'")


class Visibility:
    """Cases that await the buyer, due at a minute each; counts what it is asked."""

    def __init__(self) -> None:
        self.requests: Counter[str] = Counter()
        self._dues = [NOW + timedelta(minutes=number) for number in range(OPEN)]

    async def call(self, *, rpc: str, req: Any, **_: Any) -> Any:
        """Answer as the server would."""
        self.requests[rpc] += 1
        numbers = self._matching(req.query)
        if isinstance(req, CountWorkflowExecutionsRequest):
            return CountWorkflowExecutionsResponse(count=len(numbers))
        assert isinstance(req, ListWorkflowExecutionsRequest), f"the inbox asks for {rpc}"
        begin = int(req.next_page_token or b"0")
        end = begin + req.page_size
        return ListWorkflowExecutionsResponse(
            executions=[self._execution(number) for number in numbers[begin:end]],
            next_page_token=str(end).encode() if end < len(numbers) else b"",
        )

    def _matching(self, query: str) -> list[int]:
        if "DueAt IS NULL" in query:
            return []
        window = _WINDOW.search(query)
        if window is None:
            return list(range(OPEN))
        start, end = (datetime.fromisoformat(bound) for bound in window.groups())
        return [number for number, due in enumerate(self._dues) if start <= due < end]

    def _execution(self, number: int) -> WorkflowExecutionInfo:
        info = WorkflowExecutionInfo()
        info.execution.workflow_id = workflow_id("acme", f"LOAD-{number}")
        pairs: list[SearchAttributePair[Any]] = [
            SearchAttributePair(keys.ORDER_ID, f"LOAD-{number}"),
            SearchAttributePair(keys.AWAITING_ROLE, ["buyer"]),
            SearchAttributePair(keys.DUE_AT, self._dues[number]),
        ]
        encode_search_attributes(TypedSearchAttributes(pairs), info.search_attributes)
        return info


async def listed(limit: int) -> tuple[Inbox, Counter[str]]:
    """The inbox, and every request that it took."""
    client, visibility = await Client.connect("127.0.0.1:1", lazy=True), Visibility()
    with patch.object(client.service_client, "_rpc_call", visibility.call):
        return await read_inbox(client, ["buyer"], limit, NOW), visibility.requests


@pytest.mark.parametrize("limit", [50, 200, 1000])
async def test_five_thousand_cases_take_a_few_pages_of_visibility_and_no_history(limit: int) -> None:
    inbox, requests = await listed(limit)
    assert [row.order_id for row in inbox.rows] == [f"LOAD-{number}" for number in range(limit)]
    assert inbox.total == OPEN
    assert set(requests) == {"count_workflow_executions", "list_workflow_executions"}
    assert requests["list_workflow_executions"] <= limit // 200 + 3
    assert requests["count_workflow_executions"] <= 20


async def test_all_of_them_are_read_page_by_page() -> None:
    inbox, requests = await listed(10_000)
    assert len(inbox.rows) == OPEN
    assert requests["list_workflow_executions"] == OPEN // 200
    assert requests["count_workflow_executions"] == 1
