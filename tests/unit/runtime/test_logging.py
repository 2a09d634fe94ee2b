from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
import structlog
from temporalio.exceptions import ApplicationError
from temporalio.testing import ActivityEnvironment
from temporalio.worker import ActivityInboundInterceptor, ExecuteActivityInput

from domain.events import CloudEvent
from runtime.logging import CaseInLogs, configure_logging
from runtime.settings import ObservationSettings

CASE = "order-exception/acme/SO-1"


@pytest.fixture(autouse=True)
def restored() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers, root.level
    yield
    root.handlers = handlers
    root.setLevel(level)
    structlog.reset_defaults()


def configured(capsys: pytest.CaptureFixture[str], **settings: Any) -> None:
    configure_logging(ObservationSettings(**settings), "worker")
    capsys.readouterr()


def lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in capsys.readouterr().err.splitlines()]


def test_both_ways_of_logging_give_the_same_lines(capsys: pytest.CaptureFixture[str]) -> None:
    configured(capsys)
    logging.getLogger("a").info("said %s", "here")
    structlog.get_logger("b").info("said there", number=3)
    here, there = lines(capsys)
    assert (here["event"], here["logger"], here["level"], here["process"]) == ("said here", "a", "info", "worker")
    assert (there["event"], there["number"], there["process"]) == ("said there", 3, "worker")
    assert here["timestamp"].endswith("Z")


def test_a_line_of_a_workflow_names_case_and_order(capsys: pytest.CaptureFixture[str]) -> None:
    configured(capsys)
    context = {"workflow_id": CASE, "workflow_type": "OrderException", "attempt": 1}
    logging.getLogger("temporalio.workflow").warning("slow", extra={"temporal_workflow": context})
    (line,) = lines(capsys)
    assert (line["workflow_id"], line["order_id"]) == (CASE, "SO-1")
    assert "temporal_workflow" not in line


class _Logs(ActivityInboundInterceptor):
    def __init__(self) -> None:
        pass

    async def execute_activity(self, input: ExecuteActivityInput) -> Any:  # noqa: A002, ARG002
        logging.getLogger("connector").info("asked")
        structlog.get_logger().info("answered")


async def test_every_line_of_an_activity_names_case_and_order(capsys: pytest.CaptureFixture[str]) -> None:
    configured(capsys)
    environment = ActivityEnvironment()
    environment.info = environment.info.__class__(**{**vars(environment.info), "workflow_id": CASE})
    bound = CaseInLogs().intercept_activity(_Logs())

    async def run() -> None:
        given = ExecuteActivityInput(fn=run, args=[], executor=None, headers={})
        await bound.execute_activity(given)

    await environment.run(run)
    logging.getLogger().info("afterwards")
    asked, answered, afterwards = lines(capsys)
    assert asked["order_id"] == answered["order_id"] == "SO-1"
    assert asked["workflow_id"] == answered["workflow_id"] == CASE
    assert asked["activity_type"] == activity_type(environment)
    assert "order_id" not in afterwards


def activity_type(environment: ActivityEnvironment) -> str:
    return environment.info.activity_type


def test_a_failure_in_our_own_words_has_no_traceback(capsys: pytest.CaptureFixture[str]) -> None:
    configured(capsys)
    failure = ApplicationError("order SO-1: erp did not answer", type="TRANSIENT")
    logging.getLogger().warning("failed", exc_info=failure)
    (line,) = lines(capsys)
    assert (line["error"], line["error_type"]) == ("order SO-1: erp did not answer", "TRANSIENT")
    assert "exception" not in line


@pytest.mark.parametrize("form", ["json", "console"])
def test_a_traceback_shows_neither_local_values_nor_what_was_sent(
    capsys: pytest.CaptureFixture[str], form: str
) -> None:
    configured(capsys, log_format=form)
    contact = "Jane Doe"
    try:
        CloudEvent.model_validate({"id": contact, "data": {"order_id": f"{contact}'s"}})
    except ValueError:
        logging.getLogger().exception("unexpected")
    said = capsys.readouterr().err
    assert "ValidationError" in said
    assert contact not in said


def test_requests_with_addresses_in_them_are_not_logged(capsys: pytest.CaptureFixture[str]) -> None:
    configured(capsys, log_level="DEBUG")
    logging.getLogger("httpx").info("GET /v1/freight-quotes?postal_code=10001")
    assert lines(capsys) == []


def test_the_level_holds(capsys: pytest.CaptureFixture[str]) -> None:
    configured(capsys, log_level="WARNING")
    logging.getLogger("a").info("quiet")
    assert lines(capsys) == []
