"""Logs: one line an event, JSON or for a console, with the order and the case on every line that concerns one.

Ids only: no names, addresses or contents of events. Lines of workflows come through `workflow.logger`, which is silent
during replay; lines of activities get their case from the interceptor.
"""

from __future__ import annotations

import logging
import sys
from typing import Any

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger
from temporalio import activity, workflow
from temporalio.exceptions import ApplicationError
from temporalio.worker import ActivityInboundInterceptor, ExecuteActivityInput, Interceptor

from runtime.settings import ObservationSettings

_QUIET = ("httpx", "httpcore", "uvicorn.access", "asyncio")
"""Libraries that would log addresses of requests, which name customers' places, or the debugging of their own."""
_CASE_PREFIX = "order-exception/"
_SDK_CONTEXTS = ("temporal_workflow", "temporal_activity")
_SDK_KEYS = ("workflow_id", "workflow_run_id", "run_id", "activity_type", "attempt", "update_id", "update_name")


def configure_logging(settings: ObservationSettings, process: str) -> None:
    """Send everything, also what uses the standard library, to standard error in the chosen form."""
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.PositionalArgumentsFormatter(),
        structlog.stdlib.ExtraAdder(allow=_SDK_CONTEXTS),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _flatten_sdk_context,
        _name_order,
        _shorten_expected_failure,
    ]
    # said in fields of their own, not once more inside the message
    workflow.logger.workflow_info_on_message = False
    activity.logger.activity_info_on_message = False
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared, processors=[_with(process), *_rendering(settings)]
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(settings.log_level)
    for name in _QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)


def case_fields(workflow_id: str) -> dict[str, str]:
    """What a line about that workflow says: the case and, if it is one, the order."""
    fields = {"workflow_id": workflow_id}
    if workflow_id.startswith(_CASE_PREFIX):
        fields["order_id"] = workflow_id.rpartition("/")[2]
    return fields


def _rendering(settings: ObservationSettings) -> list[Processor]:
    clean: Processor = structlog.stdlib.ProcessorFormatter.remove_processors_meta
    if settings.log_format == "console":
        plain = structlog.dev.ConsoleRenderer(
            colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback
        )
        return [clean, plain]
    # no values of local variables: they would carry personal data
    traceback = structlog.processors.ExceptionRenderer(structlog.tracebacks.ExceptionDictTransformer(show_locals=False))
    return [clean, traceback, structlog.processors.JSONRenderer()]


def _with(process: str) -> Processor:
    def add(logger: WrappedLogger, method: str, event: EventDict) -> EventDict:  # noqa: ARG001 - structlog's shape
        return {**event, "process": process}

    return add


def _flatten_sdk_context(logger: WrappedLogger, method: str, event: EventDict) -> EventDict:  # noqa: ARG001 - structlog's shape
    """Bring what the SDK knows of a line's workflow or activity to the top, in our names."""
    for name in _SDK_CONTEXTS:
        context = event.pop(name, None)
        if isinstance(context, dict):
            event = {**{key: context[key] for key in _SDK_KEYS if key in context}, **event}
    return event


def _name_order(logger: WrappedLogger, method: str, event: EventDict) -> EventDict:  # noqa: ARG001 - structlog's shape
    workflow_id = event.get("workflow_id")
    return {**case_fields(workflow_id), **event} if isinstance(workflow_id, str) else event


def _shorten_expected_failure(logger: WrappedLogger, method: str, event: EventDict) -> EventDict:  # noqa: ARG001 - structlog's shape
    """A failure that an activity reports in our own words needs no traceback."""
    cause = event.get("exc_info")
    error = cause[1] if isinstance(cause, tuple) else cause
    if not isinstance(error, ApplicationError):
        return event
    return {**event, "exc_info": None, "error": error.message, "error_type": error.type}


class CaseInLogs(Interceptor):
    """Binds the case to every line that is logged while one of its activities runs."""

    def intercept_activity(self, next: ActivityInboundInterceptor) -> ActivityInboundInterceptor:  # noqa: A002 - the SDK's name
        """See the base class."""
        return _BoundActivity(next)


class _BoundActivity(ActivityInboundInterceptor):
    async def execute_activity(self, input: ExecuteActivityInput) -> Any:  # noqa: A002 - the SDK's name
        info = activity.info()
        case = case_fields(info.workflow_id or "")
        with structlog.contextvars.bound_contextvars(**case, activity_type=info.activity_type, attempt=info.attempt):
            return await super().execute_activity(input)
