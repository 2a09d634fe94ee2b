"""`make demo-tryton`: held sales in a real Tryton, cleared by the real worker, judged by Tryton's own records."""

from __future__ import annotations

import asyncio
import csv
import json
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from sandbox.stack import COMPANY_POLICIES, ROOT, Enterprise, Stack, scratch_folder
from sandbox.supervisor import Supervisor
from sandbox.tryton.clerk import Clerk
from sandbox.tryton.seed import CARRIERS, CUSTOMERS, OURS
from sandbox.tryton.server import DATABASE, PASSWORDS, Backend, Tryton, running

_IN_TRYTON = ("erp", "wms", "pricing", "credit")
_PATIENCE = 600.0
_LOOK_EVERY = 2.0
_EVERY_DAY = [1, 2, 3, 4, 5, 6, 7]
_READER = "erin.okafor"
"""Whose inbox is read: it is everybody's."""


class TrytonStack(Stack):
    """The sandbox, with Tryton in the place of its ERP, WMS, pricing and credit management."""

    tryton: Tryton

    def _our_settings(self) -> str:
        found = []
        for table in super()._our_settings().split("[systems."):
            name = table.partition("]")[0]
            found.append(f"{name}]\n{self._in_tryton()}" if name in _IN_TRYTON else table)
        terms = [f'database = "{DATABASE}"', f'user = "{OURS}"', "drafts_after = 0", "poll_every = 5"]
        return "[systems.".join(found) + "\n".join(["[systems.tryton]", *terms, ""])

    def _in_tryton(self) -> str:
        lines = [f'url = "{self.tryton.url}"', f'token = "{PASSWORDS[OURS]}"', 'connector = "tryton"']
        return "\n".join([*lines, "answer_within = 9", ""])


@dataclass(frozen=True)
class Story:
    """A sale that is held for a reason, what is to become of it, and what Tryton says when it has."""

    reason: str
    sale: int
    wanted: str
    come_true: Callable[[Clerk, int], bool]


def stories(clerk: Clerk) -> list[Story]:
    """The six sales, entered as people do."""
    first = clerk.sell("C-400", [("VALVE", 10, "40")], "PO-TWICE")
    clerk.press(first, "quote", "confirm")
    credit = clerk.sell("C-200", [("PUMP", 20, "100")], "PO-CREDIT")
    return [
        Story("credit", credit, "processing in spite of the limit", _is_released),
        Story("stock", clerk.sell("C-300", [("MOTOR", 4, "250")], "PO-STOCK"), "ships from WEST", _from_west),
        Story("price", clerk.sell("C-300", [("PUMP", 10, "90")], "PO-PRICE"), "processing at 90", _at_90),
        Story(
            "address",
            clerk.sell("C-100", [("PUMP", 2, "100")], "PO-ADDRESS", address=False),
            "goes to the customer's site",
            _has("shipment_address"),
        ),
        Story(
            "carrier",
            clerk.sell("C-100", [("VALVE", 3, "40")], "PO-CARRIER", carrier=False),
            "goes with a carrier",
            _has("carrier"),
        ),
        Story("duplicate", clerk.sell("C-400", [("VALVE", 10, "40")], "PO-TWICE"), "cancelled", _is_cancelled),
    ]


def _is_released(clerk: Clerk, sale: int) -> bool:
    return bool(clerk.sale(sale, "state")["state"] == "processing") and clerk.shipments(sale) == 1


def _from_west(clerk: Clerk, sale: int) -> bool:
    return _is_released(clerk, sale) and clerk.sale(sale, "warehouse.code")["warehouse."]["code"] == "WEST"


def _at_90(clerk: Clerk, sale: int) -> bool:
    return _is_released(clerk, sale) and [str(line["unit_price"]) for line in clerk.lines(sale)] == ["90"]


def _is_cancelled(clerk: Clerk, sale: int) -> bool:
    return bool(clerk.sale(sale, "state")["state"] == "cancelled")


def _has(name: str) -> Callable[[Clerk, int], bool]:
    return lambda clerk, sale: _is_released(clerk, sale) and clerk.sale(sale, name)[name] is not None


