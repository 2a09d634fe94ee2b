"""Tryton as the ERP."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime
from decimal import Decimal

from activities.connectors.http import CallContext
from activities.connectors.tryton.amending import Amending
from activities.connectors.tryton.client import TrytonClient
from activities.connectors.tryton.endings import Endings
from activities.connectors.tryton.findings import Findings
from activities.connectors.tryton.ledger import Entry
from activities.connectors.tryton.orders import RELEASE, SOURCE, holds_of, order_of, short_order
from activities.connectors.tryton.others import OtherOrders
from activities.connectors.tryton.parts import Parts
from activities.connectors.tryton.refusals import cannot
from activities.connectors.tryton.sales import Family, Sale, Sales, nested, number_of
from activities.connectors.tryton.stories import Stories
from activities.connectors.tryton.writer import Writer
from domain.base import digest
from domain.calls import StepCall, StepResult, UndoCall
from domain.edi.business_answer import OrderStory
from domain.exception_types import IntegrationErrorKind as Kind
from domain.facts.address import EnteredAddress, PostalAddress
from domain.facts.hold_history import HoldHistory, PastHold
from domain.facts.inventory import ItemSourcing, Sourcing
from domain.facts.similar_orders import SimilarOrders
from domain.facts.validation import OrderValidation
from domain.order import Hold, Order, OrderStatus
from domain.reconciliation import HeldOrder, HeldPage

_PAGE = 50
_AT_MOST = 200
OURSELVES = "holdfast"
_NO_PURCHASING = "has no purchasing here: order it by hand"


class TrytonErp:
    """An `ErpPort`."""

    def __init__(self, client: TrytonClient) -> None:
        self._client = client
        self._sales = Sales(client)
        self._findings = Findings(client)
        self._writer = Writer(client, self._sales)
        parts = Parts(client, self._sales, self._writer)
        self._amending = Amending(client, self._sales, self._findings, self._writer, parts)
        self._stories = Stories(client, self._sales, self._findings)
        self._others = OtherOrders(client, self._sales, self._writer)
        self._endings = Endings(client, sales=self._sales, writer=self._writer, parts=parts, amending=self._amending)

    async def order(self, context: CallContext, order_id: str) -> Order:
        """See ErpPort."""
        family = await self._sales.family(context, order_id)
        findings = await self._findings.of(context, [family.sale])
        return order_of(family, findings[family.sale.id], self._client.terms)

    async def held_orders(self, context: CallContext, cursor: str | None) -> HeldPage:
        """See ErpPort. A draft that somebody is still typing is left alone for a while."""
        last = int(cursor) if cursor and cursor.isdigit() else 0
        domain = [["state", "in", ["draft", "quotation"]], ["id", ">", last]]
        ids: list[int] = await self._client.read(context, "sale.sale", "search", domain, 0, _PAGE, [["id", "ASC"]])
        return HeldPage(orders=await self._held(context, ids), next_cursor=str(ids[-1]) if len(ids) == _PAGE else None)

    async def held_among(self, context: CallContext, order_ids: Sequence[str]) -> HeldPage:
        """See ErpPort."""
        ids = [sale_id for order_id in order_ids if (sale_id := number_of(order_id)) is not None]
        return HeldPage(orders=await self._held(context, ids))

    async def _held(self, context: CallContext, ids: Sequence[int]) -> tuple[HeldOrder, ...]:
        """Those of these sales that wait and are held."""
        sales = await self._sales.find(context, [["id", "in", [*ids]]]) if ids else []
        waiting = [sale for sale in sales if sale.is_open and not sale.is_part and self._is_waiting(sale)]
        findings = await self._findings.of(context, waiting)
        held = [
            HeldOrder(
                tenant=self._client.terms.tenant,
                order_id=sale.order_id,
                version=await self._version(context, sale),
                status=OrderStatus.ON_HOLD,
                holds=holds,
            )
            for sale in waiting
            if (holds := holds_of(sale, findings[sale.id]))
        ]
        return tuple(held)

    async def sourcing(self, context: CallContext, items: list[str]) -> Sourcing:
        """See ErpPort. Without purchasing there are no suppliers, and Tryton knows no substitutes."""
        rows = await self._client.rows(context, "product.product", [["code", "in", items]], ["code", "cost_price"])
        found = tuple(ItemSourcing(item=row["code"], standard_cost=row["cost_price"] or Decimal(0)) for row in rows)
        return Sourcing(items=found, version=digest(*found)[:16])

    async def similar_orders(self, context: CallContext, customer_id: str, order_id: str, since: date) -> SimilarOrders:
        """See ErpPort."""
        start = datetime(since.year, since.month, since.day, tzinfo=UTC)
        domain = [["party.code", "=", customer_id], ["create_date", ">=", start]]
        sales = await self._sales.find(context, domain)
        others = [sale for sale in reversed(sales) if sale.order_id != order_id and not sale.is_part][:_AT_MOST]
        found = tuple(short_order(sale, self._client.terms) for sale in others)
        return SimilarOrders(orders=found, version=digest(*found)[:16])

    async def address(self, context: CallContext, order_id: str) -> EnteredAddress:
        """See ErpPort. None if nobody has said where."""
        sale = (await self._sales.family(context, order_id)).sale
        version = digest(sale.row["shipment_address"], *(str(value) for value in sale.stamps.values()))[:16]
        if sale.row["shipment_address"] is None:
            return EnteredAddress(version=version)
        row = sale.row
        address = PostalAddress(
            street=nested(row, "shipment_address", "street") or "",
            city=nested(row, "shipment_address", "city") or "",
            region=(nested(row, "shipment_address", "subdivision", "code") or "").partition("-")[2],
            postal_code=nested(row, "shipment_address", "postal_code") or "",
            country=nested(row, "shipment_address", "country", "code") or "US",
        )
        return EnteredAddress(address=address, version=version)

    async def story(self, context: CallContext, order_id: str) -> OrderStory:
        """See ErpPort."""
        return await self._stories.of(context, order_id)

    async def hold_history(self, context: CallContext, order_id: str) -> HoldHistory:
        """See ErpPort. Only what we have released is remembered, and what is open."""
        family = await self._sales.family(context, order_id)
        findings = await self._findings.of(context, [family.sale])
        created: datetime = family.sale.row["create_date"]
        there = [PastHold(hold=hold, applied_at=created) for hold in holds_of(family.sale, findings[family.sale.id])]
        gone = [past for entry in family.sale.ledger.standing(RELEASE) for past in _released(family.sale, entry)]
        return HoldHistory(holds=(*gone, *there), version=str(family.version))

    async def amend(self, kind: str, call: StepCall) -> StepResult:
        """See ErpPort."""
        return await self._amending.amend(CallContext.of(call.case), kind, call)

    async def reverse_amendment(self, call: UndoCall) -> StepResult:
        """See ErpPort."""
        return await self._amending.reverse(CallContext.of(call.case), call)

    async def merge_into(self, call: StepCall) -> StepResult:
        """See ErpPort."""
        return await self._others.merge(CallContext.of(call.case), call)

    async def unmerge(self, call: UndoCall) -> StepResult:
        """See ErpPort."""
        return await self._others.undo(CallContext.of(call.case), call)

    async def cancel_other_order(self, call: StepCall) -> StepResult:
        """See ErpPort."""
        return await self._others.cancel(CallContext.of(call.case), call)

    async def reinstate_other_order(self, call: UndoCall) -> StepResult:
        """See ErpPort."""
        return await self._others.undo(CallContext.of(call.case), call)

    async def revalidate(self, call: StepCall) -> StepResult:
        """See ErpPort. Holds are derived at every look: there is nothing to be done but to look."""
        context = CallContext.of(call.case)
        family = await self._sales.family(context, call.case.order_id)
        if family.version != call.order_version:
            what = f"has version {family.version} of the order, not {call.order_version}"
            raise self._client.failed(context, Kind.CONFLICT, what)
        return StepResult(reference=call.idempotency_key, resource_id=call.case.order_id, order_version=family.version)

    async def forget_validation(self, call: UndoCall) -> StepResult:
        """See ErpPort. Judging again has left nothing."""
        return StepResult(reference=call.reference, resource_id=call.case.order_id)

    async def validation(self, context: CallContext, order_id: str) -> OrderValidation:
        """See ErpPort. Tryton asks no other system."""
        family = await self._sales.family(context, order_id)
        return OrderValidation(order_id=order_id, validated_at=datetime.now(UTC), version=str(family.version))

    async def create_purchase_order(self, call: StepCall) -> StepResult:
        """See ErpPort. Never offered: `sourcing` names no supplier."""
        raise cannot(self._client, call.case, _NO_PURCHASING)

    async def cancel_purchase_order(self, call: UndoCall) -> StepResult:
        """See ErpPort."""
        return StepResult(reference=call.reference, resource_id="", detail={"found": False})

    async def expedite_purchase_order(self, call: StepCall) -> StepResult:
        """See ErpPort. Never offered: no receipt names a purchase order."""
        raise cannot(self._client, call.case, _NO_PURCHASING)

    async def restore_purchase_order(self, call: UndoCall) -> StepResult:
        """See ErpPort."""
        return StepResult(reference=call.reference, resource_id="", detail={"found": False})

    async def release_made(self, call: StepCall) -> StepResult | None:
        """See ErpPort."""
        return await self._endings.release_made(CallContext.of(call.case), call)

    async def release(self, call: StepCall) -> StepResult:
        """See ErpPort."""
        return await self._endings.release(CallContext.of(call.case), call)

    async def cancellation_made(self, call: StepCall) -> StepResult | None:
        """See ErpPort."""
        return await self._endings.cancellation_made(CallContext.of(call.case), call)

    async def cancel(self, call: StepCall) -> StepResult:
        """See ErpPort."""
        return await self._endings.cancel(CallContext.of(call.case), call)

    def _is_waiting(self, sale: Sale) -> bool:
        if sale.state != "draft" or sale.ledger.entries:
            return True
        last = max(line.changed_at for line in sale.lines) if sale.lines else sale.row["create_date"]
        touched = max(last, sale.row["write_date"] or sale.row["create_date"])
        return bool(datetime.now(UTC) - touched >= self._client.terms.drafts_after)

    async def _version(self, context: CallContext, sale: Sale) -> int:
        """That of the whole order; only one that we have split has parts."""
        if not any(entry.parts for entry in sale.ledger.entries):
            return Family(sale).version
        return (await self._sales.family(context, sale.order_id)).version


def _released(sale: Sale, entry: Entry) -> list[PastHold]:
    """The holds that a release of ours resolved, as its entry names them."""
    created, released = sale.row["create_date"], sale.row["write_date"]
    resolutions = entry.terms.get("resolutions")
    ids = [str(one).partition(":")[0] for one in resolutions] if isinstance(resolutions, list) else []
    return [
        PastHold(
            hold=Hold(hold_id=hold_id, code=code, source_system=SOURCE, source_code=code, applied_at=created),
            applied_at=created,
            cleared_at=released,
            cleared_by=OURSELVES,
            release_id=entry.ref,
        )
        for hold_id in ids
        for code in [hold_id.rsplit("-", 2)[1]]
    ]
