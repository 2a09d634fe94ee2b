"""The pages on which customers answer: a real door, a real CRM, a real Temporal."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import httpx
import pytest
from temporalio.client import Client

from activities.connectors.links import CustomerLinks, Target
from domain.events import EventType
from sandbox.crm.service import build
from sandbox.kernel import Settings, in_thread
from sandbox.temporal_server import TemporalServer
from tests.integration.door.stage import door, event, eventually, told
from tests.integration.sandbox.desk import TOKENS, Desk

SECRET = "a-secret-of-these-tests-of-more-than-32-characters"
LINKS = CustomerLinks("https://orders.example", (SECRET,))
EVIL = "<script>alert('x')</script> & \"quoted\""

_numbers = itertools.count(1)


@dataclass
class Shop:
    """The door with its pages, and the CRM behind it."""

    http: httpx.Client
    crm: Desk
    log: Path

    def asked(self, order_id: str | None = None, seconds: float = 600, **more: Any) -> dict[str, Any]:
        """A question as a case asks it."""
        number = next(_numbers)
        request = {
            "reference": f"ref-{number}",
            "order_id": order_id or f"SO-P{number}",
            "customer_id": "C-1",
            "po_number": f"PO-{number}",
            "question": "inventory_split",
            "subject": "May your order come in 2 deliveries?",
            "text": "Not everything is in one place.\n\nline 1: 6 EA on 2026-03-04\nline 2: 4 EA on 2026-03-09",
            "choices": [
                {"choice": "AGREE", "label": "Yes, send it in 2 deliveries"},
                {"choice": "DECLINE", "label": "No, keep it together"},
            ],
            "answer_by": (datetime.now(UTC) + timedelta(seconds=seconds)).isoformat(),
        }
        return self.crm.made("/v1/consent-requests", request | more)

    def state(self, request: dict[str, Any]) -> tuple[str, str | None]:
        """What the CRM says of it now."""
        seen = self.crm.seen(f"/v1/consent-requests/{request['id']}")
        return seen["state"], seen["choice"]

    def answer(self, path: str, choice: str) -> httpx.Response:
        return self.http.post(path, data={"choice": choice})


def link(request: dict[str, Any], links: CustomerLinks = LINKS, **more: Any) -> str:
    """The path of the page, as the mail has it."""
    fields = {
        "tenant": "acme",
        "order_id": request["order_id"],
        "request_id": request["id"],
        "expires_at": datetime.fromisoformat(request["answer_by"]),
    }
    return links.link(Target(**(fields | more))).removeprefix("https://orders.example")


@pytest.fixture(scope="module")
def shop(temporal: TemporalServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    log = tmp_path_factory.mktemp("door") / "door.log"
    with in_thread(build(Settings(tokens=TOKENS))) as url, door(temporal, settings(url), log) as http:
        yield Shop(http, Desk(url), log)


def settings(url: str) -> dict[str, str]:
    return {
        "HOLDFAST_DOOR__PUBLIC_URL": "https://orders.example",
        "HOLDFAST_DOOR__LINK_SECRET": f"{SECRET} {SECRET}-before",
        "HOLDFAST_DOOR__CRM__URL": url,
        "HOLDFAST_DOOR__CRM__TOKEN": TOKENS["holdfast"],
        "HOLDFAST_DOOR__CRM__ANSWER_WITHIN": "5",
    }


class Outline(HTMLParser):
    """What a browser would make of a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.buttons: dict[str, str] = {}
        self.outside: list[str] = []
        self._button: str | None = None
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        values = dict(attrs)
        self.outside += [f"{name}={value}" for name, value in attrs if name in ("src", "href", "action")]
        if tag == "button":
            self._button = values["value"] or ""
            self.buttons[self._button] = ""

    def handle_endtag(self, tag: str) -> None:
        if tag == "button":
            self._button = None

    def handle_data(self, data: str) -> None:
        if self._button is not None:
            self.buttons[self._button] += data


def test_the_page_shows_the_question_and_a_button_for_each_answer(shop: Shop) -> None:
    request = shop.asked()
    page = shop.http.get(link(request))
    assert page.status_code == 200
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert Outline(page.text).buttons == {"AGREE": "Yes, send it in 2 deliveries", "DECLINE": "No, keep it together"}
    for shown in (request["order_id"], request["po_number"], request["subject"], "line 2: 4 EA on 2026-03-09", "UTC"):
        assert shown in page.text


