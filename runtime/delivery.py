"""Carrying an event to a case, once: the calls to Temporal that the door needs.

They are made below the SDK's client because of the request id, which the client makes up anew for every call. Ours is
made of the event, so that Temporal itself drops a copy that reaches a running case, and the answer tells whether a case
was started.
"""

from __future__ import annotations

from collections.abc import Awaitable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from temporalio.api.common.v1 import Payloads
from temporalio.api.enums.v1 import WorkflowIdConflictPolicy, WorkflowIdReusePolicy
from temporalio.api.workflowservice.v1 import SignalWithStartWorkflowExecutionRequest, SignalWorkflowExecutionRequest
from temporalio.client import Client
from temporalio.common import SearchAttributePair, TypedSearchAttributes
from temporalio.converter import WorkflowSerializationContext, encode_search_attributes
from temporalio.service import RPCError

from domain.base import digest
from domain.calls import CaseRef
from domain.case import CaseStart, CaseState
from domain.events import OrderEvent
from domain.identifiers import WORKFLOW_TYPE
from runtime.temporal import TemporalUnavailable, is_missing_workflow, reason
from workflows import search_attributes as keys

ONE_CALL = timedelta(seconds=5)
_LONGEST_FAIRNESS_KEY = 64
_LONGEST_CODE = 40
Answer = TypeVar("Answer")


class NoCase(Exception):
    """No case of that id is running."""


@dataclass(frozen=True)
class Delivery:
    """The way from the door to the cases of one task queue."""

    client: Client
    task_queue: str

    async def start_or_join(self, case: CaseRef, event: OrderEvent) -> bool:
        """Hand `event` to the order's case, and start that if it is not running. True if it was started."""
        request = SignalWithStartWorkflowExecutionRequest(
            namespace=self.client.namespace,
            workflow_id=case.workflow_id,
            identity=self.client.identity,
            request_id=request_id(event),
            signal_name=event.type.signal,
            signal_input=await self._encoded(case.workflow_id, event),
            input=await self._encoded(case.workflow_id, CaseStart(ref=case)),
            workflow_id_conflict_policy=WorkflowIdConflictPolicy.WORKFLOW_ID_CONFLICT_POLICY_USE_EXISTING,
            workflow_id_reuse_policy=WorkflowIdReusePolicy.WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE,
        )
        request.workflow_type.name = WORKFLOW_TYPE
        request.task_queue.name = self.task_queue
        request.priority.fairness_key = (event.data.customer_id or "")[:_LONGEST_FAIRNESS_KEY]
        encode_search_attributes(_attributes(case, event), request.search_attributes)
        summary = await self._encoded(case.workflow_id, _summary(case, event))
        request.user_metadata.summary.CopyFrom(summary.payloads[0])
        service = self.client.workflow_service
        answer = await _answer(service.signal_with_start_workflow_execution(request, retry=True, timeout=ONE_CALL))
        return answer.started

    async def signal(self, workflow_id: str, event: OrderEvent) -> None:
        """Hand `event` to a running case. Raises NoCase if there is none."""
        request = SignalWorkflowExecutionRequest(
            namespace=self.client.namespace,
            identity=self.client.identity,
            request_id=request_id(event),
            signal_name=event.type.signal,
            input=await self._encoded(workflow_id, event),
        )
        request.workflow_execution.workflow_id = workflow_id
        service = self.client.workflow_service
        await _answer(service.signal_workflow_execution(request, retry=True, timeout=ONE_CALL))

    async def running(self, tenant: str, condition: str) -> list[str]:
        """The tenant's running cases for which `condition` holds: a filter made of checked keys only."""
        prefix = f"order-exception/{tenant}/"
        query = (
            f"WorkflowType = '{WORKFLOW_TYPE}' AND ExecutionStatus = 'Running' "
            f"AND WorkflowId STARTS_WITH '{prefix}' AND {condition}"
        )
        return await _answer(self._found(query, prefix))

    async def _found(self, query: str, prefix: str) -> list[str]:
        found = self.client.list_workflows(query, rpc_timeout=ONE_CALL)
        # said again here, because an underscore in a tenant may match any letter in the database
        return [case.id async for case in found if case.id.startswith(prefix)]

    async def _encoded(self, workflow_id: str, value: Any) -> Payloads:
        context = WorkflowSerializationContext(namespace=self.client.namespace, workflow_id=workflow_id)
        return Payloads(payloads=await self.client.data_converter.with_context(context).encode([value]))


def request_id(event: OrderEvent) -> str:
    """The same for every copy of an event."""
    return digest(event)


def held_since(event: OrderEvent) -> datetime:
    """When the hold was applied, or when we were told if the sender left out the time zone."""
    applied = event.data.hold.applied_at if event.data.hold else None
    return applied if applied is not None and applied.tzinfo is not None else event.occurred_at.astimezone(UTC)


def _attributes(case: CaseRef, event: OrderEvent) -> TypedSearchAttributes:
    pairs: list[SearchAttributePair[Any]] = [
        SearchAttributePair(keys.ORDER_ID, case.order_id),
        SearchAttributePair(keys.HELD_SINCE, held_since(event)),
        SearchAttributePair(keys.CASE_STATE, str(CaseState.OPENED)),
    ]
    if event.data.customer_id is not None:
        pairs.append(SearchAttributePair(keys.CUSTOMER_ID, event.data.customer_id))
    return TypedSearchAttributes(pairs)


def _summary(case: CaseRef, event: OrderEvent) -> str:
    """One line for lists: the order, and the code of the hold as far as it is plain text."""
    code = event.data.hold.code if event.data.hold else ""
    plain = "".join(
        letter for letter in code[:_LONGEST_CODE] if letter.isascii() and (letter.isalnum() or letter in " ._-")
    )
    return f"Held order {case.order_id}" + (f": {plain}" if plain else "")


async def _answer(call: Awaitable[Answer]) -> Answer:
    """The answer, or NoCase or TemporalUnavailable."""
    try:
        return await call
    except RPCError as error:
        if is_missing_workflow(error):
            raise NoCase from error
        raise TemporalUnavailable(f"Temporal did not take the event: {reason(error)}") from error
    except RuntimeError as error:
        raise TemporalUnavailable(f"Temporal cannot be reached: {reason(error)}") from error
