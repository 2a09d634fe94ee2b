"""`/v1/items`: the item master, for what concerns sourcing."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query

from domain.facts.inventory import ItemSourcing, Sourcing
from sandbox.kernel import Records, Service
from sandbox.kernel.versions import version_of


def mount_items(service: Service) -> None:
    """Serve the item master: seed `items`, changed by `PUT /admin/items`. Of an unknown item nothing is said."""
    items = Records(service, "items", ItemSourcing, ("item",))

    @service.v1.get("/items", tags=["items"], summary="Ways to get items elsewhere")
    async def sourcing(ids: Annotated[str, Query(max_length=2000)]) -> Sourcing:
        wanted = dict.fromkeys(part.strip() for part in ids.split(",") if part.strip())
        found = tuple(items.get(item) or ItemSourcing(item=item) for item in wanted)
        return Sourcing(items=found, version=version_of(*found))