def test_the_page_needs_no_script_and_nobody_else(shop: Shop) -> None:
    page = shop.http.get(link(shop.asked()))
    outline = Outline(page.text)
    assert not outline.outside
    assert "script" not in outline.tags
    assert "default-src 'none'" in page.headers["content-security-policy"]
    assert page.headers["cache-control"] == "no-store"
    assert page.headers["referrer-policy"] == "no-referrer"
    assert page.headers["x-content-type-options"] == "nosniff"


def test_looking_decides_nothing(shop: Shop) -> None:
    request = shop.asked()
    for method in ("GET", "HEAD", "GET"):
        assert shop.http.request(method, link(request), params={"choice": "AGREE"}).status_code == 200
    assert shop.state(request) == ("OPEN", None)


async def test_an_answer_is_kept_by_the_crm_and_told_to_the_case(shop: Shop, client: Client) -> None:
    request = shop.asked()
    shop.http.post("/v1/events", json=event(order_id=request["order_id"])).raise_for_status()

    page = shop.answer(link(request), "AGREE")

    assert page.status_code == 200
    assert "Thank you" in page.text
    assert "Yes, send it in 2 deliveries" in page.text
    assert shop.state(request) == ("ANSWERED", "AGREE")

    async def was_told() -> bool:
        return len((await told(client, request["order_id"])).events) == 2

    await eventually(was_told)
    heard = (await told(client, request["order_id"])).events[-1]
    assert heard.type is EventType.CUSTOMER_ANSWERED
    assert (heard.data.order_id, heard.data.detail) == (request["order_id"], "inventory_split: AGREE")


async def test_a_double_click_is_one_answer_and_one_event(shop: Shop, client: Client) -> None:
    request = shop.asked()
    shop.http.post("/v1/events", json=event(order_id=request["order_id"])).raise_for_status()
    with ThreadPoolExecutor(4) as pool:
        pages = list(pool.map(lambda _: shop.answer(link(request), "DECLINE"), range(4)))
    assert [page.status_code for page in pages] == [200] * 4
    assert shop.crm.effects(order_id=request["order_id"]) == ["consent-requests.create", "consent-requests.answer"]

    async def was_told() -> bool:
        return len((await told(client, request["order_id"])).events) > 1

    await eventually(was_told)
    assert shop.answer(link(request), "DECLINE").status_code == 200
    assert len((await told(client, request["order_id"])).events) == 2


def test_the_second_answer_is_told_what_the_first_was(shop: Shop) -> None:
    request = shop.asked()
    shop.answer(link(request), "AGREE")
    page = shop.answer(link(request), "DECLINE")
    assert page.status_code == 409
    assert "Yes, send it in 2 deliveries" in page.text
    assert not Outline(page.text).buttons
    assert shop.state(request) == ("ANSWERED", "AGREE")
    again = shop.http.get(link(request))
    assert again.status_code == 200
    assert "Yes, send it in 2 deliveries" in again.text


def test_what_is_over_or_settled_cannot_be_answered(shop: Shop) -> None:
    withdrawn, late = shop.asked(), shop.asked()
    shop.crm.made(f"/v1/consent-requests/{withdrawn['id']}/cancel", {"reference": f"u-{withdrawn['id']}"})
    over = link(late, expires_at=datetime.now(UTC) - timedelta(seconds=1))
    for path, words in ((link(withdrawn), "has been settled"), (over, "The time to answer is over")):
        for page in (shop.http.get(path), shop.answer(path, "AGREE")):
            assert page.status_code == 410
            assert words in page.text
            assert not Outline(page.text).buttons
    assert shop.state(late) == ("OPEN", None)


