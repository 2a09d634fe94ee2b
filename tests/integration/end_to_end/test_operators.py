"""What an operator sees in the Temporal UI and its CLI, and what nobody may see anywhere."""

from __future__ import annotations

import asyncio
import json
from datetime import datetime
from typing import Any

import pytest

from domain.case import CaseState, ClosingSummary
from sandbox.temporal_server import _binary
from tests.integration.end_to_end import orders
from tests.integration.end_to_end.company import Company, Order
from tests.integration.end_to_end.history import scheduled, summary, timers
from tests.integration.end_to_end.messenger import Messenger, hold_placed, invoiced
from workflows import search_attributes as keys

pytestmark = pytest.mark.asyncio(loop_scope="session")

NAME, ADDRESS = "Zelda Quimby-Fairweather", "zelda.q@private.example"


async def metadata(order: Order) -> dict[str, Any]:
    """`temporal workflow metadata`."""
    temporal = order.company.stack.temporal
    process = await asyncio.create_subprocess_exec(
        _binary(),
        *("workflow", "metadata", "--workflow-id", order.workflow_id, "--address", temporal.address),
        *("--output", "json", "--disable-config-file", "--disable-config-env"),
        env=temporal.environment,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    output, errors = await process.communicate()
    assert process.returncode == 0, errors
    document: dict[str, Any] = json.loads(output)["queryResult"][0]
    return document


async def test_a_case_that_awaits_somebody_says_so_in_every_list(company: Company) -> None:
    order = await company.enter(orders.over_limit(company.world, "1.30"))
    task = await order.asked("credit_manager")
    described = await order.describe()
    listed = described.typed_search_attributes
    ours = [key for key in keys.ALL if listed.get(key) is not None]
    assert set(keys.ALL) - set(ours) == {keys.RETRYING_SYSTEM, keys.TOUCHLESS, keys.REWORK}
    assert listed.get(keys.CASE_STATE) == "AWAITING_DECISION"
    assert listed.get(keys.ORDER_ID) == order.order_id
    assert listed.get(keys.CUSTOMER_ID) == order.customer_id
    assert listed.get(keys.AWAITING_ROLE) == ["credit_manager"]
    assert listed.get(keys.EXCEPTION_TYPE) == ["CREDIT_HOLD"]
    assert listed.get(keys.SEGMENT) == "B"
    assert listed.get(keys.DUE_AT) == task.deadlines.expires_at
    assert listed.get(keys.HELD_SINCE) == datetime.fromisoformat(order.entered["holds"][0]["applied_at"])
    assert listed.get(keys.AMOUNT_AT_RISK) == 30 * 120
    assert (listed.get(keys.POLICY_VERSION) or "").startswith("2026.1")
    assert await described.static_summary() == f"Held order {order.order_id}: CREDIT"
    details = (await metadata(order))["currentDetails"]
    assert f"**AWAITING_DECISION** · order `{order.order_id}`" in details
    assert "- Task `T1`: **credit_manager** is awaited until" in details
    assert "If nobody answers: `controller` is asked." in details
    await company.systems.cancel_order(order.order_id)
    await order.closed()


async def test_every_activity_and_timer_says_what_it_is_for(company: Company, messenger: Messenger) -> None:
    order = await company.enter(orders.mistaxed(company.world, "400.00", service_level="SAME_DAY"))
    await messenger.deliver(hold_placed(order))
    await order.until(lambda case: case.state is CaseState.FOLLOWING)
    await messenger.deliver(invoiced(order))
    await order.closed()
    history = await order.history()
    calls, waits = scheduled(history), timers(history)
    assert [summary(event) for event in (*calls, *waits) if not summary(event)] == []
    said = {summary(event) for event in waits}
    assert {"T1: Reminder", "followed until INVOICED"} <= said
    closed = (await order.describe()).typed_search_attributes
    assert closed.get(keys.CASE_STATE) == "CLOSED"
    assert closed.get(keys.TOUCHLESS) is True
    assert not closed.get(keys.AWAITING_ROLE)


async def test_personal_data_stays_where_it_belongs(company: Company) -> None:
    entry = orders.over_limit(company.world)
    company.world.contacts[entry["customer_id"]] |= {"name": NAME, "email": ADDRESS}
    order = await company.enter(entry)
    await order.closed()
    (mail,) = await order.mails_to_customer()
    assert NAME in mail["headers"]["To"]
    described, history = await order.describe(), await order.history()
    memo: ClosingSummary = await described.memo_value("closing", type_hint=ClosingSummary)
    shown = [described.id, str(described.typed_search_attributes), memo.model_dump_json(), str(await metadata(order))]
    shown += [str(event.SerializeToString()) for event in history.events]
    shown += [file.read_text(errors="replace") for file in company.stack.supervisor.logs.glob("*.log")]
    for secret in (NAME, ADDRESS, company.stack.admin_token, company.stack.door_token):
        assert not [text[:500] for text in shown if secret in text], secret
