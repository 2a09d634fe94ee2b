"""What every service offers besides its business: health, ledger, faults, receivers of events and its clock."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, ConfigDict, Field

from sandbox.kernel.access import admin_only, authenticated
from sandbox.kernel.faults import Fault
from sandbox.kernel.paging import Page
from sandbox.kernel.settings import Subscriber

if TYPE_CHECKING:
    from sandbox.kernel.service import Service


class Passing(BaseModel):
    """Time that passes at once."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    seconds: float = Field(gt=0)


def health(service: Service) -> APIRouter:
    """`/healthz`: open to everybody, untouched by faults."""
    router = APIRouter(tags=["operations"])

    @router.get("/healthz", summary="Is the service up")
    async def healthz() -> dict[str, str]:
        return {"service": service.name, "status": "ok"}

    return router


def ledger_page(service: Service) -> APIRouter:
    """`/v1/ledger`: untouched by faults, because it is how their effects are counted."""
    router = APIRouter(prefix="/v1", dependencies=[Depends(authenticated)], tags=["operations"])

    @router.get("/ledger", summary="Every effect, in order; `after` is the last sequence number already known")
    async def ledger(
        after: Annotated[int, Query(ge=0)] = 0,
        limit: Annotated[int, Query(ge=1, le=1000)] = 100,
        order_id: str | None = None,
        reference: str | None = None,
    ) -> Page:
        entries = service.ledger.read(after, limit, order_id=order_id, reference=reference)
        next_cursor = str(entries[-1].seq) if len(entries) == limit else None
        return Page(items=[entry.model_dump() for entry in entries], next_cursor=next_cursor)

    return router


def administration(service: Service) -> APIRouter:
    """`/admin/faults`, `/admin/webhooks` and `/admin/clock`."""
    router = APIRouter(prefix="/admin", dependencies=[Depends(admin_only)], tags=["admin"])

    @router.post("/faults", status_code=201, summary="Misbehave on demand")
    async def add_fault(fault: Fault) -> dict[str, Any]:
        return service.faults.add(fault)

    @router.get("/faults", summary="The faults under way")
    async def list_faults() -> dict[str, Any]:
        return {"items": service.faults.shown()}

    @router.delete("/faults", status_code=204, summary="Behave again")
    async def clear_faults() -> None:
        service.faults.clear()

    @router.post("/webhooks", status_code=201, summary="Send events there from now on")
    async def subscribe(subscriber: Subscriber) -> dict[str, Any]:
        service.webhooks.subscribe(subscriber)
        return {"url": subscriber.url}

    @router.get("/webhooks", summary="Where events are sent, and how many still wait")
    async def subscribers() -> dict[str, Any]:
        return {"items": service.webhooks.subscribers(), "undelivered": service.webhooks.undelivered()}

    @router.delete("/webhooks", status_code=204, summary="Send events nowhere")
    async def unsubscribe() -> None:
        service.webhooks.unsubscribe()

    @router.post("/clock", summary="Let time pass: what lasts until some moment ends sooner")
    async def pass_time(passing: Passing) -> dict[str, Any]:
        service.clock.move(timedelta(seconds=passing.seconds))
        return {"now": service.clock.now().isoformat()}

    return router