def test_a_link_that_is_not_ours_tells_nothing(shop: Shop) -> None:
    request, other = shop.asked(), shop.asked()
    good = link(request)
    stranger = CustomerLinks(LINKS.base_url, ("some-other-secret-of-more-than-32-characters",))
    links = [f"{good}x", good[:-1], "/c/x", "/c/%00", f"/c/{'a' * 5000}", link(request, stranger)]
    links += [link(request, order_id=other["order_id"]), link(request, request_id="csr-unknown")]
    for path in links:
        for page in (shop.http.get(path), shop.answer(path, "AGREE")):
            assert page.status_code == 404
            assert request["order_id"] not in page.text
            assert "Traceback" not in page.text
    assert shop.state(request) == ("OPEN", None)


def test_links_signed_by_the_secret_before_still_work(shop: Shop) -> None:
    before = CustomerLinks(LINKS.base_url, (f"{SECRET}-before",))
    assert shop.http.get(link(shop.asked(), before)).status_code == 200


@pytest.mark.parametrize("body", [b"", b"choice=MAYBE", b"choice=", b"x" * 5000, b"\xff=\x00", b"a&" * 50])
def test_what_is_no_answer_changes_nothing(shop: Shop, body: bytes) -> None:
    request = shop.asked()
    page = shop.http.post(link(request), content=body, headers={"Content-Type": "application/x-www-form-urlencoded"})
    assert page.status_code == 400
    assert shop.state(request) == ("OPEN", None)


def test_what_strangers_wrote_is_text_and_nothing_else(shop: Shop) -> None:
    choices = [{"choice": "AGREE", "label": EVIL}, {"choice": '"><script>', "label": "No"}]
    request = shop.asked(subject=EVIL, text=EVIL, po_number=EVIL, choices=choices)
    for page in (shop.http.get(link(request)), shop.answer(link(request), "AGREE")):
        assert "<script" not in page.text
        assert "script" not in Outline(page.text).tags
    assert shop.state(request) == ("ANSWERED", "AGREE")


@pytest.mark.parametrize("kind", ["ERROR", "DROP", "HANG"])
def test_while_the_crm_is_silent_nobody_is_thanked_and_pressing_again_helps(shop: Shop, kind: str) -> None:
    request = shop.asked()
    Desk(str(shop.crm.http.base_url), "admin").fault(kind, "POST /v1/consent-requests/{id}/answer", count=1)
    page = shop.answer(link(request), "AGREE")
    assert page.status_code == 503
    assert int(page.headers["retry-after"]) > 0
    assert "Please try again" in page.text
    assert "Thank you" not in page.text
    assert shop.answer(link(request), "AGREE").status_code == 200


def test_an_answer_whose_acknowledgement_was_lost_is_looked_for(shop: Shop) -> None:
    request = shop.asked()
    Desk(str(shop.crm.http.base_url), "admin").fault(
        "COMMIT_THEN_TIMEOUT", "POST /v1/consent-requests/{id}/answer", count=1, delay_ms=1
    )
    page = shop.answer(link(request), "AGREE")
    assert page.status_code == 200
    assert "Thank you" in page.text


def test_the_log_has_no_link_and_no_secret(shop: Shop) -> None:
    request = shop.asked()
    token = link(request).removeprefix("/c/")
    Desk(str(shop.crm.http.base_url), "admin").fault("ERROR", "GET /v1/consent-requests/{id}", count=3)
    for _ in range(2):
        shop.http.get(f"/c/{token}")
        shop.answer(f"/c/{token}", "AGREE")
    shop.answer(f"/c/{token}x", "AGREE")
    log = shop.log.read_text()
    assert "a customer could not be served" in log
    assert request["order_id"] in log
    assert SECRET not in log
    assert token.rsplit(".", 2)[0] not in log
    assert not re.search(r"/c/\S{20}", log)


def test_the_thanks_do_not_wait_for_temporal(tmp_path: Path) -> None:
    down = TemporalServer(tmp_path)
    with in_thread(build(Settings(tokens=TOKENS))) as url, door(down, settings(url)) as http:
        shop = Shop(http, Desk(url), tmp_path / "none")
        request = shop.asked()
        assert shop.answer(link(request), "AGREE").status_code == 200
        assert shop.state(request) == ("ANSWERED", "AGREE")


def test_without_a_crm_there_are_no_pages(http: httpx.Client) -> None:
    assert http.get("/c/anything").status_code == 404
    assert http.get("/c/anything").headers["content-type"] == "application/problem+json"
