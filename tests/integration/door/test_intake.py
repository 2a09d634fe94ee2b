from __future__ import annotations

import asyncio
import os
import signal
import time
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from temporalio.client import Client

from domain.identifiers import workflow_id
from runtime import intake as intake_module
from runtime.delivery import Delivery
from runtime.intake import Disposition, EventIdReused, Intake, Undeliverable
from runtime.search_attributes import ensure_search_attributes
from runtime.temporal import TemporalUnavailable, open_client
from sandbox.temporal_server import TemporalServer
from tests.integration.door.stage import ENCRYPTION, SAID_WITHIN, an_order, event, eventually, is_listed, parsed, told
from workflows import search_attributes as keys

_NUMBERS = count(1)


async def test_a_hold_starts_a_case_that_operators_can_find(client: Client, intake: Intake) -> None:
    order_id = an_order()

    accepted = await intake.accept(parsed(event(order_id=order_id, customer_id="C-7")))

    assert accepted.disposition is Disposition.ACCEPTED
    assert accepted.workflow_id == f"order-exception/acme/{order_id}"
    description = await client.get_workflow_handle(accepted.workflow_id).describe()
    attributes = description.typed_search_attributes
    assert attributes[keys.ORDER_ID] == order_id
    assert attributes[keys.CASE_STATE] == "OPENED"
    assert attributes[keys.CUSTOMER_ID] == "C-7"
    assert attributes[keys.HELD_SINCE] == datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
    assert await description.static_summary() == f"Held order {order_id}: CREDIT"
    assert description.raw_description.workflow_execution_info.priority.fairness_key == "C-7"
    heard = await told(client, order_id)
    assert heard.ref.order_id == order_id
    assert [each.data.hold.code for each in heard.events if each.data.hold] == ["CREDIT"]


async def test_a_second_hold_joins_the_case_of_its_order(client: Client, intake: Intake) -> None:
    order_id = an_order()
    await intake.accept(parsed(event(order_id=order_id)))

    accepted = await intake.accept(parsed(event(order_id=order_id)))

    assert accepted.disposition is Disposition.JOINED
    assert len((await told(client, order_id)).events) == 2


async def test_a_hundred_parallel_copies_give_one_case_that_hears_once(client: Client, intake: Intake) -> None:
    order_id = an_order()
    copy = parsed(event(order_id=order_id))

    accepted = await asyncio.gather(*(intake.accept(copy) for _ in range(100)))

    dispositions = [each.disposition for each in accepted]
    assert dispositions.count(Disposition.ACCEPTED) == 1
    assert dispositions.count(Disposition.DUPLICATE) == 99
    assert len((await told(client, order_id)).events) == 1


async def test_copies_by_different_doors_give_one_case_that_hears_once(client: Client) -> None:
    order_id = an_order()
    copy = parsed(event(order_id=order_id))
    doors = [Intake(Delivery(client, "holdfast")) for _ in range(10)]

    accepted = await asyncio.gather(*(door.accept(copy) for door in doors))

    assert [each.disposition for each in accepted].count(Disposition.ACCEPTED) == 1
    assert len((await told(client, order_id)).events) == 1


async def test_an_order_held_again_after_its_case_closed_gets_a_new_run(client: Client, intake: Intake) -> None:
    order_id = an_order()
    first = await intake.accept(parsed(event(order_id=order_id)))
    handle = client.get_workflow_handle(str(first.workflow_id))
    await handle.signal("close")
    await handle.result()

    accepted = await intake.accept(parsed(event(order_id=order_id)))

    assert accepted.disposition is Disposition.ACCEPTED
    assert len((await told(client, order_id)).events) == 1


