"""What the services of the sandbox have in common: everything that is not their business.

A service is made like this (`sandbox/wms/service.py`):

    class WmsSettings(Settings):                      # number and text fields become flags: --cutoff-hour
        cutoff_hour: int = 16

    class ReservationBody(WriteBody):                 # has `reference`; unknown fields are refused
        order_id: str                                 # shown in the ledger
        item: str
        quantity: Decimal

    def build(settings: WmsSettings) -> Service:
        service = Service("wms", settings, title="Warehouse management")
        stock = Documents(service.store, "stock")     # JSON documents by id, in SQLite

        def reserve(write: WriteRequest, body: ReservationBody, resource_id: str) -> Document:
            if stock.get(body.item) is None:          # runs inside the write's transaction; raise Problem to refuse
                raise Problem(422, "unknown_item", f"there is no item {body.item}")
            return {"expires_at": "..."}              # fields to add to the resource

        def unreserve(write: WriteRequest, resource: Document, cancellation: Cancellation) -> Document:
            return {}                                 # fields to change on the resource

        # POST /v1/reservations, GET ?reference=&order_id=&status=, GET /{id}, POST /{id}/cancel; ledger included
        reservations = service.collection(
            "reservations", ReservationBody, "rsv", on_create=reserve, on_cancel=unreserve
        )

        @service.v1.get("/positions")                 # a read; needs any client's token, faults apply
        async def positions(items: str) -> StockPositions: ...

        @service.v1.post("/quotes")                   # a write of your own: `write: Write` demands the Idempotency-Key
        async def quote(body: QuoteBody, write: Write) -> Response:
            return write.once(lambda: Answer({...}, 200))   # once(): transaction, stored answer, replay

        @service.admin.post("/receipts")              # for the client `admin` only; no Idempotency-Key
        async def receive(body: ReceiptBody, client: Client) -> dict[str, Any]:
            with service.store.transaction():         # never await inside
                service.ledger.append("receipts.create", receipt_id, client=client, detail=...)
                service.webhooks.publish("holdfast.stock_received", {"tenant": settings.tenant, ...}, subject=...)

        service.background(work)                      # async work from start to stop
        return service

    # sandbox/wms/__main__.py
    run("wms", WmsSettings, build)

Every service then has, with no further code: `/docs`, `/healthz`, `/v1/ledger`, `/admin/faults`, `/admin/webhooks`,
`/admin/clock`, problem bodies, correlation ids, faults and the outbox. Whether a time is over, ask `service.clock`.
Endpoints are `async def` and never block for long.
Master data is a `Records(service, "positions", Position, ("warehouse", "item"))`: typed, seeded from `settings.seed`
when the database is new, set by `PUT /admin/positions`. In tests: `with in_thread(build(settings)) as url:`.
Lists: take `paging: Paging` and return `paging.read(documents, field=value)`. ETags: `etag(version)` and
`require_match(write.if_match, version)`.
"""

from sandbox.kernel.access import ADMIN, Client
from sandbox.kernel.collection import ACTIVE, CANCELLED, Cancellation, Collection, WriteBody
from sandbox.kernel.etags import etag, require_match
from sandbox.kernel.faults import Fault, FaultKind
from sandbox.kernel.paging import Page, Paging
from sandbox.kernel.problems import Problem
from sandbox.kernel.records import Records
from sandbox.kernel.run import run
from sandbox.kernel.serve import in_thread, serve
from sandbox.kernel.service import Service
from sandbox.kernel.settings import Peer, Settings, Subscriber, load
from sandbox.kernel.store import Document, Documents, Store
from sandbox.kernel.writes import Answer, Write, WriteRequest

__all__ = [
    "ACTIVE",
    "ADMIN",
    "CANCELLED",
    "Answer",
    "Cancellation",
    "Client",
    "Collection",
    "Document",
    "Documents",
    "Fault",
    "FaultKind",
    "Page",
    "Paging",
    "Peer",
    "Problem",
    "Records",
    "Service",
    "Settings",
    "Store",
    "Subscriber",
    "Write",
    "WriteBody",
    "WriteRequest",
    "etag",
    "in_thread",
    "load",
    "require_match",
    "run",
    "serve",
]
