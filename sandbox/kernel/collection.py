"""Write resources that carry a reference: made, found by reference, read, and cancelled."""

from __future__ import annotations

import uuid
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any, Generic, TypeVar

from fastapi import Query, Response
from pydantic import BaseModel, ConfigDict, Field

from sandbox.kernel.paging import Page, Paging
from sandbox.kernel.problems import Problem
from sandbox.kernel.store import Document, Documents
from sandbox.kernel.writes import Answer, Write, WriteRequest

if TYPE_CHECKING:
    from sandbox.kernel.service import Service

ACTIVE = "ACTIVE"
CANCELLED = "CANCELLED"

Filter = Annotated[str | None, Query(max_length=200)]


class WriteBody(BaseModel):
    """What every body of a write has: the caller's own name for the effect."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    reference: str = Field(min_length=1, max_length=200)


class Cancellation(WriteBody):
    """Undo a resource."""

    reason: str = Field(default="", max_length=500)


Body = TypeVar("Body", bound=WriteBody)
OnCreate = Callable[[WriteRequest, Body, str], Document]
OnCancel = Callable[[WriteRequest, Document, Cancellation], Document]
BeforeCancel = Callable[[Document], Awaitable[None]]


def nothing_more(*_: object) -> Document:
    """The effect of a resource that is enough in itself."""
    return {}


class Collection(Generic[Body]):
    """One kind of resource of a service, at `/v1/{name}`.

    `on_create` has the effect and returns fields to add to the resource; `on_cancel` takes the effect back and
    returns fields to change. Both run inside the write's transaction and refuse by raising Problem. `before_cancel`
    runs ahead of that one, and may ask other services. A body with an `order_id` shows it in the ledger.
    """

    def __init__(
        self,
        service: Service,
        name: str,
        body: type[Body],
        prefix: str,
        *,
        on_create: OnCreate[Body] = nothing_more,
        on_cancel: OnCancel = nothing_more,
        before_cancel: BeforeCancel | None = None,
        indexed: Sequence[str] = (),
    ) -> None:
        self.name = name
        fields = ("reference", "order_id", "status", *indexed)
        self.documents = Documents(service.store, name.replace("-", "_"), fields)
        self._body = body
        self._prefix = prefix
        self._on_create = on_create
        self._on_cancel = on_cancel
        self._before_cancel = before_cancel
        self._mount(service)

    def active(self, **fields: str | None) -> list[Document]:
        """The resources that count, by indexed fields."""
        return [document for document in self.documents.all(**fields) if document["status"] == ACTIVE]

    def create(self, write: WriteRequest, body: Body) -> Answer:
        """Have the effect, inside a transaction. Raises Problem 409 if the reference is taken."""
        self._refuse_taken(write, body.reference)
        resource_id = f"{self._prefix}-{uuid.uuid4().hex[:12]}"
        resource = {
            **body.model_dump(mode="json"),
            "id": resource_id,
            "status": ACTIVE,
            "created_at": datetime.now(UTC).isoformat(),
            "created_by": write.client,
        }
        resource |= self._on_create(write, body, resource_id)
        self.documents.put(resource_id, resource)
        self._record(write, "create", body.reference, resource)
        return Answer(resource, 201, {"Location": f"/v1/{self.name}/{resource_id}"})

    def cancel(self, write: WriteRequest, resource_id: str, body: Cancellation) -> Answer:
        """Take the effect back, inside a transaction; what is cancelled stays so."""
        resource = self.get(resource_id)
        if resource["status"] != CANCELLED:
            cancelled = {"cancelled_at": datetime.now(UTC).isoformat(), "cancel_reference": body.reference}
            resource = resource | cancelled | self._on_cancel(write, resource, body) | {"status": CANCELLED}
            self.documents.put(resource_id, resource)
            self._record(write, "cancel", body.reference, resource)
        return Answer(resource, 200)

    def get(self, resource_id: str) -> Document:
        """The resource of that id. Raises Problem 404."""
        resource = self.documents.get(resource_id)
        if resource is None:
            raise Problem(404, "not_found", f"there is no {resource_id} among the {self.name}")
        return resource

    def _refuse_taken(self, write: WriteRequest, reference: str) -> None:
        taken = self.documents.all(reference=reference) if write.honours_keys else []
        if taken:
            raise Problem(
                409,
                "reference_exists",
                f"reference {reference} is that of {taken[0]['id']}: read it instead of writing again",
                headers={"Location": f"/v1/{self.name}/{taken[0]['id']}"},
                existing_id=taken[0]["id"],
            )

    def _record(self, write: WriteRequest, verb: str, reference: str, resource: Document) -> None:
        write.record(
            f"{self.name}.{verb}",
            resource["id"],
            reference=reference,
            order_id=resource.get("order_id"),
            detail=resource,
        )

    def _mount(self, service: Service) -> None:
        async def create(body: Any, write: Write) -> Response:
            return write.once(lambda: self.create(write, body))

        async def find(
            paging: Paging, reference: Filter = None, order_id: Filter = None, status: Filter = None
        ) -> Page:
            return paging.read(self.documents, reference=reference, order_id=order_id, status=status)

        async def read(resource_id: str) -> Document:
            return self.get(resource_id)

        async def cancel(resource_id: str, body: Cancellation, write: Write) -> Response:
            if self._before_cancel is not None and write.earlier() is None:
                await self._before_cancel(self.get(resource_id))
            return write.once(lambda: self.cancel(write, resource_id, body))

        create.__annotations__["body"] = self._body
        kind = self.name.replace("-", " ")
        mount = service.v1.add_api_route
        mount(f"/{self.name}", create, methods=["POST"], status_code=201, tags=[self.name], summary=f"Create {kind}")
        mount(f"/{self.name}", find, methods=["GET"], tags=[self.name], summary=f"Find {kind}")
        item = f"/{self.name}/{{resource_id}}"
        mount(item, read, methods=["GET"], tags=[self.name], summary=f"Read one of {kind}")
        mount(f"{item}/cancel", cancel, methods=["POST"], tags=[self.name], summary=f"Cancel one of {kind}")
