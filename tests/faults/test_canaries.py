"""Row 30: secrets and personal data through every path, and then everything is searched that is written anywhere."""

from __future__ import annotations

import json
import uuid
from collections.abc import AsyncIterator

import httpx
import pytest
import pytest_asyncio
from google.protobuf.message import Message

from runtime.encryption.codec import Cipher, is_encrypted
from runtime.encryption.key_use import payloads_in
from runtime.encryption.keyring import new_key
from sandbox.kernel.signing import signed_headers
from sandbox.stack import Enterprise, running
from tests.integration.end_to_end import orders
from tests.integration.end_to_end.company import Company, Order, eventually, new_world
from tests.integration.end_to_end.policies import write_policies
from tests.integration.end_to_end.test_consent import in_two_places, question_to

NAME, ADDRESS = "Zelda Quimby-Fairweather", "zelda.q@private.example"
REMARK, DETAIL, REASON = "remark-of-canary-4711", "detail-of-canary-4712", "reason-of-canary-4713"
PERSONAL = (NAME, ADDRESS, REMARK, DETAIL, REASON)
GUESS = "Bearer guessed-canary-token-4714"
QUICK = {"erp": {"ship_after": 0.5, "invoice_after": 0.5}}
pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def company(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Company]:
    world = new_world()
    enterprise = Enterprise(seeds=world.seeds(), settings=QUICK, encryption=new_key("canary"))
    policies = write_policies(tmp_path_factory.mktemp("policies"))
    async with running(enterprise, tmp_path_factory.mktemp("stack"), policies=policies) as stack:
        company = await Company.open(stack, world)
        yield company
        await company.systems.close()


def private(company: Company, order: dict[str, object]) -> dict[str, object]:
    company.world.contacts[str(order["customer_id"])] |= {"name": NAME, "email": ADDRESS}
    return order


async def asked_and_approved(company: Company) -> Order:
    """A system fails on the way, the door is told something, and a person leaves a remark."""
    await company.systems.break_down(
        "credit", {"operation": "POST /v1/releases", "kind": "ERROR", "status": 503, "count": 1}
    )
    order = await company.enter(private(company, orders.over_limit(company.world, "1.30")))
    task = await order.asked("credit_manager")
    body = json.dumps(
        {
            "specversion": "1.0",
            "id": uuid.uuid4().hex,
            "source": "/erp",
            "type": "holdfast.customer_answered",
            "time": "2026-03-02T09:30:01Z",
            "data": {"tenant": "acme", "order_id": order.order_id, "detail": DETAIL},
        }
    ).encode()
    async with httpx.AsyncClient(trust_env=False, timeout=30) as http:
        secret = company.stack.subscriber("erp")["secret"]
        headers = {"Content-Type": "application/json"}
        told = await http.post(
            company.stack.events_url, content=body, headers=headers | signed_headers(secret, "c", body)
        )
        assert told.status_code == 202, told.text
        for credentials in ({"Authorization": GUESS}, signed_headers(secret, "d", b"other")):
            refused = await http.post(company.stack.events_url, content=body, headers=headers | credentials)
            assert refused.status_code == 401
            assert not [word for word in (*PERSONAL, GUESS, secret) if word in refused.text]
    task = await order.asked("credit_manager")
    await order.approver("comment", REMARK, as_="carol.singh")
    said = await order.approver("approve", "--task", task.task_id, "--comment", REMARK, as_="carol.singh")
    assert said.done, said
    return order


async def answered_by_its_customer(company: Company) -> tuple[Order, str]:
    order = await company.enter(private(company, in_two_places(company.world, "STANDARD")))
    link = await question_to(order)
    async with httpx.AsyncClient(trust_env=False, timeout=30) as browser:
        assert "Thank you" in (await browser.post(link, data={"choice": "AGREE"})).text
    return order, link.rpartition("/")[2]


async def held_for_a_reason(company: Company) -> Order:
    strange = orders.STRANGE | {"reason": REASON}
    order = await company.enter(private(company, orders.clean(company.world, extra_holds=[strange])))
    await order.until(lambda case: bool(case.open_tasks))
    await company.systems.cancel_order(order.order_id)
    return order


def readable(cipher: Cipher, message: Message) -> str:
    """What a holder of the keys reads in it."""
    return "\n".join(
        str((cipher.open(payload) if is_encrypted(payload) else payload).data) for payload in payloads_in(message)
    )


async def test_no_secret_is_seen_anywhere_and_nothing_personal_outside_encrypted_payloads(company: Company) -> None:
    approved = await asked_and_approved(company)
    answered, link = await answered_by_its_customer(company)
    strange = await held_for_a_reason(company)
    for order in (approved, answered, strange):
        await order.closed()
    assert NAME in (await approved.mails_to_customer())[0]["headers"]["To"]

    stack = company.stack
    assert stack.keyring is not None
    cipher = Cipher(stack.keyring, "default")
    secrets = (*stack.secrets, GUESS, link)
    decoded = []
    for order in (approved, answered, strange):
        decoded += [readable(cipher, event) for event in (await order.history()).events]
        decoded.append(readable(cipher, (await order.describe()).raw_description))
    assert [text for text in decoded if DETAIL in text], "the canary did not pass by"
    assert [text for text in decoded if REMARK in text], "the canary did not pass by"
    assert not [(secret, text[:300]) for secret in secrets for text in decoded if secret in text]

    logs = {file.name: file.read_bytes() for file in stack.supervisor.logs.glob("*.log")}
    database = {file.name: file.read_bytes() for file in (stack.scratch / "temporal").glob("temporal.db*")}
    assert any(approved.order_id.encode() in content for content in database.values()), "that is not the database"
    seen = [
        (canary, name)
        for canary in (*secrets, *PERSONAL)
        for name, content in (logs | database).items()
        if canary.encode() in content
    ]
    assert not seen


async def test_an_approver_without_the_keys_is_told_so_and_reads_nothing(company: Company) -> None:
    order = await company.enter(private(company, orders.over_limit(company.world, "1.30")))
    await order.asked("credit_manager")
    settings = company.stack.scratch / "holdfast.toml"
    written = settings.read_text()
    settings.write_text(written.replace(company.stack.enterprise.encryption or "", new_key("another")))
    try:
        said = await order.approver("show")
    finally:
        settings.write_text(written)
    assert said.refusal == "SETTINGS"
    assert "unknown key" in str(said.document)
    await eventually(order.case, lambda case: bool(case.open_tasks))
    await company.systems.cancel_order(order.order_id)
    await order.closed()
