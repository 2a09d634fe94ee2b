"""What the shell may complete: the orders that await somebody, and the people and roles of the policies."""

from __future__ import annotations

import asyncio

from domain.identifiers import checked_key
from domain.policy.people import Person
from runtime.approvals.identity import people_of
from runtime.approvals.inbox import awaiting
from runtime.settings import EncryptionSettings
from runtime.settings_check import load_settings
from runtime.temporal import open_client

_OFFERED = 50
_WITHIN = 3.0


def orders_beginning_with(typed: str) -> list[str]:
    """Open orders whose id begins with `typed`; none at all if that cannot be found out quickly."""
    try:
        return asyncio.run(_orders(typed))
    except Exception:  # noqa: BLE001 - a completion that fails must not write into the line being typed
        return []


async def _orders(typed: str) -> list[str]:
    query = awaiting(None)
    if typed:
        query += f" AND OrderId STARTS_WITH '{checked_key(typed)}'"
    async with asyncio.timeout(_WITHIN):
        client = await open_client("approver", EncryptionSettings())
        found = client.list_workflows(query, limit=_OFFERED)
        return sorted([execution.id.rpartition("/")[2] async for execution in found])


def people_beginning_with(typed: str) -> list[str]:
    """The people of the policies whose subject begins with `typed`."""
    return _beginning_with(typed, [person.subject for person in _people()])


def roles_beginning_with(typed: str) -> list[str]:
    """The roles that somebody holds and that begin with `typed`."""
    return _beginning_with(typed, sorted({role for person in _people() for role in person.roles}))


def _people() -> list[Person]:
    try:
        return list(people_of(load_settings().policies))
    except Exception:  # noqa: BLE001 - see above
        return []


def _beginning_with(typed: str, known: list[str]) -> list[str]:
    return [word for word in known if word.startswith(typed)][:_OFFERED]