async def test_an_old_event_sent_again_opens_a_case_that_was_terminated(
    client: Client, intake: Intake, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = parsed(event(order_id=an_order()))
    first = await intake.accept(content)
    handle = client.get_workflow_handle(str(first.workflow_id))
    await handle.terminate()
    assert (await intake.accept(content)).disposition is Disposition.DUPLICATE

    monkeypatch.setattr(intake_module, "_REMEMBERED_FOR", 0.0)

    assert (await intake.accept(content)).disposition is Disposition.ACCEPTED


async def test_any_order_of_arrival_gives_one_case(client: Client, intake: Intake) -> None:
    order_id = an_order()

    early = await intake.accept(parsed(event("order_cancelled", order_id=order_id)))
    placed = await intake.accept(parsed(event(order_id=order_id)))
    late = await intake.accept(parsed(event("order_changed", order_id=order_id)))

    assert [each.disposition for each in (early, placed, late)] == ["no-case", "accepted", "joined"]
    assert [each.type.signal for each in (await told(client, order_id)).events] == ["hold_placed", "order_changed"]


async def test_what_found_no_case_is_tried_again_when_it_is_sent_again(client: Client, intake: Intake) -> None:
    order_id = an_order()
    early = parsed(event("customer_answered", order_id=order_id))
    assert (await intake.accept(early)).disposition is Disposition.NO_CASE
    await intake.accept(parsed(event(order_id=order_id)))

    assert (await intake.accept(early)).disposition is Disposition.JOINED
    assert len((await told(client, order_id)).events) == 2


async def test_a_payment_reaches_all_cases_of_its_customer_and_no_others(client: Client, intake: Intake) -> None:
    mine, other, elsewhere = [an_order(), an_order()], an_order(), an_order()
    customer = f"C-{next(_NUMBERS)}"
    for order_id in mine:
        await intake.accept(parsed(event(order_id=order_id, customer_id=customer)))
    await intake.accept(parsed(event(order_id=other, customer_id="C-other")))
    await intake.accept(parsed(event(order_id=elsewhere, customer_id=customer, tenant="globex")))
    await eventually(lambda: is_listed(client, f"CustomerId = '{customer}'", 3))

    accepted = await intake.accept(parsed(event("payment_received", customer_id=customer)))

    assert accepted.disposition is Disposition.JOINED
    assert set(accepted.cases) == {workflow_id("acme", order_id) for order_id in mine}
    assert len((await told(client, other)).events) == 1


async def test_a_tenant_with_an_underscore_does_not_reach_its_neighbour(client: Client, intake: Intake) -> None:
    order_id, customer = an_order(), f"C-{next(_NUMBERS)}"
    await intake.accept(parsed(event(order_id=order_id, customer_id=customer, tenant="acmeXus")))
    await eventually(lambda: is_listed(client, f"CustomerId = '{customer}'", 1))

    accepted = await intake.accept(parsed(event("payment_received", customer_id=customer, tenant="acme_us")))

    assert accepted.disposition is Disposition.NO_CASE


async def test_received_stock_reaches_the_cases_that_are_short_of_it(client: Client, intake: Intake) -> None:
    order_id = an_order()
    await intake.accept(parsed(event(order_id=order_id)))
    await eventually(lambda: is_listed(client, f"ExceptionType = 'INVENTORY_SHORTFALL' AND OrderId = '{order_id}'", 1))

    accepted = await intake.accept(parsed(event("stock_received", item="BOLT", warehouse="DC1")))

    assert workflow_id("acme", order_id) in accepted.cases
    assert [each.type.signal for each in (await told(client, order_id)).events][-1] == "stock_received"


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (event("order_changed"), "needs data.order_id"),
        (event("payment_received"), "data.order_id or data.customer_id"),
        (
            event("payment_received", customer_id="C-0", amount={"amount": "1E+999999", "currency": "USD"}),
            "not plausible",
        ),
        (event(order_id="SO-0", time="0001-01-01T00:00:00+14:00"), "not plausible"),
    ],
)
async def test_what_concerns_nobody_is_refused(intake: Intake, content: dict[str, Any], why: str) -> None:
    with pytest.raises(Undeliverable, match=why):
        await intake.accept(parsed(content))


async def test_another_event_under_the_same_id_is_refused(intake: Intake) -> None:
    first = event(order_id=an_order())
    await intake.accept(parsed(first))

    with pytest.raises(EventIdReused):
        await intake.accept(parsed(event(order_id=an_order(), id=first["id"])))


async def test_search_attributes_are_registered_once(client: Client) -> None:
    assert await ensure_search_attributes(client) == ()


async def test_a_server_that_is_gone_is_said_so_within_ten_seconds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with TemporalServer(tmp_path) as server:
        monkeypatch.setenv("TEMPORAL_ADDRESS", server.address)
        intake = Intake(Delivery(await open_client("test", ENCRYPTION), "holdfast"))
        content = parsed(event(order_id=an_order()))
        for number in (signal.SIGSTOP, signal.SIGKILL):
            os.kill(server.pid or 0, number)
            started = time.monotonic()
            with pytest.raises(TemporalUnavailable):
                await intake.accept(content)
            assert time.monotonic() - started < SAID_WITHIN
        server.kill()
        server.start()
        assert (await intake.accept(content)).disposition is Disposition.ACCEPTED