def seeds(clerk: Clerk) -> Mapping[str, Mapping[str, Any]]:
    """What CRM and TMS know about the same customers and carriers."""
    lately = (datetime.now(UTC) - timedelta(days=20)).date().isoformat()
    town = {"city": "DALLAS", "region": "TX", "postal_code": "75201", "freight_capable": True}
    sites, deliveries = [], []
    for customer in CUSTOMERS:
        for number, address in enumerate(clerk.addresses(customer), 1):
            site = {"customer_id": customer, "site_id": str(address), "street": f"{number}00 ELM ST"}
            sites.append({**site, **town, "is_default": number == 1})
            deliveries.append(
                {"customer_id": customer, "site_id": str(address), "order_id": f"old-{address}", "delivered_on": lately}
            )
    return {
        "crm": {
            "accounts": [{"customer_id": customer, "segment": "A"} for customer in CUSTOMERS],
            "contacts": [{"customer_id": one, "email": f"{one.lower()}@example.com", "name": one} for one in CUSTOMERS],
            "sites": sites,
            "deliveries": deliveries,
        },
        "tms": {
            "carrier-services": [
                {"scac": scac, "service": service, "carrier": scac, "delivery_days": _EVERY_DAY}
                for scac, service in CARRIERS
            ],
            "rates": [
                {"scac": scac, "service": service, "per_shipment": price, "transit_days": 2}
                for (scac, service), price in CARRIERS.items()
            ],
        },
    }


async def play(tryton: Tryton, scratch: Path, console: Console) -> list[tuple[Story, bool]]:
    """Enter the sales, answer what is asked, until all have come true or patience is over."""
    clerk = Clerk(tryton.desk())
    told = stories(clerk)
    console.print(f"Tryton at {tryton.url} has {len(told)} held sales; starting Temporal and the worker")
    policies = (*COMPANY_POLICIES, ROOT / "sandbox" / "tryton" / "policies")
    async with Supervisor(scratch / "logs") as supervisor:
        stack = TrytonStack(scratch, supervisor, Enterprise(seeds=seeds(clerk)), 1, policies)
        stack.tryton = tryton
        await stack.start()
        console.print(f"all parts are up; Temporal UI: {stack.temporal.ui}")
        return await supervisor.guard(_until_settled(stack, clerk, told, console))


async def _until_settled(stack: Stack, clerk: Clerk, told: list[Story], console: Console) -> list[tuple[Story, bool]]:
    deadline = time.monotonic() + _PATIENCE
    open_stories = list(told)
    while open_stories and time.monotonic() < deadline:
        for story in list(open_stories):
            if await asyncio.to_thread(story.come_true, clerk, story.sale):
                console.print(f"{story.reason}: sale-{story.sale} {story.wanted}")
                open_stories.remove(story)
        await _answer(stack, console)
        await asyncio.sleep(_LOOK_EVERY)
    return [(story, story not in open_stories) for story in told]


async def _answer(stack: Stack, console: Console) -> None:
    """Somebody of the role that is awaited approves what is recommended."""
    inbox = await _approver(stack, "inbox", "--json", "--all", "--as", _READER) or {}
    for row in inbox.get("rows", []):
        person = _somebody(row["awaiting_roles"])
        if person and await _approver(stack, "approve", row["order_id"], "--as", person, "--comment", "seen", "--json"):
            console.print(f"{person} has decided about {row['order_id']}")


def _somebody(roles: list[str]) -> str | None:
    """The first in the company's list who has one of these roles."""
    with (ROOT / "policies" / "people.csv").open(encoding="utf-8") as file:
        people = [(row["subject"], row["roles"].split("|")) for row in csv.DictReader(file)]
    return next((subject for subject, theirs in people if set(roles) & set(theirs)), None)


async def _approver(stack: Stack, *arguments: str) -> Any:
    """What `approver.py` prints; None if it refuses."""
    command = [sys.executable, "approver.py", *arguments]
    done = await asyncio.to_thread(
        subprocess.run, command, check=False, capture_output=True, cwd=ROOT, env=stack.environment
    )
    return json.loads(done.stdout) if done.returncode == 0 and done.stdout else None


def main() -> int:
    """0 if Tryton's own records show every sale as it was decided."""
    console, scratch = Console(), scratch_folder()
    console.print("installing and starting Tryton; the first time takes some minutes")
    with running(scratch / "erp", Backend.SQLITE) as tryton:
        outcome = asyncio.run(play(tryton, scratch, console))
        table = Table("held for", "sale", "decided", "Tryton says")
        clerk = Clerk(tryton.desk())
        for story, right in outcome:
            state = clerk.sale(story.sale, "state")["state"]
            table.add_row(story.reason, f"sale-{story.sale}", story.wanted, f"{state}{'' if right else ': not so'}")
        console.print(table)
        left = clerk.standing_approvals()
    failed = bool(left) or not all(right for _, right in outcome)
    if failed:
        console.print(f"logs: {scratch / 'logs'}; standing approvals: {left}")
    else:
        shutil.rmtree(scratch, ignore_errors=True)
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
