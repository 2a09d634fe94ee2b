"""The enterprise's own side: what its people and its systems do, and what is in its books about one order."""

from __future__ import annotations

from typing import Any

import httpx

from sandbox.day.world import World
from sandbox.demo.enterprise import Document, Enterprise
from sandbox.stack import SERVICES, Stack
from tests.integration.playbooks.transport import SEED

OURS = "holdfast"
_STATUS = "communications.status"


class Systems(Enterprise):
    """Every service of the sandbox and the mailbox, with master data that grows as tests need it."""

    def __init__(self, stack: Stack) -> None:
        super().__init__(stack)
        self._subscriber = stack.subscriber("erp")
        self._mailbox = httpx.AsyncClient(base_url=stack.url("mailbox"), timeout=60, trust_env=False)
        self._known: dict[tuple[str, str], list[Document]] = {}

    async def learn(self, world: World) -> None:
        """Bring the services' master data up to date with `world`, and the TMS's with a few carriers."""
        for service, kinds in (world.seeds() | {"tms": SEED}).items():
            for kind, records in kinds.items():
                known = self._known.setdefault((service, kind), [])
                for record in [record for record in records if record not in known]:
                    (await self._http[service].put(f"/admin/{kind}", json=record)).raise_for_status()
                    known.append(record)

    async def record(self, service: str, kind: str, **fields: Any) -> None:
        """One more record of a service's master data."""
        (await self._http[service].put(f"/admin/{kind}", json=fields)).raise_for_status()

    async def change_order(self, order_id: str, change: Document) -> Document:
        """Somebody changes an order in the ERP."""
        return await self._post("erp", f"/admin/orders/{order_id}/change", change)

    async def go_silent(self) -> None:
        """The ERP tells nobody anything any more."""
        (await self._http["erp"].delete("/admin/webhooks")).raise_for_status()

    async def speak_again(self) -> None:
        """The ERP tells the door again, from now on."""
        await self._post("erp", "/admin/webhooks", self._subscriber)

    async def undelivered(self) -> int:
        """How many events of the ERP the door has not taken yet."""
        return int((await self._get("erp", "/admin/webhooks"))["undelivered"])

    async def hits(self, service: str) -> int:
        """How many requests a service has spoilt by the faults that are not over."""
        return sum(fault["hits"] for fault in (await self._get(service, "/admin/faults"))["items"])

    async def releases_of(self, order_id: str) -> list[Document]:
        """How an order was released."""
        found: list[Document] = (await self._get("erp", f"/v1/orders/{order_id}/releases"))["items"]
        return found

    async def effects(self, order_id: str) -> dict[str, list[str]]:
        """What we did about an order, by service: the operations in the order in which they happened."""
        entries = {service: await self.entries(service, order_id) for service in SERVICES}
        return {service: [entry["operation"] for entry in found] for service, found in entries.items() if found}

    async def entries(self, service: str, order_id: str) -> list[Document]:
        """Our entries in a service's ledger about an order. What became of a message is no effect of its own."""
        page = await self._get(service, "/v1/ledger", order_id=order_id, limit="1000")
        ours = [entry for entry in page["items"] if entry["client"] == OURS]
        return [entry for entry in ours if entry["operation"] != _STATUS]

    async def mails(self, address: str, about: str) -> list[Document]:
        """The mails to an address that name an order or a purchase order in their subject, the oldest first."""
        answer = await self._mailbox.get("/messages", params={"to": address})
        found: list[dict[str, Any]] = answer.raise_for_status().json()["items"]
        return [mail for mail in found if about in mail["subject"]]

    async def close(self) -> None:
        """Hang up."""
        await self._mailbox.aclose()
        for client in self._http.values():
            await client.aclose()
