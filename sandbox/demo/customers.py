"""The customers of the demo: they use payment links, and answer questions on the page behind the link in their mail."""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from collections.abc import Mapping

import httpx

from sandbox.day import PlannedOrder, Reply
from sandbox.demo.enterprise import ANSWER_WITHIN, Document, Enterprise
from sandbox.demo.progress import Progress

_LOOK_EVERY = 2.0
_LINK = re.compile(r"https?://\S+/c/[A-Za-z0-9._~-]+")
_STYLE = "magenta"


class Customers:
    """Everybody outside of the company."""

    def __init__(self, enterprise: Enterprise, plans: Mapping[str, PlannedOrder], progress: Progress) -> None:
        self._enterprise = enterprise
        self._plans = plans
        self._progress = progress
        self._answered: set[str] = set()
        self.answers: Counter[str] = Counter()

    async def act(self) -> None:
        """Pay and answer until cancelled."""
        async with httpx.AsyncClient(timeout=ANSWER_WITHIN, trust_env=False) as browser:
            while True:
                for link in await self._enterprise.open_payment_links():
                    await self._enterprise.pay_link(link["id"])
                    self._note(link["order_id"], f"the customer pays {link['amount']} USD by the link")
                for request in await self._enterprise.open_consent_requests():
                    if request["id"] not in self._answered:
                        await self._answer(browser, request)
                await asyncio.sleep(_LOOK_EVERY)

    async def _answer(self, browser: httpx.AsyncClient, request: Document) -> None:
        plan = self._plans.get(request["order_id"])
        reply = plan.reply if plan else Reply.CONSENTS
        if reply is Reply.SILENT:
            return
        page = await self._link(request)
        if page is None:
            return
        choices = [choice["choice"] for choice in request["choices"]]
        choice = choices[0] if reply is Reply.CONSENTS else choices[-1]
        looked = await browser.get(page)
        pressed = await browser.post(page, data={"choice": choice})
        self._answered.add(request["id"])
        self.answers[choice] += 1
        self._note(
            request["order_id"],
            f"the customer is asked {request['question']}, looks ({looked.status_code}) "
            f"and answers {choice} ({pressed.status_code})",
        )

    async def _link(self, request: Document) -> str | None:
        """The link in the mail about this question; None if it has not come yet."""
        contact = await self._enterprise.contact(request["customer_id"])
        for mail in reversed(await self._enterprise.mails_to(contact["email"], request["subject"])):
            found = _LINK.search(mail["text"])
            if found:
                return found.group()
        return None

    def _note(self, order_id: str, what: str) -> None:
        self._progress.note(f"{order_id}: {what}", _STYLE)
