"""Master data: what a service is told about the world, at its first start and by its administrator."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from pydantic import BaseModel, TypeAdapter

from sandbox.kernel.paging import Page, Paging
from sandbox.kernel.store import Documents

if TYPE_CHECKING:
    from sandbox.kernel.service import Service

Record = TypeVar("Record", bound=BaseModel)


class Records(Generic[Record]):
    """Records of one kind, each known by the fields in `key`.

    The list `settings.seed[name]` is loaded while there are none. `PUT /admin/{name}` sets one record, `GET` lists
    them. `on_put` runs after the administrator's write, in the same transaction. Raises pydantic.ValidationError if
    the seed is wrong.
    """

    def __init__(
        self,
        service: Service,
        name: str,
        kind: type[Record],
        key: Sequence[str],
        *,
        indexed: Sequence[str] = (),
        on_put: Callable[[Record], None] | None = None,
    ) -> None:
        self.name = name
        self._service = service
        self._documents = Documents(service.store, f"master_{name.replace('-', '_')}", indexed)
        self._kind = kind
        self._key = tuple(key)
        self._on_put = on_put
        self._load()
        self._mount(service)

    def get(self, *key: str) -> Record | None:
        """The record of that key."""
        document = self._documents.get("/".join(key))
        return None if document is None else self._kind.model_validate(document)

    def put(self, record: Record) -> None:
        """Keep a record, in place of the one of its key."""
        document = record.model_dump(mode="json")
        self._documents.put("/".join(str(document[field]) for field in self._key), document)

    def all(self, **fields: str | None) -> list[Record]:
        """Every record whose indexed fields equal those given, in the order they came."""
        return [self._kind.model_validate(document) for document in self._documents.all(**fields)]

    def _load(self) -> None:
        with self._service.store.transaction():
            if not self._documents.find(limit=1):
                records: list[Record] = TypeAdapter(list[self._kind]).validate_python(  # type: ignore[name-defined]
                    self._service.settings.seed.get(self.name, [])
                )
                for record in records:
                    self.put(record)

    def _mount(self, service: Service) -> None:
        async def put(record: Any) -> dict[str, Any]:
            with service.store.transaction():
                self.put(record)
                if self._on_put is not None:
                    self._on_put(record)
            shown: dict[str, Any] = record.model_dump(mode="json")
            return shown

        async def show(paging: Paging) -> Page:
            return paging.read(self._documents)

        put.__annotations__["record"] = self._kind
        kind = self.name.replace("-", " ")
        service.admin.add_api_route(f"/{self.name}", put, methods=["PUT"], summary=f"Set one of {kind}")
        service.admin.add_api_route(f"/{self.name}", show, methods=["GET"], summary=f"List {kind}")
